"""Every reason for which a connection ends: what the upstream, the log and the metrics say of it."""

import pytest

from harness import wire
from harness.ports import free_address
from harness.wire import link


def expect_ending(proxy, client, reason, upstream=None):
    """The log line, the metric and, where an upstream was told of the client, the last event."""
    line = proxy.ending_of(client)
    assert line["reason"] == reason
    assert proxy.total("downstream_connections_closed_total", reason=reason) == 1
    assert proxy.total("downstream_connections_closed_total") == 1
    if upstream is None:
        return line, None
    (event,) = upstream.expect("closed")
    assert link.CloseReason.Name(event.closed.reason) == f"CLOSE_REASON_{reason}"
    assert event.closed.last_seq == line["frames_up"]
    assert event.closed.written_bytes == line["bytes_down"]
    assert upstream.events(mark=event.mark)[-1] == event, "nothing follows Closed"
    return line, event.closed


@pytest.mark.parametrize(
    "framing, too_large",
    [
        ({"line": {"max_frame_bytes": 16}}, b"x" * 40),
        ({"line": {"max_frame_bytes": 16}}, b"x" * 17 + b"\n"),
        ({"delimiter": {"delimiters": ["\\n"], "max_frame_bytes": 16}}, b"x" * 40),
    ],
)
def test_frame_too_large(rig, framing, too_large):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, framing=framing)
    client = proxy.client()
    client.send(b"before\n" + too_large)
    assert client.receive_to_end() == b""
    _, closed = expect_ending(proxy, client, "FRAME_TOO_LARGE", upstream)
    assert upstream.payloads() == [b"before"]
    assert closed.last_seq == 1


def test_a_length_over_the_limit_is_too_large_before_its_bytes_come(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, framing={"length_prefix": {"max_frame_bytes": 16}})
    client = proxy.client()
    client.send(b"\0\0\0\3abc" + b"\0\0\0\x11")
    assert client.receive_to_end() == b""
    expect_ending(proxy, client, "FRAME_TOO_LARGE", upstream)
    assert upstream.payloads() == [b"abc"]


def test_a_frame_larger_than_the_upstream_takes(rig):
    upstream = rig.upstream(opening=[wire.welcome(max_message=4096)])
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.send(b"small\n" + b"x" * 5000 + b"\n")
    assert client.receive_to_end() == b""
    expect_ending(proxy, client, "FRAME_TOO_LARGE", upstream)
    assert proxy.total("frames_discarded_total", reason="too_large_for_upstream") == 1
    assert upstream.payloads() == [b"small"]


@pytest.mark.parametrize(
    "framing, malformed",
    [
        ({"length_prefix": {"size": "varint"}}, b"\xff" * 11),
        ({"length_prefix": {"size": "2", "adjustment": -8}}, b"\0\2zz"),
        ({"length_prefix": {"size": "decimal", "digits": 2}}, b"1x"),
        ({"start_stop": {"start": "{", "stop": "}"}}, b"x"),
        ({"switch": {"cases": [{"starts_with": "*", "framing": "line"}]}}, b"x"),
    ],
)
def test_frame_malformed(rig, framing, malformed):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, framing=framing)
    client = proxy.client()
    client.send(malformed)
    assert client.receive_to_end() == b""
    expect_ending(proxy, client, "FRAME_MALFORMED", upstream)


def test_with_resync_what_is_no_frame_is_left_out_and_counted(rig):
    upstream = rig.upstream(answer=wire.echo)
    framing = {"start_stop": {"start": "{", "stop": "}", "on_malformed": "resync"}}
    proxy = rig.proxy(upstream, framing=framing)
    client = proxy.client()
    client.send(b"noise{one}more noise{two}{thr")
    assert client.receive(10) == b"{one}{two}"
    client.send(b"ee}")
    assert client.receive(7) == b"{three}"
    assert upstream.payloads() == [b"one", b"two", b"three"]
    assert proxy.total("downstream_input_skipped_bytes_total") == len(b"noise" + b"more noise")
    assert proxy.total("downstream_connections_closed_total") == 0


def test_frame_timeout(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener={"frame_timeout": "300ms"})
    client = proxy.client()
    client.send(b"whole\nunfinish")
    assert client.receive_to_end() == b""
    _, closed = expect_ending(proxy, client, "FRAME_TIMEOUT", upstream)
    assert upstream.payloads() == [b"whole"]
    assert closed.unfinished_bytes == 8


def test_dribbling_does_not_put_off_the_frame_timeout(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener={"frame_timeout": "300ms"})
    client = proxy.client()
    while client.is_silent():
        client.push(b"x")
    assert client.receive_to_end() == b""
    expect_ending(proxy, client, "FRAME_TIMEOUT", upstream)


def test_idle_timeout(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener={"idle_timeout": "300ms"})
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    assert client.receive_to_end() == b""
    line, _ = expect_ending(proxy, client, "IDLE_TIMEOUT", upstream)
    assert line["seconds"] >= 0.3


def test_half_close_timeout(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener={"half_close_timeout": "300ms"})
    client = proxy.client()
    client.send(b"unanswered\n")
    client.end_writing()
    assert client.receive_to_end() == b""
    expect_ending(proxy, client, "HALF_CLOSE_TIMEOUT", upstream)


def test_no_upstream(rig):
    proxy = rig.proxy(free_address(), ready=0, pool={"no_upstream_timeout": "300ms"})
    client = proxy.client()
    client.send(b"is anybody there?\n")
    assert client.receive_to_end() == b""
    line, _ = expect_ending(proxy, client, "NO_UPSTREAM")
    assert line["upstream"] == "" and line["seconds"] >= 0.3


def test_client_reset(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.ask(b"hello")
    client.reset()
    expect_ending(proxy, client, "CLIENT_RESET", upstream)


def test_a_reset_is_found_while_the_client_is_not_read(rig):
    proxy = rig.proxy(free_address(), ready=0)
    client = proxy.client()
    client.send(b"held\n")
    proxy.wait_for_total("downstream_connections_held")
    client.reset()
    expect_ending(proxy, client, "CLIENT_RESET")


def test_client_closed(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.ask(b"hello")
    client.close()
    expect_ending(proxy, client, "CLIENT_CLOSED", upstream)


def test_upstream_closed(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    client = proxy.client()
    upstream.send(wire.close(upstream.mark_of(client)))
    assert client.receive_to_end() == b""
    expect_ending(proxy, client, "UPSTREAM_CLOSED", upstream)


def test_draining(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    assert proxy.terminate() == 0
    assert client.receive_to_end() == b""
    assert proxy.log("connection_ended", peer=client.address, reason="DRAINING")
    (event,) = upstream.expect("closed")
    assert event.closed.reason == link.CLOSE_REASON_DRAINING
