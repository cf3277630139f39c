"""The admin API and the registry over TLS, and those who speak to them."""

import concurrent.futures
import contextlib
import json
import os
import socket
import ssl
import subprocess
import time

import pytest

from harness.admin import Admin, Refused
from harness.clock import PATIENCE, eventually, scaled
from harness.ports import free_address
from harness.process import program
from harness.proxy import configuration
from harness.tls import Certificates

TLS11, TLS12, TLS13 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
# A handshake has 10 s, and an idle connection 30 s.
BEFORE_IDLE = 25
BOTH = pytest.mark.parametrize("version", [TLS12, TLS13])


@pytest.fixture
def certificates(tmp_path):
    return Certificates(tmp_path)


def start(rig, certificates, bind="127.0.0.1:0", admin=None, **tls):
    """A proxy whose admin API talks TLS; `proxy.admin` trusts the CA of `certificates`."""
    settings = {"bind": bind, "tls": {**certificates.pair("server"), **tls}, **(admin or {})}
    proxy = rig.start_proxy(configuration([], admin=settings))
    proxy.admin.context = certificates.client_context()
    return proxy


def asked_with(proxy, context):
    """Info, asked for with these TLS settings."""
    return Admin(proxy.admin.address, proxy.admin.token_file, context).get("/v1/info")


def is_refused(proxy, context):
    """A TLS 1.3 client is done before it is judged: it hears of it when it reads, unless it writes first."""
    host, port = proxy.admin.address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), timeout=scaled(PATIENCE)) as plain:
            with context.wrap_socket(plain, server_hostname=host) as connection:
                assert connection.recv(1) == b"", "nothing was asked"
    except (ssl.SSLError, ConnectionError) as fault:
        return fault
    return None


def requests_of(proxy):
    """Of the admin listener, answered in any way."""
    return proxy.metrics().count("admin_requests_total", listener="admin")


def run(command, **variables):
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=scaled(PATIENCE), env=environment)


def ctl(proxy, *arguments, scheme="https", **variables):
    where = ("--admin", f"{scheme}://{proxy.admin.address}", "--token-file", proxy.admin.token_file)
    return run([program("waymarkctl"), *where, *arguments], **variables)


def complaint(proxy, *arguments, code=3, **options):
    done = ctl(proxy, *arguments, "status", **options)
    assert (done.returncode, done.stdout) == (code, ""), done
    return done.stderr


# --- who gets an answer ---


def test_curl_and_waymarkctl_are_answered_with_the_token(rig, certificates):
    proxy = start(rig, certificates)
    ca = certificates.path("ca")
    info = f"https://{proxy.admin.address}/v1/info"
    answer = run(["curl", "-sS", "--cacert", ca, "-H", f"Authorization: Bearer {proxy.admin.token}", info])
    assert json.loads(answer.stdout)["pid"] == proxy.process.pid, answer
    answer = run(["curl", "-sS", "--cacert", ca, info])
    assert json.loads(answer.stdout)["code"] == "UNAUTHENTICATED", answer
    assert "edge" not in answer.stdout

    assert "state" in ctl(proxy, "--cacert", ca, "status").stdout
    assert "state" in ctl(proxy, "status", WAYMARK_CACERT=ca).stdout


def test_large_answers_and_bodies_come_whole(rig, certificates):
    proxy = start(rig, certificates)
    assert len(json.dumps(proxy.admin.get("/openapi.json"))) > 20_000
    with pytest.raises(Refused) as refused:
        proxy.admin.post("/v1/broadcast", {"to": "all", "text": "x" * 900_000, "pool": "nobody"})
    assert "nobody" in refused.value.body["message"]


def test_plain_http_gets_nothing_of_the_api(rig, certificates):
    proxy = start(rig, certificates)
    host, _, port = proxy.admin.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=scaled(PATIENCE)) as plain:
        plain.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := plain.recv(4096):
                answer += piece
    assert b"HTTP" not in answer and len(answer) < 100
    assert "https://" in complaint(proxy, scheme="http")


def test_waymarkctl_does_not_speak_to_a_server_it_cannot_verify(rig, certificates):
    certificates.make("stranger")
    proxy = start(rig, certificates)
    for wrong in ([], ["--cacert", certificates.path("stranger")]):
        text = complaint(proxy, *wrong)
        assert "certificate" in text and "--cacert" in text and "WAYMARK_CACERT" in text
    assert certificates.path("stranger") in text
    assert requests_of(proxy) == 0

    certificates.make("elsewhere", names="DNS:elsewhere.example", issuer="ca")
    other = start(rig, certificates, **certificates.pair("elsewhere"))
    assert "made out to" in complaint(other, "--cacert", certificates.path("ca"))
    assert "/nowhere.pem" in complaint(proxy, "--cacert", "/nowhere.pem", code=2)
    assert "--key" in complaint(proxy, "--cert", certificates.path("ca"), code=2)
    assert certificates.key("ca") in complaint(proxy, "--cacert", certificates.key("ca"), code=2)


def test_waymarkctl_says_that_a_server_talks_no_tls(rig):
    proxy = rig.start_proxy(configuration([]))
    assert "http://" in complaint(proxy)


# --- mutual TLS ---


@BOTH
def test_a_client_shows_a_certificate_of_the_ca(rig, certificates, version):
    certificates.make("operator", issuer="ca")
    certificates.make("stranger")
    certificates.make("other-ca")
    certificates.make("of-other", issuer="other-ca")
    proxy = start(rig, certificates, client_ca=certificates.path("ca"))
    for nobody in (None, "stranger", "of-other"):
        fault = is_refused(proxy, certificates.client_context(version, nobody))
        assert "alert" in str(fault), f"{nobody}: {fault}"
    assert requests_of(proxy) == 0
    proxy.wait_for_total("admin_unused_connections_total", 3, listener="admin")
    assert asked_with(proxy, certificates.client_context(version, "operator"))["pid"] == proxy.process.pid
    assert requests_of(proxy) == 1


def test_a_certificate_for_servers_is_none_for_clients(rig, certificates):
    proxy = start(rig, certificates, client_ca=certificates.path("ca"))
    certificates.make("web", issuer="ca", purpose="serverAuth")
    certificates.make("operator", issuer="ca", purpose="clientAuth")
    assert is_refused(proxy, certificates.client_context(certificate="web"))
    assert asked_with(proxy, certificates.client_context(certificate="operator"))


def test_waymarkctl_shows_a_certificate(rig, certificates):
    certificates.make("operator", issuer="ca")
    certificates.make("stranger")
    proxy = start(rig, certificates, client_ca=certificates.path("ca"))
    ca = certificates.path("ca")
    files = {"WAYMARK_CERT": certificates.path("operator"), "WAYMARK_KEY": certificates.key("operator")}
    assert "state" in ctl(proxy, "--cacert", ca, "status", **files).stdout
    # The server's refusal comes before, amid or after the request: each is told in words of its own.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for text in pool.map(lambda _: complaint(proxy, "--cacert", ca), range(40)):
            assert "--cert" in text and "WAYMARK_KEY" in text, text
    wrong = ("--cert", certificates.path("stranger"), "--key", certificates.key("stranger"))
    assert certificates.path("stranger") in complaint(proxy, "--cacert", ca, *wrong)
    mixed = ("--cert", certificates.path("stranger"), "--key", certificates.key("operator"))
    assert certificates.key("operator") in complaint(proxy, "--cacert", ca, *mixed, code=2)


def test_the_token_is_asked_for_beside_the_certificate(rig, certificates):
    certificates.make("operator", issuer="ca")
    proxy = start(rig, certificates, client_ca=certificates.path("ca"))
    proxy.admin.context = certificates.client_context(certificate="operator")
    assert proxy.admin.raw("GET", "/v1/info")[0] == 401


# --- versions ---


def old_context(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


def shakes_hands(client, server):
    """Whether the two contexts agree."""
    bios = [ssl.MemoryBIO() for _ in range(2)]
    ends = [
        client.wrap_bio(bios[0], bios[1], server_hostname="localhost"),
        server.wrap_bio(bios[1], bios[0], server_side=True),
    ]
    for _ in range(5):
        for end in ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    return ends[0].version() is not None


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_tls_1_1_is_refused(rig, certificates):
    lax = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    lax.load_cert_chain(certificates.path("server"), certificates.key("server"))
    lax.set_ciphers("DEFAULT:@SECLEVEL=0")
    lax.minimum_version = TLS11
    assert shakes_hands(old_context(TLS11), lax), "the client is able to"
    proxy = start(rig, certificates)
    assert is_refused(proxy, old_context(TLS11))
    for version in (TLS12, TLS13):
        assert asked_with(proxy, certificates.client_context(version))


def test_min_version_1_3_refuses_1_2(rig, certificates):
    proxy = start(rig, certificates, min_version="1.3")
    assert is_refused(proxy, certificates.client_context(TLS12))
    assert asked_with(proxy, certificates.client_context(TLS13))


# --- streams and reloads ---


class Events:
    """GET /v1/events, kept open."""

    def __init__(self, admin):
        self._connection = admin.connect()
        self._connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {admin.token}"})
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200

    def wait_for(self, kind):
        while line := self._answer.readline():
            if line == f"event: {kind}\n".encode():
                return
        raise AssertionError(f"the stream ended before {kind}")

    def stop(self):
        self._answer.close()
        self._connection.close()


def shown_certificate(proxy):
    host, _, port = proxy.admin.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=scaled(PATIENCE)) as plain:
        with proxy.admin.context.wrap_socket(plain, server_hostname="server.example") as secure:
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True))


def pem(certificates, name):
    with open(certificates.path(name)) as file:
        return file.read()


@BOTH
def test_sighup_takes_new_files_and_a_stream_goes_on(rig, certificates, version):
    certificates.make("operator", issuer="ca")
    certificates.make("clients-ca")
    proxy = start(rig, certificates, client_ca=certificates.path("clients-ca"))
    certificates.make("early", issuer="clients-ca")
    proxy.admin.context = certificates.client_context(version, "early")
    events = rig.keep(Events(proxy.admin))
    before = shown_certificate(proxy)
    assert before == pem(certificates, "server")

    certificates.make("server", names="DNS:server.example,IP:127.0.0.1", issuer="ca")
    certificates.make("clients-ca")
    proxy.process.signal_hangup()
    events.wait_for("config_reloaded")
    assert is_refused(proxy, proxy.admin.context), "the CA of clients has changed too"
    certificates.make("late", issuer="clients-ca")
    proxy.admin.context = certificates.client_context(version, "late")
    assert shown_certificate(proxy) == pem(certificates, "server") != before

    proxy.admin.post("/v1/config:reload")
    events.wait_for("config_reloaded")


def test_files_that_are_wrong_are_named_and_change_nothing(rig, certificates):
    proxy = start(rig, certificates)
    before = shown_certificate(proxy)
    certificates.make("server", names="IP:127.0.0.1", issuer="ca", into="next")
    os.replace(certificates.path("next"), certificates.path("server"))
    proxy.process.signal_hangup()
    why = proxy.wait_for_log("config_not_reloaded")["why"]
    assert f"admin.tls: {certificates.key('server')}: it is not the key of the certificate" in why
    with pytest.raises(Refused) as refused:
        proxy.admin.post("/v1/config:reload")
    assert refused.value.status == 409 and certificates.key("server") in refused.value.body["message"]
    assert shown_certificate(proxy) == before
    os.replace(certificates.key("next"), certificates.key("server"))
    proxy.admin.post("/v1/config:reload")
    assert shown_certificate(proxy) != before


def test_other_paths_take_a_restart(rig, certificates):
    certificates.make("other", issuer="ca")
    proxy = start(rig, certificates)
    with pytest.raises(Refused) as refused:
        proxy.admin.call("PATCH", "/v1/config", {"set": {"admin.tls.key": certificates.key("other")}})
    assert "only a restart" in refused.value.body["message"]


# --- those who never shake hands ---


def test_silent_connections_keep_nobody_out_for_long(rig, certificates):
    proxy = start(rig, certificates)
    host, _, port = proxy.admin.address.rpartition(":")
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(300)]
        for each in silent[:100]:
            each.sendall(b"\x16\x03\x01\x02\x00\x01")
        begun = time.monotonic()

        def answered():
            with contextlib.suppress(TimeoutError, ConnectionError, ssl.SSLError):
                return proxy.admin.get("/v1/info")

        eventually(answered, "an answer", within=30)
        assert 5 < time.monotonic() - begun < BEFORE_IDLE, "there was no room, until handshakes timed out"


def test_a_handshake_of_one_byte_a_second_has_an_end(rig, certificates):
    proxy = start(rig, certificates)
    host, _, port = proxy.admin.address.rpartition(":")
    begun = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=1) as slow:
        for byte in b"\x16\x03\x01\x02\x00\x01" + bytes(50):
            try:
                slow.sendall(bytes([byte]))
                slow.recv(100)
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert 5 < time.monotonic() - begun < BEFORE_IDLE


def test_it_ends_with_a_handshake_and_a_stream_under_way(rig, certificates):
    proxy = start(rig, certificates)
    rig.keep(Events(proxy.admin))
    host, _, port = proxy.admin.address.rpartition(":")
    with socket.create_connection((host, int(port))) as begun:
        begun.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert proxy.terminate() == 0


# --- the registry ---


class Registry:
    def __init__(self, rig, certificates, **tls):
        self._rig = rig
        self._certificates = certificates
        self.address = free_address()
        registry = {"bind": self.address, "tls": {**certificates.pair("server"), **tls}}
        self.proxy = rig.start_proxy(configuration([], registry=registry, state=str(rig.folder / "state")))

    def stub(self, *arguments):
        token = self._rig.folder / "state" / "registry.token"
        where = ("--register", f"https://{self.address}", "--register-token-file", token)
        return self._rig.stub(*where, "--ttl", "2s", *arguments)


def test_upstreams_register_over_tls(rig, certificates):
    registry = Registry(rig, certificates)
    stranger = registry.stub()
    stranger.process.wait_for(lambda: "not registered" in stranger.process.stderr, "a refusal")
    assert "certificate" in stranger.process.stderr
    stub = registry.stub("--register-cacert", certificates.path("ca"))
    assert registry.proxy.wait_for_upstreams(1).client().ask(b"hello") == b"hello"
    (found,) = registry.proxy.admin.upstreams()
    assert (found["address"], found["source"]) == (stub.address, "lease")
    assert stub.process.terminate() == 0
    eventually(lambda: registry.proxy.admin.upstreams() == [], "the registration to be gone")


def test_upstreams_show_a_certificate_to_the_registry(rig, certificates):
    certificates.make("upstream", issuer="ca")
    registry = Registry(rig, certificates, client_ca=certificates.path("ca"))
    ca = ("--register-cacert", certificates.path("ca"))
    stranger = registry.stub(*ca)
    stranger.process.wait_for(lambda: "not registered" in stranger.process.stderr, "a refusal")
    shown = ("--register-cert", certificates.path("upstream"), "--register-key", certificates.key("upstream"))
    stub = registry.stub(*ca, *shown)
    registry.proxy.wait_for_upstreams(1)
    assert [each["address"] for each in registry.proxy.admin.upstreams()] == [stub.address]


# --- where it may be bound, and by which name it is called ---


def test_off_the_loopback_it_answers_to_names_that_are_allowed(rig, certificates):
    proxy = start(rig, certificates, bind="0.0.0.0:0", admin={"allowed_hosts": ["admin.example"]})
    port = proxy.admin.address.rpartition(":")[2]

    def ask(name):
        done = run([
            *("curl", "-sS", "--cacert", certificates.path("ca"), "--connect-to", f"{name}:{port}:127.0.0.1:{port}"),
            *("-H", f"Authorization: Bearer {proxy.admin.token}", f"https://{name}:{port}/v1/info"),
        ])
        return json.loads(done.stdout)

    certificates.make("server", names="DNS:admin.example,DNS:other.example", issuer="ca")
    proxy.process.signal_hangup()
    proxy.wait_for_log("config_reloaded")
    assert ask("admin.example")["pid"] == proxy.process.pid
    refused = ask("other.example")
    assert refused["code"] == "PERMISSION_DENIED" and "admin.allowed_hosts" in refused["message"]


def check(rig, **settings):
    """The complaint of `waymark check`; empty: it has none."""
    process = rig.run("waymark", "check", "-c", rig.configuration_file(configuration([], **settings)))
    return process.stderr if process.wait_exit() else ""


def test_check_knows_where_it_may_be_bound(rig, certificates):
    tls = certificates.pair("server")
    assert "`admin.tls`" in check(rig, admin={"bind": "0.0.0.0:8000"})
    assert "admin.auth: `off`" in check(rig, admin={"bind": "0.0.0.0:8000", "tls": tls, "auth": "off"})
    assert check(rig, admin={"bind": "0.0.0.0:8000", "tls": tls}) == ""
    assert check(rig, admin={"bind": "127.0.0.1:8000", "tls": tls, "auth": "off"}) == ""
    assert "`registry.tls`" in check(rig, registry={"bind": "0.0.0.0:8001"})
    assert check(rig, registry={"bind": "0.0.0.0:8001", "tls": tls}) == ""
    assert check(rig, registry={"bind": "0.0.0.0:8001", "insecure": True}) == ""


def test_check_and_start_read_the_files(rig, certificates):
    wrong = {"certificate": certificates.path("server"), "key": certificates.key("ca")}
    fault = f"{certificates.key('ca')}: it is not the key of the certificate in {certificates.path('server')}"
    assert f"admin.tls: {fault}" in check(rig, admin={"tls": wrong})
    assert f"registry.tls: {fault}" in check(rig, registry={"bind": "127.0.0.1:0", "tls": wrong})
    path = rig.configuration_file(configuration([], admin={"bind": "127.0.0.1:0", "tls": wrong}))
    started = rig.run("waymark", "serve", "-c", path)
    assert started.wait_exit() != 0
    assert f"admin.tls: {fault}" in started.stderr
