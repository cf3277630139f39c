"""Each direction of a connection ends by itself."""

import pytest

from harness import wire
from harness.wire import link


def test_a_client_that_has_ended_gets_all_its_answers_then_the_end(rig):
    client = rig.proxy(rig.stub("--delay", "200ms")).client()
    requests = b"".join(b"request %d\n" % number for number in range(50))
    client.send(requests)
    client.end_writing()
    assert client.receive_to_end() == requests


def test_a_client_that_ends_at_once_is_told_of_and_ended(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.end_writing()
    assert client.receive_to_end() == b""
    (closed,) = upstream.expect("closed")
    assert closed.closed.reason == link.CLOSE_REASON_CLIENT_CLOSED
    assert proxy.ending_of(client)["reason"] == "CLIENT_CLOSED"


def test_an_upstream_ends_first_and_is_still_sent_to(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    client = proxy.client()
    mark = upstream.mark_of(client)
    upstream.send(wire.send(mark, b"last words"), wire.half_close(mark))
    assert client.receive_to_end() == b"last words\n"

    client.send(b"I go on\nand on\n")
    upstream.expect("payload", count=2)
    assert proxy.total("downstream_connections") == 1
    client.end_writing()
    (closed,) = upstream.expect("closed")
    assert closed.closed.reason == link.CLOSE_REASON_CLIENT_CLOSED
    assert upstream.payloads() == [b"I go on", b"and on"]


def test_half_close_waits_for_what_was_sent_before(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener={"down": {"soft": "8MiB", "hard": "8MiB"}})
    client = proxy.client()
    mark = upstream.mark_of(client)
    payload = b"x" * 65536
    upstream.send(*[wire.send(mark, payload)] * 15)
    upstream.send(*[wire.send(mark, payload)] * 15, wire.half_close(mark))
    assert client.receive_to_end() == (payload + b"\n") * 30


@pytest.mark.parametrize("unread", [0, 64, 200_000])
def test_close_writes_what_was_sent_before_then_fin(rig, unread):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener={"down": {"soft": "8MiB", "hard": "8MiB"}})
    client = proxy.client()
    mark = upstream.mark_of(client)
    upstream.pause()  # so that input piles up in front of the proxy
    client.send(b"noise of the client" * (unread // 19))
    payload = b"y" * 60_000
    upstream.send(*[wire.send(mark, payload)] * 15, wire.close(mark))
    assert client.receive_to_end() == (payload + b"\n") * 15
    upstream.resume()
    assert proxy.ending_of(client)["reason"] == "UPSTREAM_CLOSED"
    (closed,) = upstream.expect("closed")
    assert closed.closed.reason == link.CLOSE_REASON_UPSTREAM_CLOSED
    assert closed.closed.written_bytes == 900_000


def test_what_a_client_sent_before_it_closed_is_delivered(rig):
    upstream = rig.upstream()
    client = rig.proxy(upstream).client()
    mark = upstream.mark_of(client)
    client.send(b"".join(b"%d\n" % number for number in range(1000)))
    client.close()
    upstream.expect("half_closed", mark=mark)
    assert upstream.payloads(mark) == [b"%d" % number for number in range(1000)]
