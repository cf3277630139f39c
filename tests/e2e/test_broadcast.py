"""A broadcast reaches all clients, those that spoke lately, or those that did not."""

import pytest

from harness import wire
from harness.wire import link

ALL, ACTIVE, INACTIVE = link.Broadcast.SCOPE_ALL, link.Broadcast.SCOPE_ACTIVE, link.Broadcast.SCOPE_INACTIVE


def one_speaks_one_is_silent(rig, workers=1, **pool):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, pool=pool, workers=workers)
    speaker, silent = proxy.client(), proxy.client()
    upstream.expect("opened", count=2)
    speaker.send(b"hello\n")
    upstream.expect("payload")
    return upstream, speaker, silent


@pytest.mark.parametrize("workers", [1, 2])
def test_to_all(rig, workers):
    upstream, speaker, silent = one_speaks_one_is_silent(rig, workers)
    upstream.send(wire.broadcast(ALL, b"everyone"))
    assert speaker.receive_line() == silent.receive_line() == b"everyone"


@pytest.mark.parametrize("workers", [1, 2])
def test_to_the_active_and_to_the_others(rig, workers):
    upstream, speaker, silent = one_speaks_one_is_silent(rig, workers)
    upstream.send(wire.broadcast(ACTIVE, b"you spoke"), wire.broadcast(INACTIVE, b"you did not"))
    upstream.send(wire.broadcast(ALL, b"end"))
    assert (speaker.receive_line(), speaker.receive_line()) == (b"you spoke", b"end")
    assert (silent.receive_line(), silent.receive_line()) == (b"you did not", b"end")


def test_activity_passes(rig):
    upstream, speaker, _ = one_speaks_one_is_silent(rig, active_within="1ms")
    upstream.send(wire.broadcast(INACTIVE, b"now silent", within_ms=1))
    while speaker.is_silent():  # its frame may be younger than a millisecond at first
        upstream.send(wire.broadcast(INACTIVE, b"now silent"))
    assert speaker.receive_line() == b"now silent"


def test_the_time_of_a_broadcast_goes_before_that_of_the_pool(rig):
    upstream, speaker, silent = one_speaks_one_is_silent(rig, active_within="1ms")
    upstream.send(wire.broadcast(ACTIVE, b"within an hour", within_ms=3_600_000), wire.broadcast(ALL, b"end"))
    assert (speaker.receive_line(), speaker.receive_line()) == (b"within an hour", b"end")
    assert silent.receive_line() == b"end"


def test_it_reaches_clients_of_the_other_upstreams(rig):
    one, other = rig.upstream(), rig.upstream()
    clients = rig.proxy(one, other).clients(4)
    one.expect("opened", count=2)
    other.expect("opened", count=2)
    one.send(wire.broadcast(ALL, b"from one"))
    assert {client.receive_line() for client in clients} == {b"from one"}


def test_a_close_can_be_broadcast(rig):
    upstream = rig.upstream()
    clients = rig.proxy(upstream).clients(3)
    upstream.expect("opened", count=3)
    upstream.send(link.Command(broadcast=link.Broadcast(scope=ALL), close=link.Close()))
    assert [client.receive_to_end() for client in clients] == [b""] * 3
    upstream.expect("closed", count=3)


def test_who_cannot_take_it_is_named(rig):
    upstream = rig.upstream()
    client = rig.proxy(upstream).client()
    mark = upstream.mark_of(client)
    upstream.send(wire.broadcast(ALL, b"two\nlines"))
    (refusal,) = upstream.expect("undeliverable")
    assert (refusal.mark, refusal.undeliverable.reason) == (mark, link.REFUSAL_NOT_FRAMEABLE)
