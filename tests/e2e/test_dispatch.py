"""Pools that do not pin connections: each frame goes to the next free upstream, or to all of them."""

import signal
import time

import pytest

from harness import wire
from harness.admin import Refused
from harness.books import assert_balanced
from harness.clock import eventually, scaled
from harness.wire import link

ACKS = [wire.welcome(acks=True)]


def acking(rig, answer=wire.acked_lifecycle):
    return rig.upstream(opening=ACKS, answer=answer)


def dispatching(rig, *upstreams, dispatch="frame", **pool):
    proxy = rig.proxy(*upstreams, pool={"dispatch": dispatch, **pool})
    proxy.wait_for_upstreams(len(upstreams))
    return proxy


def lines(*numbers):
    return b"".join(b"%d\n" % number for number in numbers)


def seqs(upstream, mark=None):
    return [event.seq for event in upstream.events("payload", mark)]


def kinds(upstream, mark):
    return [event.WhichOneof("kind") for event in upstream.events(mark=mark)]


def total(upstreams):
    return sum(len(upstream.events("payload")) for upstream in upstreams)


def wait_payloads(upstreams, count):
    eventually(lambda: total(upstreams) >= count, f"{count} frames")
    assert total(upstreams) == count


def wait_waiting(proxy, frames):
    eventually(lambda: proxy.total("frames_stranded") == frames, f"{frames} frames in the queue")


def answer_all(upstream, since=0):
    frames = upstream.events("payload")[since:]
    upstream.send(*[wire.answer(event) for event in frames])
    return frames


def test_frames_of_one_connection_go_to_each_upstream_in_turn(rig):
    upstreams = [acking(rig, wire.acking_echo) for _ in range(3)]
    proxy = dispatching(rig, *upstreams)
    client = proxy.client()
    for number in range(9):
        assert client.ask(b"%d" % number) == b"%d" % number
    assert sorted(len(upstream.events("payload")) for upstream in upstreams) == [3, 3, 3]
    mark = upstreams[0].events("payload")[0].mark
    for upstream in upstreams:
        # Told of the connection before its first frame, and of its end.
        assert kinds(upstream, mark)[:2] == ["opened", "payload"]
    client.reset()
    for upstream in upstreams:
        upstream.expect("closed")
        assert kinds(upstream, mark).count("opened") == kinds(upstream, mark).count("closed") == 1


def test_who_never_gets_a_frame_is_never_told(rig):
    upstreams = [acking(rig, wire.acking_echo) for _ in range(3)]
    proxy = dispatching(rig, *upstreams)
    client = proxy.client()
    client.ask(b"only one")
    client.reset()
    eventually(lambda: sum(len(upstream.events("closed")) for upstream in upstreams) >= 1, "Closed")
    for upstream in upstreams:
        assert len(upstream.events("opened")) == len(upstream.events("closed"))
    assert sum(len(upstream.events("opened")) for upstream in upstreams) <= 2  # its home, and this one


def test_the_next_free_worker_gets_the_frame(rig):
    busy, free = acking(rig), acking(rig)
    proxy = dispatching(rig, busy, free, max_in_flight=1)
    client = proxy.client()
    client.send(lines(1, 2, 3, 4, 5))
    wait_payloads([busy, free], 2)
    wait_waiting(proxy, 3)
    # One of them answers, the other is busy.
    for done in range(1, 4):
        free.send(wire.answer(free.expect("payload", done)[-1]))
        wait_payloads([busy, free], 2 + done)
    assert (len(seqs(busy)), len(seqs(free))) == (1, 4)
    assert_balanced(proxy.metrics())
    answer_all(busy)
    free.send(wire.answer(free.events("payload")[-1]))
    assert sorted(client.receive_line() for _ in range(5)) == [b"1", b"2", b"3", b"4", b"5"]
    wait_waiting(proxy, 0)


def test_connections_take_turns_in_the_queue(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, max_in_flight=1)
    many, few = proxy.clients(2)
    marks = [upstream.mark_of(client) for client in (many, few)]
    many.send(lines(*range(1, 21)))
    wait_waiting(proxy, 19)
    few.send(lines(1))
    wait_waiting(proxy, 20)
    for count in range(1, 4):
        upstream.send(wire.answer(upstream.expect("payload", count)[-1]))
    upstream.expect("payload", mark=marks[1])
    assert len(seqs(upstream, marks[0])) <= 3


def test_ordered_one_frame_of_a_connection_is_out_at_a_time(rig):
    upstreams = [acking(rig), acking(rig)]
    proxy = dispatching(rig, *upstreams, dispatch="frame_ordered")
    clients = proxy.clients(2)
    for client in clients:
        client.send(lines(1, 2, 3))
    wait_payloads(upstreams, 2)
    wait_waiting(proxy, 4)
    order = {}
    for expected in (2, 4, 6):
        eventually(lambda: total(upstreams) >= expected, f"{expected} frames")  # pylint: disable=cell-var-from-loop
        for upstream in upstreams:
            for event in upstream.events("payload"):
                if event.seq == len(order.setdefault(event.mark, [])) + 1:
                    order[event.mark].append(event.seq)
                    upstream.send(wire.answer(event))
    assert list(order.values()) == [[1, 2, 3], [1, 2, 3]]
    for client in clients:
        assert [client.receive_line() for _ in range(3)] == [b"1", b"2", b"3"]
    assert {len(seqs(upstream)) > 0 for upstream in upstreams} == {True}


def test_ordered_a_refused_frame_holds_its_own_connection_back(rig):
    upstreams = [acking(rig), acking(rig)]
    proxy = dispatching(rig, *upstreams, dispatch="frame_ordered")
    client = proxy.client()
    client.send(lines(1, 2))
    wait_payloads(upstreams, 1)
    (first,) = [upstream for upstream in upstreams if upstream.events("payload")]
    first.send(wire.nack(first.events("payload")[0].delivery, delay_ms=200))
    wait_payloads(upstreams, 2)
    again = max((event for upstream in upstreams for event in upstream.events("payload")), key=lambda event: event.attempt)
    assert (again.seq, again.attempt) == (1, 2)
    (holder,) = [upstream for upstream in upstreams if again in upstream.events("payload")]
    holder.send(wire.answer(again))
    wait_payloads(upstreams, 3)
    for upstream in upstreams:
        upstream.send(*[wire.answer(event) for event in upstream.events("payload") if event.seq == 2])
    assert [client.receive_line(), client.receive_line()] == [b"1", b"2"]


def test_all_upstreams_get_every_frame_and_all_connections(rig):
    upstreams = [acking(rig), acking(rig), acking(rig)]
    proxy = dispatching(rig, *upstreams, dispatch="all")
    client = proxy.client()
    for upstream in upstreams:
        upstream.expect("opened")  # before it says anything
    client.send(lines(1, 2))
    for upstream in upstreams:
        assert [event.payload for event in upstream.expect("payload", 2)] == [b"1", b"2"]
        answer_all(upstream)
    assert sorted(client.receive_line() for _ in range(6)) == [b"1"] * 3 + [b"2"] * 3
    assert proxy.total("frames_copied_total") == 4
    assert_balanced(proxy.metrics())
    client.end_writing()
    for upstream in upstreams:
        mark = upstream.expect("half_closed")[0].mark
        upstream.send(wire.half_close(mark))
    assert client.receive_to_end() == b"", "once all of them have ended"
    for upstream in upstreams:
        upstream.expect("closed")


def test_one_upstream_alone_does_not_end_what_others_still_answer(rig):
    upstreams = [acking(rig), acking(rig)]
    proxy = dispatching(rig, *upstreams, dispatch="all")
    client = proxy.client()
    client.send(lines(1))
    client.end_writing()
    quick, slow = upstreams
    quick.send(wire.half_close(quick.expect("half_closed")[0].mark))
    slow.expect("half_closed")
    answer_all(slow)
    assert client.receive_line() == b"1"
    slow.send(wire.half_close(slow.events("half_closed")[0].mark))
    assert client.receive_to_end() == b""


def test_a_copy_that_is_lost_is_no_loss_while_another_upstream_has_one(rig):
    lost, left = acking(rig), acking(rig)
    proxy = dispatching(rig, lost, left, dispatch="all")
    client = proxy.client()
    client.send(lines(1, 2, 3))
    left.expect("payload", 3)
    lost.expect("payload", 3)
    lost.stop()
    eventually(lambda: proxy.total("frames_copies_dropped_total") == 3, "the copies to be dropped")
    assert_balanced(proxy.metrics())
    answer_all(left)
    assert [client.receive_line() for _ in range(3)] == [b"1", b"2", b"3"]
    assert seqs(left) == [1, 2, 3]


def test_the_last_copy_comes_again(rig):
    first = acking(rig)
    proxy = dispatching(rig, first, dispatch="all")
    client = proxy.client()
    client.send(lines(1, 2))
    first.expect("payload", 2)
    second = acking(rig)
    proxy.admin.add(second.address)
    second.expect("opened")
    client.send(lines(3))
    second.expect("payload")
    first.stop()
    frames = second.expect("payload", 3)
    assert sorted((event.seq, max(1, event.attempt)) for event in frames) == [(1, 2), (2, 2), (3, 1)]


@pytest.mark.parametrize("dispatch", ["frame", "frame_ordered"])
def test_a_lost_upstreams_frames_go_to_the_others_flagged(rig, dispatch):
    upstreams = [acking(rig), acking(rig)]
    proxy = dispatching(rig, *upstreams, dispatch=dispatch)
    clients = proxy.clients(4)
    for client in clients:
        client.send(lines(1, 2))
    wait_payloads(upstreams, 8 if dispatch == "frame" else 4)
    lost, left = upstreams
    mine = {(event.mark, event.seq) for event in lost.events("payload")}
    lost.stop()
    eventually(lambda: mine <= {(event.mark, event.seq) for event in left.events("payload")}, "its frames")
    for event in left.events("payload"):
        assert (max(1, event.attempt) > 1) == ((event.mark, event.seq) in mine)
    answered = 0
    while answered < 8:
        left.expect("payload", answered + 1)
        answered += len(answer_all(left, answered))
    for client in clients:
        assert sorted(client.receive_line() for _ in range(2)) == [b"1", b"2"]
    assert_balanced(proxy.metrics())


def test_frames_wait_while_nobody_is_there_and_the_set_may_change(rig):
    first = acking(rig)
    proxy = dispatching(rig, first, max_in_flight=2)
    client = proxy.client()
    client.send(lines(1, 2, 3, 4, 5))
    first.expect("payload", 2)
    first.stop()
    wait_waiting(proxy, 5)
    second, third = acking(rig, wire.acking_echo), acking(rig, wire.acking_echo)
    proxy.admin.add(second.address)
    proxy.admin.add(third.address)
    assert sorted(client.receive_line() for _ in range(5)) == [b"1", b"2", b"3", b"4", b"5"]
    assert_balanced(proxy.metrics())


def test_an_upstream_that_drains_gets_no_more_frames_and_no_client_notices(rig):
    leaving, staying = acking(rig), acking(rig, wire.acking_echo)
    proxy = dispatching(rig, leaving, staying)
    clients = proxy.clients(4)
    for client in clients:
        client.send(lines(1, 2))
    wait_payloads([leaving, staying], 8)
    proxy.admin.set(leaving.address, admin_state="drain")
    for mark in {event.mark for event in leaving.events("opened")}:
        assert leaving.expect("closed", mark=mark)[0].closed.reason == link.CLOSE_REASON_MOVED
    before = len(leaving.events("payload"))
    for client in clients:
        client.send(lines(3))
    answer_all(leaving)
    for client in clients:
        assert sorted(client.receive_line() for _ in range(3)) == [b"1", b"2", b"3"]
    assert len(leaving.events("payload")) == before


def test_a_refused_frame_does_not_hold_others_back(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream)
    client = proxy.client()
    client.send(lines(1))
    upstream.send(wire.nack(upstream.expect("payload")[0].delivery, delay_ms=300))
    client.send(lines(2))
    upstream.send(wire.answer(upstream.expect("payload", 2)[1]))
    assert client.receive_line() == b"2"
    again = upstream.expect("payload", 3)[2]
    assert (again.seq, again.attempt) == (1, 2)
    upstream.send(wire.answer(again))
    assert client.receive_line() == b"1"


def test_each_refused_frame_has_its_own_time(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream)
    client = proxy.client()
    client.send(lines(1, 2))
    first, second = upstream.expect("payload", 2)
    upstream.send(wire.nack(first.delivery, delay_ms=600_000), wire.nack(second.delivery))
    again = upstream.expect("payload", 3)[2]
    assert (again.seq, again.attempt) == (2, 2)
    upstream.send(wire.answer(again))
    assert client.receive_line() == b"2"


def test_a_client_is_read_while_a_refused_frame_waits(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, max_in_flight=1)
    client = proxy.client()
    client.send(lines(1, 2))
    upstream.send(wire.nack(upstream.expect("payload")[0].delivery, delay_ms=600_000))
    upstream.send(wire.answer(upstream.expect("payload", 2)[1]))
    assert client.receive_line() == b"2"
    client.send(lines(3))
    upstream.send(wire.answer(upstream.expect("payload", 3)[2]))
    assert client.receive_line() == b"3"


@pytest.mark.parametrize("dispatch", ["frame", "frame_ordered"])
def test_the_end_of_a_client_waits_for_its_refused_frame(rig, dispatch):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, dispatch=dispatch)
    client = proxy.client()
    client.send(lines(1))
    frame = upstream.expect("payload")[0]
    upstream.send(wire.nack(frame.delivery, delay_ms=500))
    wait_waiting(proxy, 1)
    client.end_writing()
    upstream.send(wire.answer(upstream.expect("payload", 2)[1]))
    upstream.expect("half_closed")
    assert kinds(upstream, frame.mark) == ["opened", "payload", "payload", "half_closed"]
    upstream.send(wire.half_close(frame.mark))
    assert client.receive_to_end() == b"1\n"


def test_ordered_a_connection_goes_on_behind_a_frame_that_is_given_up(rig):
    first = acking(rig)
    proxy = dispatching(rig, first, dispatch="frame_ordered", max_attempts=1)
    client = proxy.client()
    client.send(lines(1, 2))
    first.expect("payload")
    first.stop()
    second = acking(rig, wire.acking_echo)
    proxy.admin.add(second.address)
    assert client.receive_line() == b"2"
    assert proxy.total("frames_given_up_total") == 1
    assert_balanced(proxy.metrics())


def test_a_frame_too_large_for_one_of_all_ends_its_own_connection_alone(rig):
    small = rig.upstream(opening=[wire.welcome(acks=True, max_message=4096)], answer=wire.acked_lifecycle)
    large = acking(rig, wire.acking_echo)
    proxy = dispatching(rig, small, large, dispatch="all")
    clients = proxy.clients(2)
    clients[0].send(b"x" * 10_000 + b"\n")
    assert proxy.ending_of(clients[0])["reason"] == "FRAME_TOO_LARGE"
    assert clients[1].ask(b"well") == b"well"


def test_a_proxy_that_stops_delivers_what_clients_left_behind(rig):
    upstream = acking(rig, wire.acking_echo)
    proxy = dispatching(rig, upstream, dispatch="frame_ordered")
    client = proxy.client()
    client.ask(b"hello")
    upstream.pause()
    client.send(lines(*range(2, 22)))
    eventually(lambda: proxy.total("downstream_frames_total", direction="up") == 21, "the frames to be read")
    client.reset()
    eventually(lambda: proxy.total("downstream_connections") == 0, "the client to be gone")
    proxy.process.signal(signal.SIGTERM)
    upstream.resume()
    assert proxy.process.wait_exit() == 0
    assert sorted(set(seqs(upstream))) == list(range(1, 22))


def test_frames_of_a_client_that_has_ended_are_still_delivered(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, max_in_flight=1)
    client = proxy.client()
    client.send(lines(1, 2, 3))
    frame = upstream.expect("payload")[0]
    wait_waiting(proxy, 2)
    client.reset()
    for count in (2, 3):
        upstream.send(wire.ack(also=[frame.delivery]))
        frame = upstream.expect("payload", count)[-1]
    upstream.send(wire.ack(also=[frame.delivery]))
    upstream.expect("closed")
    assert kinds(upstream, frame.mark) == ["opened", "payload", "payload", "payload", "closed"]


def test_how_a_pool_dispatches_takes_a_restart(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream)
    with pytest.raises(Refused) as refused:
        proxy.admin.call("PATCH", "/v1/config", {"set": {"pools[default].dispatch": "all"}, "persist": False})
    assert "pools[default].dispatch: only a restart changes it" in str(refused.value.body)


def test_an_upstream_that_does_not_ack_gets_frames_in_turn_too(rig):
    stubs = rig.stubs(2, "--reply", "template:{id}", "--no-acks")
    proxy = dispatching(rig, *stubs)
    client = proxy.client()
    answers = [client.ask(b"x") for _ in range(4)]
    assert len(set(answers)) == 2 and answers[:2] == answers[2:]


# --- work queues ---


def in_time(milliseconds):
    """A reply_timeout in which a test can answer."""
    return f"{scaled(milliseconds):g}ms"


def test_a_frame_without_an_answer_is_answered_for_its_upstream_and_taken_away(rig):
    hung, well = acking(rig), acking(rig, wire.acking_echo)
    proxy = dispatching(rig, hung, reply_timeout="300ms", timeout_reply="sorry")
    client = proxy.client()
    client.send(lines(1))
    late = hung.expect("payload")[0]
    assert client.receive_line() == b"sorry"
    metrics = proxy.metrics()
    assert metrics.total("reply_timeouts_total") == 1
    assert metrics.total("frames_discarded_total", reason="unanswered") == 1
    assert_balanced(metrics)
    # Its answer comes after all, and is refused; it may go on with the next frame.
    proxy.admin.add(well.address)
    hung.send(wire.answer(late, b"at last"))
    assert hung.expect("undeliverable")[0].undeliverable.reason == link.REFUSAL_ALREADY_ANSWERED
    client.send(lines(2))
    hung.send(*[wire.answer(event) for event in hung.events("payload")[1:]])
    assert client.receive_line() in (b"2", b"sorry")


def test_one_that_hangs_is_found_though_its_frames_are_taken_away(rig):
    stub = rig.stub()
    proxy = dispatching(rig, stub, reply_timeout="200ms", timeout_reply="sorry", progress_timeout="1s")
    client = proxy.client()
    assert client.ask(b"well") == b"well"
    stub.process.signal(signal.SIGSTOP)
    asked = 0.0

    def lost():
        """A frame now and then, each written, unanswered and taken away before the next."""
        nonlocal asked
        if time.monotonic() - asked > 0.6:
            client.send(b"hello\n")
            asked = time.monotonic()
        return proxy.log("upstream_lost")

    eventually(lost, "the loss of the link")
    stub.process.signal(signal.SIGCONT)
    proxy.wait_for_upstreams(1)
    eventually(lambda: client.ask(b"again") == b"again", "an answer")


@pytest.mark.parametrize("dispatch", ["connection", "frame", "frame_ordered"])
def test_frames_that_wait_for_an_upstream_time_out_too(rig, dispatch):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, dispatch=dispatch, reply_timeout=in_time(300), timeout_reply="sorry", max_in_flight=1)
    client = proxy.client()
    client.send(lines(1, 2, 3))
    upstream.expect("payload")
    upstream.stop()
    assert [client.receive_line() for _ in range(3)] == [b"sorry"] * 3
    eventually(lambda: proxy.total("frames_stranded") == proxy.total("link_outstanding_frames") == 0, "nothing to wait")
    assert_balanced(proxy.metrics())


def test_ordered_the_next_frame_goes_out_when_one_times_out(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, dispatch="frame_ordered", reply_timeout=in_time(300), timeout_reply="sorry")
    client = proxy.client()
    client.send(lines(1))
    upstream.expect("payload")
    client.send(lines(2))
    assert client.receive_line() == b"sorry"
    if 2 in seqs(upstream):  # unless it had waited too long as well
        assert seqs(upstream) == [1, 2]


def test_ordered_a_refused_frame_that_times_out_holds_nobody_back(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, dispatch="frame_ordered", reply_timeout=in_time(300), timeout_reply="sorry")
    client = proxy.client()
    client.send(lines(1))
    upstream.send(wire.nack(upstream.expect("payload")[0].delivery, delay_ms=600_000))
    assert client.receive_line() == b"sorry"
    client.send(lines(2))
    upstream.send(wire.answer(upstream.expect("payload", 2)[1]))
    assert client.receive_line() == b"2"


def test_an_ack_is_enough_where_nothing_is_to_be_said(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, reply_timeout=in_time(300), timeout_reply="sorry")
    client = proxy.client()
    client.send(lines(1))
    upstream.send(wire.ack(also=[upstream.expect("payload")[0].delivery]))
    eventually(lambda: proxy.total("link_outstanding_frames") == 0, "the ack")
    client.send(lines(2))
    assert client.receive_line() == b"sorry"
    assert proxy.total("reply_timeouts_total") == 1, "not for the first"


def test_without_a_timeout_reply_the_client_gets_nothing(rig):
    upstream = acking(rig)
    proxy = dispatching(rig, upstream, reply_timeout=in_time(200))
    client = proxy.client()
    client.send(lines(1))
    eventually(lambda: proxy.total("reply_timeouts_total") == 1, "the timeout")
    upstream.send(wire.send(upstream.events("payload")[0].mark, b"unasked"))
    assert client.receive_line() == b"unasked"


def test_answers_of_upstreams_that_do_not_ack_are_paired_with_their_frames(rig):
    upstream = rig.upstream()
    proxy = dispatching(
        rig, upstream, max_in_flight=1, pair_replies=True, reply_timeout=in_time(500), timeout_reply="sorry"
    )
    client = proxy.client()
    client.send(lines(1, 2))
    mark = upstream.expect("payload")[0].mark
    wait_waiting(proxy, 1)  # written, and not answered
    upstream.send(wire.send(mark, b"one"))
    upstream.expect("payload", 2)
    assert client.receive_line() == b"one"
    assert client.receive_line() == b"sorry"
    client.send(lines(3))
    upstream.expect("payload", 3)
    upstream.send(wire.send(mark, b"two, late"), wire.send(mark, b"three"))
    assert client.receive_line() == b"three"
    assert_balanced(proxy.metrics())


def test_an_answer_that_names_its_frame_needs_no_pairing(rig):
    upstream = rig.upstream()
    proxy = dispatching(rig, upstream, dispatch="connection", reply_timeout=in_time(400), timeout_reply="sorry")
    client = proxy.client()
    client.send(lines(1))
    first = upstream.expect("payload")[0]
    assert client.receive_line() == b"sorry"
    client.send(lines(2))
    second = upstream.expect("payload", 2)[1]
    upstream.send(wire.send(first.mark, b"late", reply_to=first.seq), wire.send(first.mark, b"two", reply_to=second.seq))
    assert client.receive_line() == b"two"
    assert upstream.expect("undeliverable")[0].undeliverable.reason == link.REFUSAL_ALREADY_ANSWERED
    assert proxy.total("reply_timeouts_total") == 1


def test_unanswered_frames_of_a_lost_upstream_that_does_not_ack_time_out(rig):
    first, second = rig.upstream(), rig.upstream()
    proxy = dispatching(rig, first, dispatch="connection", reply_timeout=in_time(700), timeout_reply="sorry")
    client = proxy.client()
    client.send(lines(1))
    first.expect("payload")
    eventually(lambda: proxy.total("frames_sent_total") == 1, "the write to settle")
    first.stop()
    proxy.admin.add(second.address)
    assert client.receive_line() == b"sorry"
    assert proxy.total("reply_timeouts_total") == 1
