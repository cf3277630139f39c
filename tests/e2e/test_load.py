"""waymark-load, which checks every byte, against three upstreams."""

import pytest

from harness import wire
from harness.tls import Certificates

CLEAN = ("mismatched", "lost", "late", "duplicates", "connect_errors", "disconnects")
TRUSTED = {"proxy_protocol": {"trusted_cidrs": ["127.0.0.0/8"]}}


def tls(certificates):
    return {"tls": {"certificates": [certificates.pair("server")]}}


@pytest.mark.parametrize("framing", ["line", "length:4"])
def test_a_thousand_connections(rig, framing):
    settings = {"line": "line", "length:4": "length_prefix"}[framing]
    proxy = rig.proxy(*rig.stubs(3), framing=settings)
    load = rig.load(
        proxy,
        *("--framing", framing, "--connections", 1000, "--in-flight", 2, "--payload", "64-4096"),
        *("--warmup", "500ms", "--duration", "3s", "--reply-timeout", "20s"),
    )
    code, summary = load.result()
    assert code == 0, summary
    assert {name: summary[name] for name in CLEAN} == dict.fromkeys(CLEAN, 0)
    assert summary["connected"] == 1000
    assert summary["sent"] == summary["received"] > 0
    assert proxy.total("downstream_frames_total", direction="up") == summary["sent"]
    metrics = proxy.metrics()
    upstreams = metrics.labels("upstream_ready", "upstream")
    served = [metrics.total("link_frames_sent_total", upstream=each) for each in upstreams]
    assert len(served) == 3 and min(served) > max(served) / 2


def test_one_of_three_upstreams_is_killed(rig):
    stubs = rig.stubs(3)
    proxy = rig.proxy(*stubs)
    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 1000, "--in-flight", 2, "--payload", "64-4096"),
        *("--warmup", "500ms", "--duration", "4s", "--reply-timeout", "2s", "--allow-lost"),
    )
    load.wait_measuring()
    stubs[0].kill()
    code, summary = load.result()
    assert code == 0, summary
    assert summary["disconnects"] == summary["mismatched"] == summary["connect_errors"] == 0
    assert proxy.total("downstream_connections_moved_total") >= 300


def test_churn_leaves_nothing_behind(rig):
    proxy = rig.proxy(*rig.stubs(3))
    load = rig.load(
        proxy, *("--mode", "churn", "--framing", "line", "--concurrency", 50, "--frames", 40)
    )
    code, summary = load.result()
    assert code == 0, summary
    proxy.wait_for_total("downstream_connections_closed_total", at_least=2000)
    metrics = proxy.metrics()
    assert metrics.total("downstream_connections") == 0
    assert metrics.total("downstream_connections_opened_total") == 2000


def test_idle_connections_all_speak_in_the_end(rig):
    proxy = rig.proxy(*rig.stubs(3))
    load = rig.load(
        proxy, *("--mode", "idle", "--framing", "line", "--connections", 2000, "--idle-hold", "1s")
    )
    code, summary = load.result()
    assert code == 0, summary
    assert summary["received"] == 2000 and summary["disconnects"] == 0


@pytest.mark.parametrize("header", [(), ("--proxy-header", "v1"), ("--proxy-header", "v2")], ids=["tls", "v1", "v2"])
def test_over_tls_with_and_without_a_proxy_header(rig, tmp_path, header):
    certificates = Certificates(tmp_path)
    listener = {**tls(certificates), **(TRUSTED if header else {})}
    proxy = rig.proxy(*rig.stubs(3), listener=listener)
    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 100, "--in-flight", 4, "--payload", "64-40000"),
        *("--frames", 20, "--reply-timeout", "20s", "--tls", "--tls-ca", certificates.path("ca"), *header),
    )
    code, summary = load.result()
    assert code == 0, summary
    assert {name: summary[name] for name in CLEAN} == dict.fromkeys(CLEAN, 0)
    assert summary["sent"] == summary["received"] == 2000
    assert summary["tls"].startswith("TLSv1.3 ")
    assert proxy.total("tls_handshakes_total", result="accepted") == 100
    assert proxy.total("proxy_headers_total", result="accepted") == (100 if header else 0)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_each_connection_is_another_client(rig, version):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener=TRUSTED)
    load = rig.load(
        proxy, *("--framing", "line", "--connections", 20, "--frames", 2, "--proxy-header", version)
    )
    code, summary = load.result()
    assert code == 0, summary
    peers = {event.opened.peer for event in upstream.events("opened")}
    assert peers == {f"198.18.0.{number}:1024" for number in range(20)}


def test_churn_shakes_hands_for_every_connection(rig, tmp_path):
    certificates = Certificates(tmp_path)
    proxy = rig.proxy(*rig.stubs(3), listener=tls(certificates))
    load = rig.load(
        proxy,
        *("--mode", "churn", "--framing", "line", "--concurrency", 50, "--frames", 10, "--tls"),
    )
    code, summary = load.result()
    assert code == 0, summary
    assert summary["connected"] == summary["received"] == 500
    proxy.wait_for_total("downstream_connections_closed_total", at_least=500, reason="CLIENT_CLOSED")
    assert proxy.total("tls_handshakes_total", result="accepted") == 500


def test_a_server_nobody_trusts_is_an_error_of_the_handshake(rig, tmp_path):
    certificates = Certificates(tmp_path)
    stranger = certificates.path(certificates.make("stranger"))
    proxy = rig.proxy(*rig.stubs(1), listener=tls(certificates))
    load = rig.load(proxy, *("--connections", 5, "--frames", 1, "--tls", "--tls-ca", stranger))
    code, summary = load.result()
    assert code == 1
    assert summary["handshake_errors"] == summary["connect_errors"] == 5
    assert summary["first_fault"].startswith("TLS handshake: certificate verify failed")
