"""Upstreams that talk TLS."""

import contextlib
import copy
import re
import shutil
import socket
import ssl
import threading

import pytest

from harness import wire
from harness.admin import Refused
from harness.clock import eventually
from harness.proxy import configuration
from harness.tls import Certificates

UNTRUSTED = "certificate verify failed"


@pytest.fixture
def certificates(tmp_path):
    made = Certificates(tmp_path)
    made.make("proxy", issuer="ca")
    return made


def serving(certificates, name="server", client_ca=None):
    """Arguments of a stub that serves TLS."""
    arguments = ["--tls-cert", certificates.path(name), "--tls-key", certificates.key(name)]
    return [*arguments, *(["--tls-client-ca", certificates.path(client_ca)] if client_ca else [])]


def trusting(certificates, ca="ca", shown=None, **more):
    """A pool that trusts this CA, and shows this certificate."""
    return {"tls": {"ca": certificates.path(ca), **(certificates.pair(shown) if shown else {}), **more}}


def problem(proxy, upstream, says):
    """What the API says of why it is not ready, once that contains `says`."""

    def told():
        (link,) = proxy.admin.upstream(upstream.address)["links"]
        return says in link["problem"] and link["problem"]

    return eventually(told, f"a problem with {says!r}")


def refused(rig, upstream, pool, says):
    """Starts a proxy with this pool, to which the upstream does not become ready."""
    proxy = rig.proxy(upstream, pool=pool, ready=0)
    why = problem(proxy, upstream, says)
    assert why.startswith("no connection: ")
    proxy.wait_for_log("upstream_failed", address=upstream.address, why=why)
    assert proxy.metrics().count("upstream_ready") == 0
    assert "ssl_transport_security" not in proxy.process.stderr
    return proxy


@pytest.mark.parametrize("protocol", ["link", "legacy"])
def test_frames_travel_over_tls(rig, certificates, protocol):
    stub = rig.stub("--protocol", protocol, *serving(certificates))
    proxy = rig.proxy(stub, pool=trusting(certificates))
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    large = b"x" * 200_000
    assert client.ask(large) == large
    assert proxy.admin.get("/v1/pools/default")["tls"] is True


def test_nothing_is_readable_on_the_way(rig, certificates):
    stub = rig.stub(*serving(certificates))
    chaos = rig.chaos(stub)
    seen = []
    chaos.watch = seen.append
    client = rig.proxy(chaos, pool=trusting(certificates)).client()
    assert client.ask(b"a secret line") == b"a secret line"
    assert seen and b"secret" not in b"".join(seen)
    assert b"UpstreamService" not in b"".join(seen)


def test_mutual_tls(rig, certificates):
    stub = rig.stub(*serving(certificates, client_ca="ca"))
    proxy = rig.proxy(stub, pool=trusting(certificates, shown="proxy"))
    assert proxy.client().ask(b"hello") == b"hello"


@pytest.mark.parametrize("shown", [None, "stranger"])
def test_an_upstream_that_wants_another_certificate_is_not_ready(rig, certificates, shown):
    certificates.make("stranger")
    stub = rig.stub(*serving(certificates, client_ca="ca"))
    refused(rig, stub, trusting(certificates, shown=shown), "Socket closed")


def test_a_certificate_of_another_ca_is_refused(rig, certificates):
    certificates.make("other")
    refused(rig, rig.stub(*serving(certificates)), trusting(certificates, ca="other"), UNTRUSTED)


def test_without_a_ca_those_of_the_system_count(rig, certificates):
    refused(rig, rig.stub(*serving(certificates)), {"tls": {}}, UNTRUSTED)


def test_an_expired_certificate_is_refused(rig, certificates):
    certificates.make_expired("old", names="IP:127.0.0.1", issuer="ca")
    refused(rig, rig.stub(*serving(certificates, "old")), trusting(certificates), UNTRUSTED)


def test_a_certificate_of_another_name_is_refused_and_server_name_mends_it(rig, certificates):
    certificates.make("named", names="DNS:workers.example", issuer="ca")
    stub = rig.stub(*serving(certificates, "named"))
    refused(rig, stub, trusting(certificates), "127.0.0.1 is not in peer certificate")
    proxy = rig.proxy(stub, pool=trusting(certificates, server_name="workers.example"))
    assert proxy.client().ask(b"hello") == b"hello"
    wrong = trusting(certificates, server_name="server.example")
    refused(rig, stub, wrong, "server.example is not in peer certificate")


def test_plaintext_where_tls_is_due_is_refused(rig, certificates):
    refused(rig, rig.stub(), trusting(certificates), "wrong version number")


def test_tls_where_plaintext_is_due_is_refused(rig, certificates):
    refused(rig, rig.stub(*serving(certificates)), {}, "Socket closed")


class OldServer:
    """It has nothing newer than TLS 1.1, and ends each connection after the handshake."""

    def __init__(self, certificates):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.set_ciphers("ALL:@SECLEVEL=0")
        self._context.minimum_version = ssl.TLSVersion.TLSv1
        self._context.maximum_version = ssl.TLSVersion.TLSv1_1
        self._context.load_cert_chain(certificates.path("server"), certificates.key("server"))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self._listener.getsockname()[1])
        self.faults = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                tcp, _ = self._listener.accept()
                try:
                    self._context.wrap_socket(tcp, server_side=True).close()
                except OSError as fault:
                    self.faults.append(str(fault))
                    tcp.close()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_of_tls_are_refused(rig, certificates):
    server = rig.keep(OldServer(certificates))
    refused(rig, server, trusting(certificates), "Ssl handshake failed")
    assert server.faults and all("UNSUPPORTED_PROTOCOL" in fault or "VERSION" in fault for fault in server.faults)


def test_a_legacy_upstream_over_tls_wants_the_right_ca_too(rig, certificates):
    certificates.make("other")
    legacy = rig.legacy_upstream(tls=certificates.of_grpc_server("server"))
    pool = trusting(certificates, ca="other")
    proxy = rig.start_proxy(configuration([{"address": legacy.address, "protocol": "legacy"}], pool=pool))
    problem(proxy, legacy, UNTRUSTED)
    assert legacy.calls == []


# --- health probes ---


HEALTH = {"check": "grpc", "interval": "100ms", "rise": 1, "fall": 1, "max_failures": 2}


def test_health_probes_go_over_tls(rig, certificates):
    tls = certificates.of_grpc_server("server", client_ca="ca")
    upstream = rig.upstream(answer=wire.echo, health="SERVING", tls=tls)
    proxy = rig.proxy(upstream, pool={**trusting(certificates, shown="proxy"), "health": HEALTH})
    eventually(lambda: proxy.admin.upstream(upstream.address)["health"] == "SERVING", "a probe")
    upstream.health = "NOT_SERVING"
    proxy.wait_for_log("upstream_state", state="unhealthy", problem="health probe: the server says NOT_SERVING")


def test_a_probe_that_fails_tells_of_tls(rig, certificates):
    certificates.make("other")
    upstream = rig.upstream(health="SERVING", tls=certificates.of_grpc_server("server"))
    pool = {**trusting(certificates, ca="other"), "health": HEALTH}
    proxy = rig.proxy(upstream, pool=pool, ready=0)

    def told():
        return UNTRUSTED in proxy.admin.upstream(upstream.address)["health"]

    eventually(told, "a probe that failed")
    assert UNTRUSTED in proxy.admin.upstream(upstream.address)["problem"]


# --- reload ---


class Reloading:
    """A proxy whose files and settings change; the upstream demands a certificate."""

    def __init__(self, rig, certificates, upstream, pool, **more):
        self.settings = configuration([upstream.address], pool=pool, state=str(rig.folder / "state"))
        self.proxy = rig.start_proxy(self.settings)

    def reload(self, **pool):
        changed = copy.deepcopy(self.settings)
        changed["pools"][0].update(pool)
        self.proxy.rewrite(changed)
        self.proxy.admin.post("/v1/config:reload")
        self.settings = changed


def test_a_renewed_ca_counts_for_new_links_and_old_ones_stay(rig, certificates):
    health = {**HEALTH, "interval": "50ms"}
    upstream = rig.upstream(answer=wire.echo, health="SERVING", tls=certificates.of_grpc_server("server"))
    both = Reloading(rig, certificates, upstream, {**trusting(certificates), "health": health})
    proxy = both.proxy.wait_for_upstreams(1)
    client = proxy.client()
    assert client.ask(b"before") == b"before"

    certificates.make("ca")  # which has not signed the upstream's
    proxy.process.signal_hangup()
    proxy.wait_for_log("config_reloaded")
    assert client.ask(b"after") == b"after"
    assert len(upstream.links) == 1
    # Probes are new connections.
    eventually(lambda: UNTRUSTED in proxy.admin.upstream(upstream.address)["health"], "a probe that failed")


def test_a_link_that_cannot_connect_takes_what_a_reload_brings(rig, certificates):
    certificates.make("other")
    certificates.copy("other", "trusted")
    stub = rig.stub(*serving(certificates, client_ca="ca"))
    both = Reloading(rig, certificates, stub, trusting(certificates, ca="trusted"))
    problem(both.proxy, stub, UNTRUSTED)

    certificates.copy("ca", "trusted")
    both.reload()
    problem(both.proxy, stub, "Socket closed")

    both.reload(**trusting(certificates, ca="trusted", shown="proxy"))
    assert both.proxy.wait_for_upstreams(1).client().ask(b"hello") == b"hello"


def test_a_link_that_is_made_again_shows_the_renewed_certificate(rig, certificates):
    certificates.make("next-ca")
    certificates.make("next", issuer="next-ca")
    certificates.copy("proxy", "shown")
    certificates.copy("ca", "client-ca")
    stub = rig.stub(*serving(certificates, client_ca="client-ca"))
    both = Reloading(rig, certificates, stub, trusting(certificates, shown="shown"))
    client = both.proxy.wait_for_upstreams(1).client()
    assert client.ask(b"one") == b"one"

    certificates.copy("next", "shown")
    both.reload()
    assert client.ask(b"two") == b"two"
    certificates.copy("next-ca", "client-ca")
    stub.kill()
    stub.restart()
    assert client.ask(b"three") == b"three"


def test_a_reload_with_a_bad_file_changes_nothing(rig, certificates):
    stub = rig.stub(*serving(certificates, client_ca="ca"))
    both = Reloading(rig, certificates, stub, trusting(certificates, shown="proxy"))
    client = both.proxy.wait_for_upstreams(1).client()
    shutil.copy(certificates.key("server"), certificates.key("proxy"))
    with pytest.raises(Refused) as raised:
        both.reload()
    assert f"pools[0].tls: {certificates.key('proxy')}: key values mismatch" in str(raised.value)
    assert client.ask(b"hello") == b"hello"


def test_keys_are_shown_nowhere(rig, certificates):
    stub = rig.stub(*serving(certificates, client_ca="ca"))
    both = Reloading(rig, certificates, stub, trusting(certificates, shown="proxy"))
    proxy = both.proxy.wait_for_upstreams(1)
    certificates.make("proxy", issuer="ca")
    both.reload()
    with open(certificates.key("proxy")) as file:
        secret = file.read().splitlines()[1]
    told = [str(proxy.admin.get(path)) for path in ("/v1/config", "/v1/config:diff", "/v1/pools", "/v1/upstreams")]
    assert certificates.key("proxy") in told[0]
    for text in [*told, proxy.process.stderr]:
        assert secret not in text and "PRIVATE" not in text


# --- plaintext off the loopback ---


def test_off_the_loopback_takes_tls_or_insecure(rig, certificates):
    settings = configuration([], pool=trusting(certificates), state=str(rig.folder / "state"))
    settings["pools"].append({"name": "plain"})
    proxy = rig.start_proxy(settings)
    off = "192.0.2.1:7001"

    proxy.admin.add(off, pool="default")
    with pytest.raises(Refused) as raised:
        proxy.admin.add(off, pool="plain")
    assert raised.value.status == 400
    assert f"{off} is off the loopback: its pool needs `tls`, or say `insecure: true`" in str(raised.value)
    proxy.admin.add(off, pool="plain", insecure=True)

    without = copy.deepcopy(settings)
    del without["pools"][0]["tls"]
    proxy.rewrite(without)
    with pytest.raises(Refused) as raised:
        proxy.admin.post("/v1/config:reload")
    assert re.search(rf"pools\[default\]: upstream '.*' \(api\): {re.escape(off)}", str(raised.value))

    # What was kept is not taken up in plaintext either.
    assert proxy.terminate() == 0
    proxy = rig.start_proxy(without)
    proxy.wait_for_log("upstream_not_restored")
    assert [each["pool"] for each in proxy.admin.upstreams()] == ["plain"]


def test_an_insecure_upstream_is_warned_of(rig):
    proxy = rig.start_proxy(configuration([{"address": "192.0.2.1:7001", "insecure": True}]))
    assert proxy.wait_for_log("insecure_upstream")["address"] == "192.0.2.1:7001"


# --- the stub ---


def test_the_stub_refuses_files_it_cannot_use(rig, certificates):
    listen = ["--listen", "127.0.0.1:0"]
    lonely = rig.run("waymark-stub", *listen, "--tls-cert", certificates.path("server"))
    assert lonely.wait_exit() == 2
    assert "--tls-cert and --tls-key are both due" in lonely.stderr
    wrong = rig.run("waymark-stub", *listen, "--tls-cert", certificates.path("server"),
                    "--tls-key", certificates.key("ca"))
    assert wrong.wait_exit() == 2
    assert certificates.key("ca") in wrong.stderr
