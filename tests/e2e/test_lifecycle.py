"""What an upstream is told of a connection, and in which order."""

import time

from harness import wire
from harness.clock import eventually
from harness.wire import link


def test_hello_says_who_calls(rig):
    upstream = rig.upstream()
    rig.proxy(upstream, workers=2, proxy_id="proxy-7")
    eventually(lambda: len(upstream.links) == 2, "a link of each worker")
    hellos = [each.hello for each in upstream.links]
    assert {hello.worker for hello in hellos} == {0, 1}
    assert len({hello.boot_id for hello in hellos}) == 1
    for hello in hellos:
        assert hello.protocol_min <= 1 <= hello.protocol_max
        assert (hello.proxy_id, hello.pool) == ("proxy-7", "default")
        assert len(hello.boot_id) == 16
        assert hello.max_message >= 1024 * 1024


def test_each_start_of_a_proxy_has_its_own_boot_id(rig):
    upstream = rig.upstream()
    first, second = rig.proxy(upstream), rig.proxy(upstream)
    assert first is not second
    assert len({each.hello.boot_id for each in upstream.links}) == 2


def test_nothing_comes_before_welcome(rig):
    upstream = rig.upstream(opening=[])
    client = rig.proxy(upstream, ready=0).client()
    client.send(b"early\n")
    assert upstream.link.hello.pool == "default"
    assert upstream.events() == []
    upstream.link.send_bytes(wire.welcome())
    upstream.expect("payload")
    kinds = [event.WhichOneof("kind") for event in upstream.events()]
    assert kinds.index("opened") < kinds.index("payload")
    assert "snapshot_end" in kinds
    assert client.is_silent()


def test_a_connection_is_opened_spoken_for_and_closed(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    before = time.time_ns()
    client = proxy.client()
    client.send(b"one\ntwo\n\n")
    upstream.expect("payload", count=3)
    mark = upstream.mark_of(client)
    upstream.send(wire.send(mark, b"answer"))
    assert client.receive_line() == b"answer"
    client.send(b"unfin")
    client.end_writing()
    upstream.expect("half_closed", mark=mark)
    upstream.send(wire.half_close(mark))
    assert client.receive_to_end() == b""

    upstream.expect("closed")
    events = upstream.events(mark=mark)
    assert [event.WhichOneof("kind") for event in events] == [
        "opened",
        "payload",
        "payload",
        "payload",
        "half_closed",
        "closed",
    ]
    opened, closed = events[0].opened, events[-1].closed
    assert len(mark) == 16 and mark[6] >> 4 == 4 and mark[8] >> 6 == 2, "a UUID of version 4"
    assert (opened.incarnation, opened.epoch, opened.resumed, opened.next_seq) == (1, 1, False, 1)
    assert (opened.mark_source, opened.trust) == (link.MARK_SOURCE_RANDOM, link.TRUST_NONE)
    assert (opened.peer, opened.local) == (client.address, proxy.addresses["clients"])
    assert opened.listener == "clients"
    assert [event.seq for event in events] == [0, 1, 2, 3, 0, 0]
    assert [event.payload for event in events[1:4]] == [b"one", b"two", b""]
    assert all(before <= event.received_at <= time.time_ns() for event in events[1:4])
    assert all(event.attempt <= 1 for event in events)
    assert closed.reason == link.CLOSE_REASON_CLIENT_CLOSED
    assert (closed.last_seq, closed.unfinished_bytes, closed.written_bytes) == (3, 5, 6)


def test_closed_comes_if_and_only_if_opened_did(rig):
    upstreams = [rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)]
    proxy = rig.proxy(*upstreams)
    for client in proxy.clients(20):
        client.ask(b"hello")
        client.close()
    for upstream in upstreams:
        upstream.expect("closed", count=10)
        opened = [event.mark for event in upstream.events("opened")]
        assert sorted(opened) == sorted(event.mark for event in upstream.events("closed"))
        assert len(set(opened)) == 10


def test_every_client_has_its_own_mark(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, workers=2)
    proxy.clients(200)
    opened = upstream.expect("opened", count=200)
    assert len({event.mark for event in opened}) == 200


def test_an_idle_link_is_pinged(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, pool={"ping_interval": "100ms", "progress_timeout": "2s"})
    upstream.expect("ping", count=3)
    assert proxy.total("link_lost_total") == 0


def test_an_upstream_that_answers_no_ping_is_given_up(rig):
    upstream = rig.upstream(answer=lambda event: [])
    proxy = rig.proxy(upstream, pool={"ping_interval": "100ms", "progress_timeout": "300ms"})
    proxy.wait_for_log("upstream_lost", address=upstream.address)
