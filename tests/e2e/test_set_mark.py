"""An upstream says who a connection is: SetMark replaces a mark, or confirms it."""

import uuid

import pytest

from harness import wire
from harness.clock import eventually
from harness.wire import link

SPACE = uuid.UUID("c2f7dece-e263-50d8-ba81-6db6433833df")
CLAIMED = {"identity": [{"first_frame": {"pattern": "^login ([0-9]{4,15})$$"}}], "expose_key": True}


def mark_of(key, source="upstream"):
    return uuid.uuid5(SPACE, f"{source}:{key}").bytes


def refusal(upstream, count=1):
    (*_, event) = upstream.expect("refused", count=count)
    assert event.refused.action == link.ACTION_SET_MARK
    return event.refused.reason


@pytest.fixture(params=[False, True], ids=["without acks", "with acks"])
def upstream(rig, request):
    answer = wire.acking_echo if request.param else wire.echo
    return rig.upstream(opening=[wire.welcome(acks=request.param)], answer=answer)


def test_a_key_of_the_upstream_gives_its_mark_on_every_proxy(rig, upstream):
    marks, numbers = [], []
    for _ in range(2):
        proxy = rig.proxy(upstream, listener={"expose_key": True})
        client = proxy.client()
        assert client.ask(b"user anna") == b"user anna"
        old = upstream.events("opened")[-1].mark
        upstream.send(wire.set_mark(old, "anna"))
        event = upstream.expect("marked", count=len(marks) + 1)[-1]
        marked = event.marked
        assert (marked.old_mark, marked.key) == (old, "anna")
        assert (marked.mark_source, marked.trust) == (link.MARK_SOURCE_UPSTREAM, link.TRUST_VOUCHED)
        assert client.ask(b"more") == b"more"
        assert upstream.events("payload")[-1].mark == event.mark
        upstream.send(wire.send(old, b"by the alias"))
        assert client.receive_line() == b"by the alias"
        assert proxy.total("downstream_connections_identified_total", source="upstream") == 1
        client.close()
        marks.append(event.mark)
        numbers.append(marked.incarnation)
        assert upstream.expect("closed", count=len(marks))[-1].mark == event.mark
    assert marks == 2 * [mark_of("anna")]
    assert numbers[0] < numbers[1]


def test_a_claimed_key_is_confirmed(rig, upstream):
    client = rig.proxy(upstream, listener=CLAIMED).client()
    assert client.ask(b"login 4711") == b"login 4711"
    opened = upstream.expect("opened")[0]
    assert opened.opened.trust == link.TRUST_CLAIMED
    upstream.send(wire.set_mark(opened.mark))
    (event,) = upstream.expect("marked")
    assert event.mark == event.marked.old_mark == opened.mark
    assert (event.marked.trust, event.marked.mark_source) == (link.TRUST_VOUCHED, link.MARK_SOURCE_FIRST_FRAME)
    assert (event.marked.key, event.marked.incarnation) == ("4711", opened.opened.incarnation)
    assert client.ask(b"more") == b"more"
    assert upstream.events("payload")[-1].mark == opened.mark


@pytest.mark.parametrize("workers", [1, 2])
def test_whoever_has_the_mark_is_taken_over(rig, upstream, workers):
    proxy = rig.proxy(upstream, workers=workers)
    former, newest = proxy.client(), proxy.client()
    for turn, client in enumerate((former, newest), start=1):
        assert client.ask(b"hello") == b"hello"
        upstream.send(wire.set_mark(upstream.events("payload")[-1].mark, "anna"))
        upstream.expect("marked", count=turn)
    eventually(former.was_reset, "the take-over")
    first, second = upstream.events("marked")
    assert upstream.expect("closed")[0].closed.reason == link.CLOSE_REASON_TAKEN_OVER
    assert first.marked.incarnation < second.marked.incarnation
    assert newest.ask(b"more") == b"more"
    assert upstream.events("payload")[-1].mark == mark_of("anna")


def test_a_mark_that_was_replaced_is_free_and_still_finds_its_connection(rig, upstream):
    proxy = rig.proxy(upstream, listener=CLAIMED)
    client = proxy.client()
    client.ask(b"login 4711")
    claimed = upstream.expect("opened")[0]
    upstream.send(wire.set_mark(claimed.mark, "anna"))
    upstream.expect("marked")
    upstream.send(wire.set_mark(mark_of("anna"), "berta"))
    upstream.expect("marked", count=2)
    number = claimed.opened.incarnation
    upstream.send(wire.send(claimed.mark, b"by its first", incarnation=number), wire.send(mark_of("anna"), b"second"))
    assert (client.receive_line(), client.receive_line()) == (b"by its first", b"second")
    other = proxy.client()
    assert other.ask(b"login 4711") == b"login 4711"
    assert upstream.events("opened")[-1].opened.returning
    assert client.ask(b"still here") == b"still here", "its mark was given back, not taken over"
    upstream.send(wire.send(claimed.mark, b"who has it now"))
    assert other.receive_line() == b"who has it now"


def test_what_the_next_holder_of_a_mark_leaves_is_not_counted_for_the_former(rig):
    """The next one ends with a frame unacked; what is acked then was never the first one's."""
    upstream = rig.upstream(opening=[wire.welcome(acks=True)], answer=wire.acked_lifecycle)
    proxy = rig.proxy(upstream, listener=CLAIMED)
    first, second = proxy.client(), proxy.client()
    first.send(b"login 4711\n")
    (login,) = upstream.expect("payload")
    upstream.send(wire.set_mark(login.mark, "anna"), wire.answer(login))
    upstream.expect("marked")
    second.send(b"login 4711\n")
    left = upstream.expect("payload", count=2)[1]
    assert left.mark == login.mark
    second.reset()
    upstream.expect("closed", mark=login.mark)
    upstream.send(wire.answer(left), wire.send(mark_of("anna"), b"for anna"))
    assert first.receive_line() == login.payload
    assert first.receive_line() == b"for anna", "and not what was meant for the second one"
    for count in (3, 4):
        first.send(b"more\n")
        frame = upstream.expect("payload", count=count)[-1]
        assert frame.mark == mark_of("anna")
        upstream.send(wire.answer(frame))
        assert first.receive_line() == b"more"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_command_for_a_mark_reaches_who_has_it_now(rig, upstream, workers):
    proxy = rig.proxy(upstream, listener=CLAIMED, workers=workers)
    clients = [proxy.client() for _ in range(4)]
    for client in clients:  # each takes the mark of the one before it, which was given another
        assert client.ask(b"login 4711") == b"login 4711"
        claimed = upstream.events("payload")[-1].mark
        assert claimed == mark_of("4711", "first_frame")
        if client is not clients[-1]:
            name = f"name {clients.index(client)}"
            upstream.send(wire.set_mark(claimed, name))
            upstream.expect("marked", mark=mark_of(name))
    upstream.send(wire.send(claimed, b"for the newest"))
    assert clients[-1].receive_line() == b"for the newest"
    for client in clients[:-1]:
        assert client.ask(b"still here") == b"still here"
        assert upstream.events("payload")[-1].mark == mark_of(f"name {clients.index(client)}")


def test_a_mark_may_come_back_and_the_last_word_counts(rig, upstream):
    proxy = rig.proxy(upstream, listener={"duplicates": "refuse", **CLAIMED})
    client = proxy.client()
    assert client.ask(b"login 4711") == b"login 4711"
    mark = upstream.events("opened")[0].mark
    for turn, key in enumerate(("anna", "berta", "anna"), start=1):
        upstream.send(wire.set_mark(mark, key))
        event = upstream.expect("marked", count=turn)[-1]
        mark = event.mark
        assert mark == mark_of(key)
    upstream.send(wire.set_mark(mark, "carla"), wire.set_mark(mark))
    event = upstream.expect("marked", count=4)[-1]
    assert (event.mark, event.marked.old_mark) == (mark, mark), "confirmed, and not replaced"
    upstream.send(wire.send(mark, b"newest", incarnation=event.marked.incarnation))
    assert client.receive_line() == b"newest"
    assert client.ask(b"more") == b"more"
    assert upstream.events("payload")[-1].mark == mark


def test_an_alias_that_was_taken_stays_with_who_has_it(rig, upstream):
    proxy = rig.proxy(upstream)
    first, second = proxy.client(), proxy.client()
    for turn, (client, keys) in enumerate(((first, ("anna", "berta")), (second, ("dora", "anna", "carla")))):
        assert client.ask(b"hello") == b"hello"
        mark = upstream.events("payload")[-1].mark
        for key in keys:
            upstream.send(wire.set_mark(mark, key))
            mark = upstream.expect("marked", mark=mark_of(key), count=1 + turn * (key == "anna"))[-1].mark
    first.reset()
    upstream.expect("closed", mark=mark_of("berta"))
    upstream.send(wire.send(mark_of("anna"), b"by an alias of both"))
    assert second.receive_line() == b"by an alias of both"


def test_a_rotation_finds_a_connection_under_its_new_mark(rig, upstream):
    proxy = rig.proxy(upstream, listener=CLAIMED)
    client = proxy.client()
    assert client.ask(b"login 4711") == b"login 4711"
    claimed = upstream.events("opened")[0].mark
    rotation = {"filter": {"state": "all"}, "spread_seconds": 9}
    assert proxy.admin.post("/v1/connections:rotate", rotation)["done"] == 1
    upstream.send(wire.set_mark(claimed, "anna"))
    upstream.expect("marked")
    other = proxy.client()
    assert other.ask(b"login 4711") == b"login 4711"
    assert client.receive_to_end() == b""
    assert proxy.ending_of(client)["reason"] == "ROTATED"
    assert other.ask(b"still here") == b"still here"


def test_what_was_sent_before_comes_under_the_old_mark(rig):
    upstream = rig.upstream(opening=[wire.welcome(acks=True)], answer=wire.acked_lifecycle)
    proxy = rig.proxy(upstream)
    client, other = proxy.client(), proxy.client()
    client.send(b"user anna\n")
    (frame,) = upstream.expect("payload")
    upstream.send(wire.set_mark(frame.mark, "nobody"), wire.set_mark(frame.mark, "anna"))
    other.send(b"user berta\n")
    of_other = upstream.expect("payload", count=2)[1]
    upstream.send(wire.set_mark(of_other.mark, "berta"), wire.answer(of_other))
    assert upstream.expect("marked")[0].mark == mark_of("berta"), "and ticks have gone by"
    client.send(b"more\n")
    upstream.send(wire.answer(frame))
    event = upstream.expect("payload", count=3)[2]
    assert (event.mark, event.payload) == (mark_of("anna"), b"more"), "the later one counts"
    assert upstream.events("marked")[1].marked.old_mark == frame.mark


@pytest.mark.parametrize(
    "key, reason",
    [
        ("", link.REFUSAL_INVALID),  # a random mark has no key to confirm
        ("two\nlines", link.REFUSAL_INVALID),
        ("k" * 256, link.REFUSAL_TOO_LARGE),
    ],
    ids=["nothing to confirm", "control characters", "too long"],
)
def test_what_cannot_be_a_key_is_refused(rig, upstream, key, reason):
    client = rig.proxy(upstream).client()
    assert client.ask(b"hello") == b"hello"
    mark = upstream.events("opened")[0].mark
    upstream.send(wire.set_mark(mark, key))
    assert refusal(upstream) == reason
    assert client.ask(b"more") == b"more"
    assert upstream.events("payload")[-1].mark == mark


def test_a_connection_has_only_so_many_marks(rig, upstream):
    client = rig.proxy(upstream).client()
    client.ask(b"hello")
    mark = upstream.events("opened")[0].mark
    for turn in range(1, 17):
        upstream.send(wire.set_mark(mark, f"name {turn}"))
        mark = upstream.expect("marked", count=turn)[-1].mark
    upstream.send(wire.set_mark(mark, "one more"))
    assert refusal(upstream) == link.REFUSAL_TOO_MANY
    assert client.ask(b"more") == b"more"


@pytest.mark.parametrize("acks", [False, True], ids=["without acks", "with acks"])
@pytest.mark.parametrize("dispatch", ["frame", "frame_ordered", "all"])
def test_all_upstreams_that_know_a_connection_are_told(rig, dispatch, acks):
    answer = wire.acking_echo if acks else wire.echo
    upstreams = [rig.upstream(opening=[wire.welcome(acks=acks)], answer=answer) for _ in range(2)]
    client = rig.proxy(*upstreams, pool={"dispatch": dispatch}).client()
    replies = 2 if dispatch == "all" else 1

    def ask(line):
        client.send(line + b"\n")
        assert [client.receive_line() for _ in range(replies)] == replies * [line]

    for turn in range(4):
        ask(b"before %d" % turn)
    old = upstreams[0].expect("opened")[0].mark
    assert upstreams[1].expect("opened")[0].mark == old
    upstreams[1].send(wire.set_mark(old, "anna"))
    for upstream in upstreams:
        (event,) = upstream.expect("marked")
        assert (event.mark, event.marked.old_mark) == (mark_of("anna"), old)
    for turn in range(4):
        ask(b"after %d" % turn)
    for upstream in upstreams:
        kinds = [event.WhichOneof("kind") for event in upstream.events(mark=mark_of("anna"))]
        assert kinds[0] == "marked" and set(kinds[1:]) == {"payload"}
        assert all(event.payload.startswith(b"before") for event in upstream.events("payload", old))
    upstreams[0].send(wire.send(old, b"by the alias"))
    assert client.receive_line() == b"by the alias"
    client.close()
    for upstream in upstreams:
        assert upstream.expect("closed")[0].mark == mark_of("anna")


def test_what_one_of_several_upstreams_has_not_acked_is_waited_for(rig):
    upstreams = [rig.upstream(opening=[wire.welcome(acks=True)], answer=wire.acked_lifecycle) for _ in range(2)]
    proxy = rig.proxy(*upstreams, pool={"dispatch": "frame"})
    client, other = proxy.client(), proxy.client()
    client.send(b"one\ntwo\n")
    frames = [upstream.expect("payload")[0] for upstream in upstreams]
    old = frames[0].mark
    upstreams[0].send(wire.set_mark(old, "anna"), wire.answer(frames[0]))
    assert client.receive_line() == frames[0].payload
    client.send(b"three\n")
    other.send(b"hello\n")

    def hello():
        return [(one, event) for one in upstreams for event in one.events("payload") if event.payload == b"hello"]

    eventually(hello, "the other one's frame")
    ((one, event),) = hello()
    one.send(wire.answer(event), wire.set_mark(event.mark, "berta"))
    assert one.expect("marked")[0].mark == mark_of("berta"), "and ticks have gone by"
    assert not any(upstream.events("marked", mark_of("anna")) for upstream in upstreams)
    upstreams[1].send(wire.answer(frames[1]))
    for upstream in upstreams:
        upstream.expect("marked", mark=mark_of("anna"))
    eventually(lambda: any(upstream.events("payload", mark_of("anna")) for upstream in upstreams), "the third frame")


def test_a_mark_is_of_one_connection_and_of_the_link_protocol(rig, upstream):
    client = rig.proxy(upstream).client()
    assert client.ask(b"hello") == b"hello"
    mark = upstream.events("opened")[0].mark
    upstream.send(wire.join(mark, "g"), link.Command(group="g", set_mark=link.SetMark(key="anna")))
    assert refusal(upstream) == link.REFUSAL_INVALID
    upstream.send(wire.set_mark(mark_of("nobody"), "anna"))
    assert refusal(upstream, count=2) == link.REFUSAL_NO_SUCH_MARK
