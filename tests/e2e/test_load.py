"""waymark-load, which checks every byte, against three upstreams."""

import pytest

CLEAN = ("mismatched", "lost", "late", "duplicates", "connect_errors", "disconnects")


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
