"""An upstream that talks nonsense harms nobody but itself."""

import random

import pytest

from harness import wire
from harness.clock import eventually
from harness.process import growth_limit
from harness.wire import link

GARBAGE = b"\xff\xfe garbage \x00\x80"


def beside_a_good_one(rig, hostile, ready=1, **pool):
    good = rig.stub()
    return rig.proxy(hostile, good, ready=ready, pool={"welcome_timeout": "300ms", **pool}), good


def assert_served(clients, times=20):
    for _ in range(times):
        assert [client.ask(b"hello") for client in clients] == [b"hello"] * len(clients)


# What it begins with, and what the log says of it.
OPENINGS = {
    "garbage": ([GARBAGE], "not a Welcome"),
    "nothing": ([], "no Welcome within 300 ms"),
    "commands first": ([link.FromUpstream(commands=[wire.send(b"m" * 16, b"early")])], "first message"),
    "an empty message": ([link.FromUpstream()], "first message"),
    "a protocol of tomorrow": ([wire.welcome(protocol=2)], "chose protocol 2"),
    "no protocol": ([wire.welcome(protocol=0)], "chose protocol 0"),
    "a message without end": ([b"\x12" + b"\xff" * 9], "not a Welcome"),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_a_wrong_opening_keeps_an_upstream_out(rig, name):
    opening, reason = OPENINGS[name]
    hostile = rig.upstream(opening=opening)
    proxy, _ = beside_a_good_one(rig, hostile)
    clients = proxy.clients(4)
    eventually(lambda: len(hostile.links) >= 3, "trying again")
    assert_served(clients)
    assert hostile.events() == []
    assert proxy.total("upstream_ready", upstream=hostile.address) == 0
    assert reason in proxy.wait_for_log("upstream_failed", address=hostile.address)["why"]
    if "not a Welcome" in reason:
        assert proxy.total("link_malformed_total", upstream=hostile.address) >= 1


@pytest.mark.parametrize(
    "greeting, hang_up",
    [(b"", False), (b"", True), (b"HTTP/1.1 400 Bad Request\r\n\r\n", True), (bytes(range(256)) * 16, False)],
    ids=["silent", "hangs up", "speaks HTTP/1.1", "speaks binary"],
)
def test_what_is_no_grpc_server_is_kept_out(rig, greeting, hang_up):
    impostor = rig.impostor(greeting=greeting, hang_up=hang_up)
    proxy, _ = beside_a_good_one(rig, impostor, connect_timeout="200ms")
    clients = proxy.clients(4)
    eventually(lambda: impostor.visits >= 1, "a visit")
    assert_served(clients)
    assert proxy.total("upstream_ready", upstream=impostor.address) == 0


def test_a_server_with_neither_service_is_kept_out(rig):
    stranger = rig.server_without_services()
    proxy, _ = beside_a_good_one(rig, stranger)
    assert_served(proxy.clients(4))
    assert proxy.total("upstream_ready", upstream=stranger.address) == 0
    assert "UpstreamService" in proxy.wait_for_log("upstream_failed", address=stranger.address)["why"]


def sending(payload):
    return link.FromUpstream(commands=[wire.send(b"m" * 16, payload)]).SerializeToString()


BREAKING = {
    "garbage": GARBAGE,
    "cut short": sending(b"x" * 100)[:-3],
    "a length without end": b"\x0a" + b"\xff" * 9 + b"\x01",
    "oversize": sending(b"x" * 4_000_000),
    "dice": b"\x0a\x7f" + random.Random(11).randbytes(127),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_message_that_breaks_the_link_moves_its_clients(rig, name):
    hostile = rig.upstream(answer=wire.echo)
    proxy, good = beside_a_good_one(rig, hostile, ready=2)
    clients = proxy.clients(6)
    assert_served(clients, 2)
    hostile.send(wire.send(b"nobody here....!", b"x"))
    hostile.link.send_bytes(BREAKING[name])
    lost = proxy.wait_for_log("upstream_lost", address=hostile.address)
    assert lost["why"], name
    assert proxy.total("link_lost_total", upstream=hostile.address) == 1
    if name != "oversize":
        assert proxy.total("link_malformed_total", upstream=hostile.address) == 1
    assert_served(clients)
    assert proxy.total("downstream_connections_closed_total") == 0
    assert good.process.running()


def test_good_commands_before_a_broken_one_are_carried_out(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    client = proxy.client()
    mark = upstream.mark_of(client)
    good = link.FromUpstream(commands=[wire.send(mark, b"good")]).SerializeToString()
    upstream.link.send_bytes(good + b"\x0a\x7fcut")
    assert client.receive_line() == b"good"
    proxy.wait_for_total("link_malformed_total")


def test_unknown_fields_are_passed_over(rig):
    upstream = rig.upstream()
    client = rig.proxy(upstream).client()
    mark = upstream.mark_of(client)
    unknown = b"\xa2\x06\x05later" + b"\xf8\x7f\x01"  # field 100 with bytes, field 2047 with a varint
    good = link.FromUpstream(commands=[wire.send(mark, b"good")]).SerializeToString()
    upstream.link.send_bytes(unknown + good + unknown)
    assert client.receive_line() == b"good"


def test_a_flood_of_unknown_marks_leaves_others_alone(rig):
    hostile = rig.upstream()
    proxy, _ = beside_a_good_one(rig, hostile, ready=2)
    clients = proxy.clients(4)
    mine = {event.opened.peer for event in hostile.expect("opened", count=2)}
    others = [client for client in clients if client.address not in mine]
    hostile.pause()  # it does not even read the refusals
    before = proxy.process.resident_bytes()
    flood = [wire.send(random.Random(n).randbytes(16), b"flood" * 20) for n in range(2000)]
    for _ in range(25):
        hostile.send(*flood)
    assert_served(others)
    proxy.wait_for_total("commands_refused_total", at_least=50_000, reason="NO_SUCH_MARK")
    assert_served(others)
    assert proxy.process.resident_bytes() - before < growth_limit(200)
    assert proxy.total("downstream_connections_closed_total") == 0


def test_a_second_welcome_changes_nothing(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    assert client.ask(b"before") == b"before"
    upstream.link.send_bytes(wire.welcome(window_events=1))
    assert client.ask(b"after") == b"after"
    assert proxy.process.running()


def test_a_window_of_one_event_still_serves_all(rig):
    upstream = rig.upstream(opening=[wire.welcome(window_events=1, window_bytes=1)], answer=wire.echo)
    proxy = rig.proxy(upstream)
    for client in proxy.clients(5):
        stream = b"".join(b"line %d\n" % number for number in range(200))
        assert client.exchange(stream) == stream
