"""The ancestor's protocol: to upstreams said to speak it, and to those that have no Link."""

import pytest

from harness.clock import eventually
from harness.legacy_upstream import echo, reply
from harness.wire import legacy

ALL, ACTIVE, NOT_ACTIVE = (
    legacy.OutputStreamRequest.BROADCAST_ALL,
    legacy.OutputStreamRequest.BROADCAST_ACTIVE,
    legacy.OutputStreamRequest.BROADCAST_NOT_ACTIVE,
)


def spoken_to(rig, upstream, protocol="legacy", ready=1, **pool):
    """A proxy in front of one upstream."""
    return rig.proxy({"address": upstream.address, "protocol": protocol}, ready=ready, pool=pool)


@pytest.mark.parametrize("protocol", ["legacy", "auto"])
def test_the_stub_answers(rig, protocol):
    stub = rig.stub("--protocol", "legacy")
    proxy = spoken_to(rig, stub, protocol)
    stream = b"".join(b"line %d\n" % number for number in range(1000))
    for client in proxy.clients(3):
        assert client.exchange(stream) == stream
    assert proxy.log("upstream_ready", protocol="legacy")


def test_a_frame_carries_the_mark_as_text(rig):
    upstream = rig.legacy_upstream()
    proxy = spoken_to(rig, upstream)
    client = proxy.client()
    client.send(b"hello\n\xff\x00\n")
    first, second = upstream.expect_frames(2)
    assert (first.payload, second.payload) == (b"hello", b"\xff\x00")
    assert first.client_uuid == second.client_uuid
    groups = first.client_uuid.split("-")
    assert [len(group) for group in groups] == [8, 4, 4, 4, 12]
    assert first.client_uuid == first.client_uuid.lower()
    assert first.time.endswith("Z") and "T" in first.time
    client.reset()
    assert proxy.ending_of(client)["mark"] == first.client_uuid


def test_ready_comes_before_streaming_and_live_beside_it(rig):
    upstream = rig.legacy_upstream(answer=echo)
    proxy = spoken_to(rig, upstream, ping_interval="100ms", progress_timeout="2s")
    assert proxy.client().ask(b"hello") == b"hello"
    eventually(lambda: upstream.live_asked >= 3, "three questions")
    assert upstream.calls[0] == "ready"
    assert sorted(upstream.calls) == ["bidirectionalStreaming", "live", "ready"]
    assert proxy.total("link_lost_total") == 0


def test_an_upstream_that_is_not_ready_gets_no_frames_until_it_is(rig):
    upstream = rig.legacy_upstream(ready=False, answer=echo)
    proxy = spoken_to(rig, upstream, ready=0)
    client = proxy.client()
    client.send(b"hello\n")
    eventually(lambda: upstream.calls.count("ready") >= 2, "asking again")
    assert set(upstream.calls) == {"ready"}
    assert client.is_silent()
    upstream.ready = True
    assert client.receive_line() == b"hello"


def test_live_false_takes_its_clients_away(rig):
    upstream, other = rig.legacy_upstream(answer=echo), rig.legacy_upstream(answer=echo)
    proxy = rig.proxy(upstream, other, pool={"ping_interval": "100ms", "progress_timeout": "2s"})
    clients = proxy.clients(4)
    upstream.ready = upstream.live = False
    proxy.wait_for_log("upstream_lost", address=upstream.address, why="the upstream answered live: false")
    assert [client.ask(b"hello") for client in clients] == [b"hello"] * 4
    upstream.ready = upstream.live = True
    proxy.wait_for_upstreams(2)


def one_speaks_one_is_silent(rig):
    upstream = rig.legacy_upstream()
    proxy = spoken_to(rig, upstream)
    speaker, silent = proxy.client(), proxy.client()
    speaker.send(b"hello\n")
    upstream.expect_frames(1)
    proxy.wait_for_total("downstream_connections", at_least=2)
    return proxy, upstream, speaker, silent


def test_broadcasts(rig):
    _, upstream, speaker, silent = one_speaks_one_is_silent(rig)
    upstream.send(reply(b"to all", broadcast=ALL))
    upstream.send(reply(b"to the active", broadcast=ACTIVE))
    upstream.send(reply(b"to the others", broadcast=NOT_ACTIVE))
    upstream.send(reply(b"end", broadcast=ALL))
    assert [speaker.receive_line() for _ in range(3)] == [b"to all", b"to the active", b"end"]
    assert [silent.receive_line() for _ in range(3)] == [b"to all", b"to the others", b"end"]


@pytest.mark.parametrize("target", [{}, {"broadcast": 77}])
def test_what_has_no_known_target_is_ignored_and_counted(rig, target):
    proxy, upstream, speaker, silent = one_speaks_one_is_silent(rig)
    upstream.send(reply(b"to whom?", **target))
    upstream.send(reply(b"to all", broadcast=ALL))
    assert speaker.receive_line() == silent.receive_line() == b"to all"
    assert proxy.total("commands_ignored_total") == 1
    assert proxy.total("link_lost_total") == 0


@pytest.mark.parametrize("uuid", ["", "nobody", "00000000-0000-4000-8000-000000000000", "\u00e9" * 40])
def test_an_unknown_uuid_harms_nobody(rig, uuid):
    proxy, upstream, speaker, _ = one_speaks_one_is_silent(rig)
    upstream.send(reply(b"to nobody", client_uuid=uuid))
    upstream.send(reply(b"to you", client_uuid=upstream.frames[0].client_uuid))
    assert speaker.receive_line() == b"to you"
    assert proxy.total("commands_refused_total", reason="NO_SUCH_MARK") == 1


def test_clients_move_between_the_protocols(rig):
    old, new = rig.stub("--protocol", "legacy"), rig.stub()
    proxy = rig.proxy(old, new)
    clients = proxy.clients(4)
    for stub in (old, new):
        assert [client.ask(b"hello") for client in clients] == [b"hello"] * 4
        stub.kill()
        proxy.wait_for_upstreams(1)
        assert [client.ask(b"hello") for client in clients] == [b"hello"] * 4
        stub.restart()
        proxy.wait_for_upstreams(2)


def test_a_client_without_an_answer_ends_by_the_timeout(rig):
    upstream = rig.legacy_upstream(answer=echo)
    proxy = rig.proxy(upstream, listener={"half_close_timeout": "300ms"})
    client = proxy.client()
    client.send(b"hello\n")
    client.end_writing()
    assert client.receive_to_end() == b"hello\n"
    assert proxy.ending_of(client)["reason"] == "HALF_CLOSE_TIMEOUT"
