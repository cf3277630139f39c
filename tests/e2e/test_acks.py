"""An upstream that acks: what it has not acked is kept, and goes to another one when it is lost."""

import signal

import pytest

from harness import wire
from harness.books import assert_balanced
from harness.clock import eventually, scaled
from harness.wire import link

CLEAN = ("mismatched", "lost", "late", "duplicates", "connect_errors", "disconnects")
ACKS = [wire.welcome(acks=True)]


def acking(rig, answer=wire.acked_lifecycle, **script):
    """An upstream that acks events, but for frames, which the test answers."""
    return rig.upstream(opening=ACKS, answer=answer, **script)


def pair(rig, welcome=None, **settings):
    """A proxy, its client, the upstream that serves it and another one."""
    opening = [wire.welcome(acks=True, **(welcome or {}))]
    upstreams = [rig.upstream(opening=opening, answer=wire.acked_lifecycle) for _ in range(2)]
    proxy = rig.proxy(*upstreams, **settings)
    client = proxy.client()

    def owner():
        for this, other in (upstreams, reversed(upstreams)):
            if this.events("opened"):
                return this, other
        return None

    first, second = eventually(owner, "Opened")
    return proxy, client, first, second


def seqs_and_attempts(upstream):
    return [(event.seq, max(1, event.attempt)) for event in upstream.events("payload")]


def wait_outstanding(proxy, frames):
    eventually(lambda: proxy.total("link_outstanding_frames") == frames, f"{frames} frames outstanding")


def test_what_is_not_acked_comes_again_elsewhere_flagged_and_in_order(rig):
    proxy, client, first, second = pair(rig)
    client.send(b"one\ntwo\nthree\nfour\n")
    frames = first.expect("payload", 4)
    first.send(wire.ack(through=frames[0].delivery, also=[frames[2].delivery]))
    wait_outstanding(proxy, 2)
    first.stop()

    again = second.expect("payload", 2)
    assert [(event.seq, event.payload, event.attempt) for event in again] == [(2, b"two", 2), (4, b"four", 2)]
    opened = second.events("opened")[0].opened
    assert (opened.resumed, opened.last_acked_seq, opened.next_seq) == (True, 1, 5)
    second.send(*[wire.answer(event) for event in again])
    assert [client.receive_line(), client.receive_line()] == [b"two", b"four"]
    wait_outstanding(proxy, 0)
    metrics = proxy.metrics()
    assert metrics.total("frames_redelivered_total") == 2
    assert metrics.total("frames_sent_total") == 4, "each frame once"


def test_every_event_of_a_client_is_numbered_without_a_gap(rig):
    upstream = acking(rig)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.send(b"hello\n")
    frame = upstream.expect("payload")[0]
    upstream.send(wire.answer(frame))
    client.end_writing()
    upstream.expect("half_closed")
    upstream.send(wire.half_close(frame.mark))
    upstream.expect("closed")
    numbered = [event for event in upstream.events() if event.delivery]
    assert [event.WhichOneof("kind") for event in numbered] == ["opened", "payload", "half_closed", "closed"]
    first = numbered[0].delivery
    assert [event.delivery for event in numbered] == list(range(first, first + 4))


def test_an_answer_is_an_ack(rig):
    proxy, client, first, second = pair(rig)
    client.send(b"one\n")
    first.send(wire.answer(first.expect("payload")[0], b"done"))
    assert client.receive_line() == b"done"
    wait_outstanding(proxy, 0)
    first.stop()
    second.expect("opened")
    client.send(b"two\n")
    assert [event.payload for event in second.expect("payload")] == [b"two"]


def test_a_frame_is_answered_once(rig):
    proxy, client, first, _ = pair(rig)
    client.send(b"one\n")
    frame = first.expect("payload")[0]
    first.send(wire.answer(frame, b"first"), wire.answer(frame, b"second"))
    refusal = first.expect("undeliverable")[0].undeliverable
    assert (refusal.reason, refusal.reply_to) == (link.REFUSAL_ALREADY_ANSWERED, frame.delivery)
    first.send(wire.send(frame.mark, b"unasked"))
    assert [client.receive_line(), client.receive_line()] == [b"first", b"unasked"]
    assert proxy.total("commands_refused_total", reason="ALREADY_ANSWERED") == 1


def test_an_answer_to_a_frame_of_somebody_else_is_refused(rig):
    upstream = acking(rig)
    proxy = rig.proxy(upstream)
    clients = proxy.clients(2)
    marks = [upstream.mark_of(client) for client in clients]
    clients[0].send(b"mine\n")
    frame = upstream.expect("payload")[0]
    upstream.send(wire.send(marks[1], b"stolen", reply_to=frame.delivery))
    assert upstream.expect("undeliverable")[0].undeliverable.reason == link.REFUSAL_NOT_REACHABLE
    upstream.send(wire.answer(frame))
    assert clients[0].receive_line() == b"mine"
    assert clients[1].is_silent()


@pytest.mark.parametrize(
    "target", [{"name": "ann"}, {"group": "lobby"}, {"broadcast": link.Broadcast(scope=link.Broadcast.SCOPE_ALL)}]
)
def test_only_a_send_to_a_mark_is_an_answer(rig, target):
    upstream = acking(rig)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.send(b"one\n")
    frame = upstream.expect("payload")[0]
    upstream.send(wire.bind(frame.mark, "ann"), wire.join(frame.mark, "lobby"))
    for _ in range(2):
        upstream.send(link.Command(**target, send=link.Send(payload=b"hi", reply_to=frame.delivery)))
        assert client.receive_line() == b"hi"
    assert proxy.total("link_outstanding_frames") == 1
    upstream.send(wire.answer(frame))
    assert client.receive_line() == b"one"
    wait_outstanding(proxy, 0)


@pytest.mark.parametrize("command", ["ack", "also", "nack", "answer"])
def test_naming_what_was_never_sent_loses_the_link_and_nobody(rig, command):
    proxy, client, first, second = pair(rig)
    client.send(b"one\n")
    frame = first.expect("payload")[0]
    never = frame.delivery + 1_000_000
    first.send(
        {
            "ack": wire.ack(through=never),
            "also": wire.ack(also=[never]),
            "nack": wire.nack(never),
            "answer": wire.send(frame.mark, b"x", reply_to=never),
        }[command]
    )
    lost = proxy.wait_for_log("upstream_lost", address=first.address)
    assert f"named delivery {never}, which was never sent" in lost["why"]
    again = second.expect("payload")[0]
    assert (again.seq, again.attempt) == (1, 2)
    second.send(wire.answer(again))
    assert client.receive_line() == b"one"


def test_acks_that_come_twice_are_passed_over(rig):
    proxy, client, first, _ = pair(rig)
    client.send(b"one\ntwo\n")
    frames = first.expect("payload", 2)
    for _ in range(3):
        first.send(wire.ack(through=frames[1].delivery), wire.ack(also=[frames[0].delivery]))
    wait_outstanding(proxy, 0)
    first.send(wire.nack(frames[0].delivery))
    first.send(wire.send(frames[0].mark, b"still here"))
    assert client.receive_line() == b"still here"
    assert proxy.total("link_lost_total") == 0


def test_a_hundred_thousand_commands_in_one_message_are_carried_out(rig):
    proxy, client, first, _ = pair(rig)
    client.send(b"one\n")
    frame = first.expect("payload")[0]
    first.send(*[wire.ack()] * 100_000, wire.send(frame.mark, b"done"))
    assert client.receive_line() == b"done"
    assert proxy.total("link_lost_total") == 0


def test_one_that_never_acks_stops_its_own_clients_and_is_given_up(rig):
    silent, good = acking(rig, answer=wire.pongs), acking(rig, answer=wire.acking_echo)
    proxy = rig.proxy(silent, good, pool={"window_events": 10, "progress_timeout": "3s"})
    clients = proxy.clients(2)
    elsewhere = {event.opened.peer for event in good.expect("opened")}
    (stuck,) = [client for client in clients if client.address not in elsewhere]
    (other,) = [client for client in clients if client is not stuck]
    stuck.send(b"".join(b"%d\n" % number for number in range(100)))
    silent.expect("payload", 5)
    assert other.ask(b"hello") == b"hello"

    proxy.wait_for_log("upstream_lost", address=silent.address)
    assert [stuck.receive_line() for _ in range(100)] == [b"%d" % number for number in range(100)]
    numbers = [event.seq for event in good.events("payload", silent.mark_of(stuck))]
    assert numbers == list(range(1, 101))
    assert proxy.total("downstream_connections_closed_total") == 0


def test_the_frames_of_a_client_that_is_gone_are_kept_too(rig):
    proxy, client, first, second = pair(rig)
    client.send(b"last words\n")
    frame = first.expect("payload")[0]
    client.reset()
    first.expect("closed")
    first.stop()
    second.expect("closed")
    events = second.events(mark=frame.mark)
    assert [event.WhichOneof("kind") for event in events] == ["opened", "payload", "closed"]
    assert (events[1].payload, events[1].attempt) == (b"last words", 2)
    second.send(wire.answer(events[1]))
    wait_outstanding(proxy, 0)


def test_a_refused_frame_comes_again_with_those_behind_it(rig):
    proxy, client, first, _ = pair(rig)
    client.send(b"one\ntwo\nthree\n")
    frames = first.expect("payload", 3)
    first.send(wire.answer(frames[0]), wire.nack(frames[1].delivery, delay_ms=100))
    first.expect("payload", 5)
    assert seqs_and_attempts(first) == [(1, 1), (2, 1), (3, 1), (2, 2), (3, 2)]
    client.send(b"four\n")
    first.expect("payload", 6)
    assert seqs_and_attempts(first)[-1] == (4, 1)
    first.send(wire.answer(frames[2]))  # it was taken back
    assert first.expect("undeliverable")[0].undeliverable.reason == link.REFUSAL_ALREADY_ANSWERED
    first.send(*[wire.answer(event) for event in first.events("payload")[3:]])
    assert [client.receive_line() for _ in range(4)] == [b"one", b"two", b"three", b"four"]
    wait_outstanding(proxy, 0)


def answered_to_the_end(upstream, count):
    """The seqs that came, in order, each frame answered as it comes, until `count` came."""
    answered = 0
    while answered < count:
        frames = upstream.expect("payload", answered + 1)
        upstream.send(*[wire.answer(frame) for frame in frames[answered:]])
        answered = len(frames)
    return [frame.seq for frame in upstream.events("payload")]


def test_what_comes_again_keeps_to_the_window(rig):
    proxy, client, first, second = pair(rig, welcome={"window_events": 3})
    client.send(b"".join(b"%d\n" % number for number in range(1, 9)))
    first.expect("payload", 8)
    first.stop()
    second.expect("payload", 3)
    eventually(lambda: proxy.total("frames_stranded") == 5, "frames that wait for room")
    assert proxy.total("link_outstanding_frames") == 3
    client.send(b"9\n")
    assert answered_to_the_end(second, 9) == [*range(1, 10)]
    assert [client.receive_line() for _ in range(9)] == [b"%d" % number for number in range(1, 10)]
    wait_outstanding(proxy, 0)
    assert_balanced(proxy.metrics())


def test_refused_frames_and_those_without_room_keep_their_order(rig):
    proxy, client, first, second = pair(rig, welcome={"window_events": 3})
    client.send(b"".join(b"%d\n" % number for number in range(1, 8)))
    first.send(wire.nack(first.expect("payload", 7)[4].delivery, delay_ms=1000))
    wait_outstanding(proxy, 4)
    first.stop()
    refused = second.expect("payload", 3)[1]
    second.send(wire.nack(refused.delivery))
    eventually(lambda: proxy.total("link_outstanding_frames") == 1, "two frames to be taken back")
    assert answered_to_the_end(second, 9) == [1, 2, 3, 2, 3, 4, 5, 6, 7]
    wait_outstanding(proxy, 0)
    assert_balanced(proxy.metrics())


def test_a_connection_is_not_read_while_a_refused_frame_waits(rig):
    proxy, client, first, second = pair(rig)
    client.send(b"one\n")
    first.send(wire.nack(first.expect("payload")[0].delivery, delay_ms=10**15))
    eventually(lambda: proxy.total("link_outstanding_frames") == 0, "the frame to be taken back")
    client.send(b"two\n")
    bystander = proxy.client()
    served = second if bystander.address in {e.opened.peer for e in second.expect("opened")} else first
    bystander.send(b"hello\n")
    frame = eventually(lambda: [e for e in served.events("payload") if e.payload == b"hello"], "hello")[0]
    served.send(wire.answer(frame))
    assert bystander.receive_line() == b"hello"
    assert [event.payload for event in first.events("payload", first.mark_of(client))] == [b"one"]

    first.stop()  # a lost link does not shorten the wait, a client's end does
    mark = first.events("opened")[0].mark
    second.expect("opened", mark=mark)
    client.reset()
    second.expect("closed", mark=mark)
    events = second.events(mark=mark)
    assert [event.WhichOneof("kind") for event in events] == ["opened", "payload", "closed"]
    assert (events[1].payload, events[1].attempt) == (b"one", 2)


def test_a_frame_that_is_given_up_leaves_a_gap(rig):
    proxy, client, first, _ = pair(rig)
    client.send(b"poison\nfine\n")
    frames = first.expect("payload", 2)
    first.send(wire.nack(frames[0].delivery, give_up=True))
    gap = first.expect("gap")[0]
    assert (gap.mark, gap.gap.seq, gap.gap.reason) == (frames[0].mark, 1, "given_up")
    first.send(wire.answer(frames[1]))
    assert client.receive_line() == b"fine"
    wait_outstanding(proxy, 0)
    assert proxy.total("frames_given_up_total") == 1


def test_a_frame_is_tried_max_attempts_times(rig):
    proxy, client, first, _ = pair(rig, pool={"max_attempts": 3})
    client.send(b"poison\n")
    for attempt in range(1, 4):
        frame = first.expect("payload", attempt)[-1]
        assert max(1, frame.attempt) == attempt
        first.send(wire.nack(frame.delivery))
    gap = first.expect("gap")[0].gap
    assert (gap.seq, gap.reason) == (1, "max_attempts")
    assert len(first.events("payload")) == 3
    wait_outstanding(proxy, 0)
    client.send(b"fine\n")
    first.send(wire.answer(first.expect("payload", 4)[-1]))
    assert client.receive_line() == b"fine"


def test_a_move_does_not_leave_unacked_frames_behind(rig):
    proxy, client, first, second = pair(rig, pool={"leave_timeout": "300ms"})
    client.send(b"one\n")
    frame = first.expect("payload")[0]
    first.send(link.Command(drain=link.Drain()))
    again = second.expect("payload")[0]
    assert (again.seq, again.attempt) == (1, 2)
    assert first.expect("closed")[0].closed.reason == link.CLOSE_REASON_MOVED
    first.send(wire.answer(frame, b"late"))
    assert first.expect("undeliverable")[0].undeliverable.reason == link.REFUSAL_ALREADY_ANSWERED
    client.send(b"two\n")
    second.send(*[wire.answer(event) for event in second.expect("payload", 2)])
    assert [client.receive_line(), client.receive_line()] == [b"one", b"two"]


def test_all_upstreams_gone_and_everything_comes_in_order_afterwards(rig):
    upstream = acking(rig)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.send(b"one\ntwo\n")
    upstream.expect("payload", 2)
    upstream.stop()
    proxy.wait_for_log("upstream_lost")
    client.send(b"three\n")
    again = acking(rig, answer=wire.acking_echo, address=upstream.address)
    assert [client.receive_line() for _ in range(3)] == [b"one", b"two", b"three"]
    assert seqs_and_attempts(again) == [(1, 2), (2, 2), (3, 1)]


@pytest.mark.parametrize("in_flight", [1, 4])
def test_killed_upstreams_cost_no_frame_and_no_answer(rig, in_flight):
    stubs = rig.stubs(3)
    proxy = rig.proxy(*stubs)
    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 100, "--in-flight", in_flight, "--payload", "64-1024"),
        *("--warmup", "500ms", "--duration", "4s", "--reply-timeout", "20s"),
    )
    load.wait_measuring()
    for number in range(6):
        stub = stubs[number % 3]
        lost = proxy.total("link_lost_total", upstream=stub.address)
        stub.kill()
        proxy.wait_for_total("link_lost_total", at_least=lost + 1, upstream=stub.address)
        stub.restart()
        proxy.wait_for_upstreams(3)
    code, summary = load.result()
    assert code == 0, summary
    assert {name: summary[name] for name in CLEAN} == dict.fromkeys(CLEAN, 0)
    metrics = proxy.metrics()
    assert metrics.total("frames_discarded_total") == 0
    assert metrics.total("link_lost_total") >= 6


def test_a_stopped_upstream_is_noticed_though_its_writes_go_out(rig):
    stubs = rig.stubs(2)
    proxy = rig.proxy(*stubs, pool={"progress_timeout": "1s"})
    clients = proxy.clients(2)
    for client in clients:
        assert client.ask(b"hello") == b"hello"
    stubs[0].process.signal(signal.SIGSTOP)
    sent = []

    def noticed():
        """After a frame more of each: the transport would take them for minutes."""
        sent.append(b"%d" % len(sent))
        for client in clients:
            client.send(sent[-1] + b"\n")
        return proxy.log("upstream_lost", address=stubs[0].address)

    eventually(noticed, "the loss of an upstream that acks nothing", within=5)
    for client in clients:
        assert [client.receive_line() for _ in sent] == sent


def test_sigterm_waits_for_acks_and_no_longer(rig):
    upstream = acking(rig)
    proxy = rig.proxy(upstream, drain={"timeout": "20s", "quiet": "15s"})
    client = proxy.client()
    client.send(b"one\n")
    frame = upstream.expect("payload")[0]
    proxy.process.signal(signal.SIGTERM)
    proxy.wait_for_log("draining")
    upstream.send(wire.answer(frame))
    assert client.receive_line() == b"one"
    assert client.receive_to_end() == b""
    assert proxy.process.wait_exit(within=scaled(10)) == 0


def test_a_poisoned_frame_takes_nobody_with_it(rig):
    proxy, client, first, _ = pair(rig, pool={"max_attempts": 3})
    client.send(b"poison\nfine\n")
    poison = first.expect("payload", 2)[0]
    for attempt in range(1, 4):
        first.send(wire.nack(poison.delivery))
        if attempt < 3:
            poison = first.expect("payload", 2 * attempt + 2)[-2]
            assert (poison.seq, poison.attempt) == (1, attempt + 1)
    assert first.expect("gap")[0].gap.seq == 1
    fine = first.events("payload")[-1]
    assert (fine.seq, fine.attempt) == (2, 2)
    first.send(wire.answer(fine))
    assert client.receive_line() == b"fine"
    assert proxy.total("frames_given_up_total") == 1


def test_the_refused_frame_of_a_client_that_is_gone_waits_too(rig):
    upstream = acking(rig)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    client.send(b"last words\n")
    frame = upstream.expect("payload")[0]
    client.reset()
    upstream.expect("closed")
    upstream.send(wire.nack(frame.delivery, delay_ms=300))
    eventually(lambda: proxy.total("frames_stranded") == 1, "the frame to be held")
    again = upstream.expect("payload", 2)[1]
    assert (again.payload, again.attempt) == (b"last words", 2)
    upstream.expect("closed", 2)
    kinds = [event.WhichOneof("kind") for event in upstream.events(mark=frame.mark)]
    assert kinds == ["opened", "payload", "closed", "opened", "payload", "closed"]
