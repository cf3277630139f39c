"""SIGTERM: what was read is delivered, answers are awaited, and every client reads an end."""

import signal
import time

import pytest

from harness import wire
from harness.clock import eventually, scaled
from harness.pressure import push_until_blocked


def test_answers_are_awaited_then_every_client_reads_the_end(rig):
    proxy = rig.proxy(*rig.stubs(3, "--delay", "400ms"), drain={"timeout": "10s", "quiet": "1s"})
    clients = proxy.clients(12)
    requests = b"".join(b"request %d\n" % number for number in range(20))
    for client in clients:
        client.send(requests)
    proxy.wait_for_total("downstream_frames_total", at_least=240, direction="up")
    began = time.monotonic()
    proxy.process.signal(signal.SIGTERM)
    eventually(lambda: proxy.get("/readyz") == (503, "draining\n"), "/readyz")
    assert proxy.get("/livez")[0] == 200
    for client in clients:
        assert client.receive_to_end() == requests
    assert proxy.process.wait_exit() == 0
    assert time.monotonic() - began < scaled(10)
    endings = proxy.log("connection_ended")
    assert [line["reason"] for line in endings] == ["DRAINING"] * 12
    assert proxy.log("ended")


def test_a_client_that_goes_on_sending_reads_the_end_and_no_reset(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    proxy.process.signal(signal.SIGTERM)
    proxy.wait_for_log("draining")
    while client.is_silent():
        client.push(b"I do not listen\n" * 64)
    client.receive_to_end()
    assert proxy.process.wait_exit() == 0


def test_nothing_that_was_read_is_lost(rig):
    stubs = rig.stubs(2)
    proxy = rig.proxy(*stubs)
    clients = proxy.clients(20)
    for client in clients:
        client.send(b"".join(b"%d\n" % number for number in range(500)))
    proxy.wait_for_total("downstream_frames_total", at_least=1, direction="up")
    assert proxy.terminate() == 0
    frames_of = {line["peer"]: line for line in proxy.log("connection_ended")}
    for client in clients:
        answers = client.receive_to_end().splitlines()
        line = frames_of[client.address]
        assert line["frames_up"] == line["frames_down"] == len(answers)
        assert answers == [b"%d" % number for number in range(len(answers))]


def test_accepting_stops(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, drain={"timeout": "10s", "quiet": "2s"})
    proxy.client()
    upstream.expect("opened")
    proxy.process.signal(signal.SIGTERM)

    def refused():
        try:
            proxy.client().close()
            return False
        except (ConnectionRefusedError, ConnectionResetError):
            return True

    eventually(refused, "a refused connection")
    assert proxy.process.wait_exit() == 0


def test_accepting_goes_on_for_the_delay(rig):
    proxy = rig.proxy(rig.stub(), drain={"delay": "1500ms", "timeout": "8s", "quiet": "100ms"})
    early = proxy.client()
    began = time.monotonic()
    proxy.process.signal(signal.SIGTERM)
    eventually(lambda: proxy.get("/readyz")[0] == 503, "/readyz")
    late = proxy.client()
    assert late.ask(b"still served") == b"still served"
    assert early.ask(b"me too") == b"me too"
    assert late.receive_to_end() == b""
    assert time.monotonic() - began >= 1.5
    assert proxy.process.wait_exit() == 0


@pytest.mark.parametrize("first, second", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)])
def test_a_second_signal_ends_at_once(rig, first, second):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, drain={"timeout": "1m", "quiet": "30s"})
    proxy.client().send(b"unanswered\n")
    upstream.expect("payload")
    proxy.process.signal(first)
    proxy.wait_for_log("draining")
    began = time.monotonic()
    proxy.process.signal(second)
    assert proxy.process.wait_exit() == 1
    assert time.monotonic() - began < scaled(2)


@pytest.mark.parametrize("timeout", [2, 5])
def test_a_hung_upstream_does_not_hold_up_the_end(rig, timeout):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, drain={"timeout": f"{timeout}s", "quiet": "500ms"})
    client = proxy.client()
    upstream.mark_of(client)
    upstream.pause()
    push_until_blocked(proxy, [client], (b"x" * 1023 + b"\n") * 20_000)
    began = time.monotonic()
    proxy.process.signal(signal.SIGTERM)
    assert proxy.process.wait_exit() == 0
    assert time.monotonic() - began < scaled(timeout + 1)


def test_without_any_upstream_it_ends_too(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub)
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    stub.kill()
    proxy.wait_for_total("downstream_connections_held")
    client.send(b"unread\n")
    assert proxy.terminate() == 0
    assert client.receive_to_end() == b""


def test_a_client_that_does_not_read_does_not_hold_up_the_end(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(
        upstream,
        listener={"down": {"soft": "4MiB", "hard": "4MiB"}},
        drain={"timeout": "4s", "quiet": "100ms"},
    )
    deaf = proxy.client(receive_buffer=4096)
    upstream.send(*[wire.send(upstream.mark_of(deaf), b"x" * 16384)] * 60)
    proxy.wait_for_total("downstream_frames_total", at_least=60, direction="down")
    began = time.monotonic()
    assert proxy.terminate() == 0
    assert time.monotonic() - began < scaled(5)


def test_the_ports_are_free_at_once(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    host, _, port = proxy.addresses["clients"].rpartition(":")
    assert proxy.terminate() == 0
    again = rig.proxy(rig.stub(), listener={"bind": f"{host}:{port}"})
    assert again.client().ask(b"hello") == b"hello"
