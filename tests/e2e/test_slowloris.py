"""Clients that hold connections open and say next to nothing: closed in their time, while others are served."""

import time

from harness import wire
from harness.clock import eventually

FRAME = "2s"


def dribble(client, byte):
    """One more, unless its time is over, which it may be between looking and sending."""
    try:
        if client.is_silent():
            client.push(byte)
    except (ConnectionResetError, BrokenPipeError):
        pass


def test_frames_that_never_end_are_closed_at_the_absolute_timeout(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener={"frame_timeout": FRAME}, workers=2)
    good = proxy.clients(5)
    assert all(client.ask(b"hello") == b"hello" for client in good)
    slow = proxy.clients(400)
    for client in slow:
        client.send(b"x")

    def all_closed():
        for client in slow:
            dribble(client, b"x")  # a byte now and then puts nothing off
        for client in good:
            assert client.ask(b"and we?") == b"and we?"
        return proxy.total("downstream_connections_closed_total", reason="FRAME_TIMEOUT") == len(slow)

    eventually(all_closed, "the end of all that dribble")
    for line in proxy.log("connection_ended"):
        assert line["reason"] == "FRAME_TIMEOUT"
        assert line["seconds"] >= 2
        assert line["frames_up"] == 0
    assert not any(client.was_reset() for client in good)
    assert proxy.total("downstream_connections") == len(good)


def test_a_frame_ends_the_clock_and_the_next_one_starts_it_again(rig):
    """One whole frame now and then does not buy time for the one that never ends."""
    proxy = rig.proxy(rig.stub(), listener={"frame_timeout": "1s"})
    client = proxy.client()
    began = time.monotonic()
    while time.monotonic() - began < 2:
        assert client.ask(b"whole") == b"whole"
    client.send(b"never")
    started = time.monotonic()
    assert client.receive_to_end() == b""
    assert 0.9 <= time.monotonic() - started
    assert proxy.ending_of(client)["reason"] == "FRAME_TIMEOUT"


def test_headers_that_never_end_are_closed_at_their_timeout(rig):
    upstream = rig.upstream(answer=wire.echo)
    trusted = {"trusted_cidrs": ["127.0.0.0/8"], "header_timeout": "1s"}
    proxy = rig.proxy(upstream, listener={"proxy_protocol": trusted})
    header = b"PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n"
    good = proxy.client()
    good.send(header)
    assert good.ask(b"hello") == b"hello"
    slow = proxy.clients(100)
    for client in slow:
        client.send(header[:8])

    def all_closed():
        for at, client in enumerate(slow):
            dribble(client, header[8 + at % 8 : 9 + at % 8])
        assert good.ask(b"and we?") == b"and we?"
        late = proxy.total("proxy_headers_total", result="late")
        return late + proxy.total("proxy_headers_total", result="malformed") == len(slow)

    eventually(all_closed, "the end of all that dribble")
    assert proxy.total("proxy_headers_total", result="late") > 0
    assert proxy.total("proxy_headers_awaited") == 0
    assert len(upstream.events("opened")) == 1


def test_those_who_say_nothing_are_closed_when_idle(rig):
    proxy = rig.proxy(rig.stub(), listener={"idle_timeout": "2s"})
    good = proxy.client()
    assert good.ask(b"hello") == b"hello"
    silent = proxy.clients(100)

    def all_closed():
        assert good.ask(b"and we?") == b"and we?"
        return proxy.total("downstream_connections_closed_total", reason="IDLE_TIMEOUT") == len(silent)

    eventually(all_closed, "the end of all that are silent")
    assert all(client.receive_to_end() == b"" for client in silent)
    assert proxy.total("downstream_connections") == 1
