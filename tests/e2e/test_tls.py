"""Listeners that talk TLS."""

import os
import signal
import ssl

import pytest

from harness import wire
from harness.clock import eventually
from harness.proxy import configuration
from harness.tls import Certificates, TlsClient
from harness.wire import link

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture
def certificates(tmp_path):
    return Certificates(tmp_path)


def tls(certificates, **more):
    return {"tls": {"certificates": [certificates.pair("server")], **more}}


def became(proxy, result):
    return proxy.total("tls_handshakes_total", result=result)


class Talking:
    """A proxy with a listener that talks TLS, and an upstream that echoes."""

    def __init__(self, rig, certificates, framing="line", limits=None, listener=None, **more):
        self.upstream = rig.upstream(answer=wire.echo)
        self.certificates = certificates
        top = {"limits": limits} if limits else {}
        listener = {**tls(certificates, **more), **(listener or {})}
        self.proxy = rig.proxy(self.upstream, framing=framing, listener=listener, **top)
        self._stack = rig

    def client(self, version=None, certificate=None, sni="server.example"):
        context = self.certificates.client_context(version, certificate)
        client = TlsClient(self.proxy.addresses["clients"], context, sni)
        self._stack.keep(_Stopping(client))
        return client


class _Stopping:
    def __init__(self, client):
        self.stop = client.close


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_lines_come_back_and_the_upstream_knows_of_tls(rig, certificates, version):
    both = Talking(rig, certificates)
    client = both.client(version)
    assert client.ask(b"hello") == b"hello"
    assert client.ask(b"again") == b"again"
    told = both.upstream.events("opened")[0].opened.tls
    assert (told.version, told.cipher) == (client.ssl.version(), client.ssl.cipher()[0])
    assert told.sni == "server.example"
    assert (told.client_subject, told.client_spki_sha256, list(told.client_names)) == ("", "", [])
    assert became(both.proxy, "accepted") == 1
    assert both.proxy.total("tls_handshakes_in_flight") == 0


def test_a_plain_listener_tells_nothing_of_tls(rig):
    upstream = rig.upstream(answer=wire.echo)
    assert rig.proxy(upstream).client().ask(b"hello") == b"hello"
    assert not upstream.events("opened")[0].opened.HasField("tls")


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_large_frames_go_through(rig, certificates, version):
    both = Talking(rig, certificates)
    client = both.client(version)
    line = os.urandom(120_000).hex().encode()
    for _ in range(5):
        assert client.ask(line) == line


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_a_close_notify_ends_one_direction(rig, certificates, version):
    both = Talking(rig, certificates)
    client = both.client(version)
    client.send(b"one\ntwo\nthree\n")
    client.end_writing()
    assert client.receive_to_end() == b"one\ntwo\nthree\n"
    (closed,) = both.upstream.expect("closed")
    assert closed.closed.reason == link.CLOSE_REASON_CLIENT_CLOSED


def test_an_end_of_tcp_alone_is_a_reset(rig, certificates):
    both = Talking(rig, certificates)
    client = both.client()
    assert client.ask(b"hello") == b"hello"
    client.close()
    (closed,) = both.upstream.expect("closed")
    assert closed.closed.reason == link.CLOSE_REASON_CLIENT_RESET


def test_an_upstream_that_closes_ends_tls_in_order(rig, certificates):
    both = Talking(rig, certificates)
    client = both.client()
    assert client.ask(b"hello") == b"hello"
    mark = both.upstream.events("opened")[0].mark
    both.upstream.send(wire.send(mark, b"good bye"), wire.close(mark))
    assert client.receive_to_end() == b"good bye\n"


def refuses(both, certificate=None):
    """A TLS 1.3 client is done before it is judged: it hears of it when it reads."""
    try:
        client = both.client(certificate=certificate)
        client.ask(b"hello")
    except (ssl.SSLError, ConnectionError):
        return True
    return False


def test_mutual_tls_with_a_ca(rig, certificates):
    certificates.make("device", names="DNS:device-7.example,URI:urn:device:7", issuer="ca")
    certificates.make("stranger")
    both = Talking(rig, certificates, client_auth="require", client_ca=certificates.path("ca"))
    assert refuses(both)
    assert refuses(both, "stranger")
    assert became(both.proxy, "untrusted") == 2
    assert both.upstream.events("opened") == []

    assert both.client(certificate="device").ask(b"hello") == b"hello"
    told = both.upstream.events("opened")[0].opened.tls
    assert told.client_subject == "CN=device"
    assert told.client_spki_sha256 == certificates.spki("device")
    assert list(told.client_names) == ["DNS:device-7.example", "URI:urn:device:7"]


def test_a_clients_certificate_gives_its_mark(rig, certificates):
    certificates.make("device", names="DNS:device-7.example")
    both = Talking(
        rig, certificates, client_auth="optional", pinned_spki=[certificates.spki("device")],
        listener={"identity": [{"tls_client_certificate": {}}]},
    )
    for line in (b"first", b"second"):
        client = both.client(certificate="device")
        assert client.ask(line) == line
        client.close()
    assert both.client().ask(b"nobody") == b"nobody"
    first, second, nobody = [event.mark for event in both.upstream.events("opened")]
    assert first == second != nobody
    told = both.upstream.events("opened")[0].opened
    assert told.mark_source == link.MARK_SOURCE_TLS_CLIENT_CERTIFICATE
    assert told.trust == link.TRUST_PROVEN


def test_mutual_tls_with_pinned_keys(rig, certificates):
    certificates.make("device")
    certificates.make("stranger")
    both = Talking(rig, certificates, client_auth="require", pinned_spki=[certificates.spki("device")])
    assert refuses(both, "stranger")
    assert both.client(certificate="device").ask(b"hello") == b"hello"


def test_the_server_name_chooses_the_certificate(rig, certificates):
    other = certificates.make("other", names="DNS:other.example,DNS:*.other.example", issuer="ca")
    shown_ones = [certificates.pair("server"), certificates.pair(other)]
    both = Talking(rig, certificates, listener={"tls": {"certificates": shown_ones}})

    def shown(sni):
        der = both.client(sni=sni).ssl.getpeercert(binary_form=True)
        return ssl.DER_cert_to_PEM_cert(der)

    def pem(name):
        with open(certificates.path(name)) as file:
            return file.read()

    assert shown("other.example") == shown("a.other.example") == pem("other")
    assert shown("server.example") == shown("unknown.example") == shown(None) == pem("server")


def test_sighup_takes_a_new_certificate_and_old_connections_go_on(rig, certificates):
    both = Talking(rig, certificates)
    old = both.client()
    before = old.ssl.getpeercert(binary_form=True)
    assert old.ask(b"before") == b"before"

    certificates.make("server", names="DNS:server.example", issuer="ca")
    both.proxy.process.signal_hangup()
    both.proxy.wait_for_log("config_reloaded")
    # The workers have it when they have answered a later question.
    both.proxy.metrics()
    assert both.client().ssl.getpeercert(binary_form=True) != before
    assert old.ask(b"after") == b"after"

    with open(certificates.key("server"), "w") as file:
        file.write("no key any more")
    both.proxy.process.signal_hangup()
    (line,) = [both.proxy.wait_for_log("config_not_reloaded")]
    assert certificates.key("server") in line["why"]
    assert both.client().ask(b"still there") == b"still there"
    assert old.ask(b"for ever") == b"for ever"
    assert len(both.upstream.links) == 1


def test_a_handshake_that_is_never_finished_ends_at_its_timeout(rig, certificates):
    both = Talking(rig, certificates, handshake_timeout="300ms")
    silent = both.proxy.client()
    begun = both.proxy.client()
    begun.send(b"\x16\x03\x01\x02\x00\x01")
    assert begun.receive_to_end() == b""
    silent.receive_to_end()
    eventually(lambda: became(both.proxy, "late") == 2, "both given up")
    assert both.proxy.total("tls_handshakes_in_flight") == 0
    assert both.proxy.total("downstream_connections") == 0


def test_plain_bytes_are_refused(rig, certificates):
    both = Talking(rig, certificates)
    client = both.proxy.client()
    client.send(b"hello, is this plain TCP?\n")
    client.receive_to_end()
    assert became(both.proxy, "failed") == 1
    assert both.client().ask(b"hello") == b"hello"


def test_handshakes_over_the_cap_wait_for_their_turn(rig, certificates):
    both = Talking(rig, certificates, limits={"max_tls_handshakes": 1}, handshake_timeout="60s")
    first = both.proxy.client()
    first.send(b"\x16\x03\x01\x02\x00\x01")
    both.proxy.wait_for_total("tls_handshakes_in_flight")
    second = both.proxy.client()
    second.send(b"\x16\x03\x01\x02\x00\x01")
    both.proxy.wait_for_total("tls_handshakes_waiting")
    assert both.proxy.total("tls_handshakes_in_flight") == 1
    first.close()
    eventually(lambda: both.proxy.total("tls_handshakes_waiting") == 0, "the second one's turn")
    second.close()
    assert both.client().ask(b"hello") == b"hello"
    assert became(both.proxy, "ended") == 2


def test_a_connection_in_its_handshake_does_not_hold_up_the_end(rig, certificates):
    both = Talking(rig, certificates, handshake_timeout="60s")
    client = both.proxy.client()
    client.send(b"\x16\x03\x01\x02\x00\x01")
    both.proxy.wait_for_total("tls_handshakes_in_flight")
    assert both.proxy.terminate() == 0


def test_check_reads_the_files(rig, certificates):
    settings = configuration([], listener=tls(certificates))
    path = rig.configuration_file(settings)
    assert rig.run("waymark", "check", "-c", path).wait_exit() == 0
    os.remove(certificates.key("server"))
    broken = rig.run("waymark", "check", "-c", path)
    assert broken.wait_exit() != 0
    assert certificates.key("server") + ": No such file or directory" in broken.stderr
