"""A link is lost, or all of them are: clients stay, and what was not yet written follows them."""

import signal
import time

import pytest

from harness import wire
from harness.clock import eventually, scaled
from harness.pressure import push_until_blocked
from harness.wire import link

HUNG = {"progress_timeout": "500ms", "ping_interval": "200ms"}


def numbered_lines(count, size):
    return b"".join((b"%06d " % number).ljust(size - 1, b".") + b"\n" for number in range(count))


LINE = 4096
STREAM = numbered_lines(8_000, LINE)  # more than all buffers on the way hold


def served_by(upstreams, client):
    """(the upstream that serves this client, the other one)."""

    def owner():
        for this, other in (upstreams, reversed(upstreams)):
            if any(event.opened.peer == client.address for event in this.events("opened")):
                return this, other
        return None

    return eventually(owner, "Opened")


def test_a_connection_moves_with_its_mark_and_its_numbers(rig):
    upstreams = [rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)]
    proxy = rig.proxy(*upstreams)
    client = proxy.client()
    first, second = served_by(upstreams, client)
    mark = first.mark_of(client)
    assert [client.ask(b"one"), client.ask(b"two")] == [b"one", b"two"]

    proxy.wait_settled()
    first.stop()
    opened = second.expect("opened", mark=mark)[-1].opened
    assert (opened.resumed, opened.epoch, opened.next_seq) == (True, 2, 3)
    assert (opened.incarnation, opened.peer) == (1, client.address)
    assert client.ask(b"three") == b"three"
    assert [event.seq for event in second.events("payload", mark)] == [3]
    assert proxy.total("downstream_connections_moved_total") == 1
    assert proxy.total("link_lost_total", upstream=first.address) == 1
    assert proxy.log("upstream_lost", address=first.address)[0]["why"]


def test_an_upstream_that_ends_its_call_loses_no_client(rig):
    upstreams = [rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)]
    proxy = rig.proxy(*upstreams)
    clients = proxy.clients(6)
    for client in clients:
        client.ask(b"hello")
    proxy.wait_settled()
    upstreams[0].link.end()
    proxy.wait_for_total("link_lost_total")
    for _ in range(5):
        assert [client.ask(b"again") for client in clients] == [b"again"] * 6
    assert proxy.total("downstream_connections_closed_total") == 0


def test_a_half_closed_client_is_announced_as_such_again(rig):
    upstreams = [rig.upstream(), rig.upstream()]
    proxy = rig.proxy(*upstreams)
    client = proxy.client()
    first, second = served_by(upstreams, client)
    mark = first.mark_of(client)
    client.send(b"request\n")
    client.end_writing()
    first.expect("half_closed", mark=mark)

    proxy.wait_settled()
    first.stop()
    second.expect("half_closed", mark=mark)
    second.send(wire.send(mark, b"late answer"), wire.half_close(mark))
    assert client.receive_to_end() == b"late answer\n"
    kinds = [event.WhichOneof("kind") for event in second.events(mark=mark)]
    assert kinds[:2] == ["opened", "half_closed"]


class HungLink:
    """A stopped upstream with its link full to the brim, beside a good one."""

    def __init__(self, rig, **pool):
        self.stub, self.other = rig.stub("--no-acks"), rig.upstream()
        self.proxy = rig.proxy(self.stub, self.other, pool=pool)
        clients = self.proxy.clients(2)
        elsewhere = {event.opened.peer for event in self.other.expect("opened")}
        (self.client,) = [client for client in clients if client.address not in elsewhere]
        self.stub.process.signal(signal.SIGSTOP)
        (self._sent,) = push_until_blocked(self.proxy, [self.client], STREAM)
        self.written = self.proxy.total("link_frames_sent_total", upstream=self.stub.address)

    def frames_elsewhere(self):
        """What the other upstream got, once it has the last frame of the client."""
        end = STREAM.index(b"\n", self._sent) + 1
        self.client.send(STREAM[self._sent : end])
        eventually(lambda: self.other.last_seq == end // LINE, "the last frame")
        frames = self.other.events("payload")
        assert all(frame.payload == STREAM[(frame.seq - 1) * LINE : frame.seq * LINE - 1] for frame in frames)
        return frames


@pytest.mark.parametrize("how", ["killed", "no progress"])
def test_writes_in_doubt_come_again_flagged_and_in_order(rig, how):
    hung = HungLink(rig, progress_timeout="30s" if how == "killed" else f"{scaled(2):g}s")
    if how == "killed":
        hung.stub.kill()
    hung.proxy.wait_for_log("upstream_lost", address=hung.stub.address)
    frames = hung.frames_elsewhere()

    numbers = [frame.seq for frame in frames]
    assert numbers == list(range(int(hung.written) + 1, numbers[-1] + 1)), "in order, without a gap"
    again = [frame.seq for frame in frames if frame.attempt == 2]
    assert again and again == numbers[: len(again)], "the oldest were in doubt"
    assert all(frame.attempt <= 1 for frame in frames[len(again) :])
    metrics = hung.proxy.metrics()
    assert len(again) <= metrics.total("frames_redelivered_total")
    assert metrics.total("frames_discarded_total") == 0


def test_writes_in_doubt_are_dropped_and_counted_if_asked_for(rig):
    hung = HungLink(rig, on_doubt="drop")
    hung.stub.kill()
    frames = hung.frames_elsewhere()

    dropped = hung.proxy.total("frames_discarded_total", reason="in_doubt")
    assert dropped > 0
    numbers = [frame.seq for frame in frames]
    assert numbers == list(range(int(hung.written + dropped) + 1, numbers[-1] + 1))
    assert all(frame.attempt <= 1 for frame in frames)


@pytest.mark.parametrize("how", ["ends its call", "cancels its calls"])
def test_a_write_that_waits_when_the_upstream_ends_is_in_doubt_too(rig, how):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    client = proxy.client()
    mark = upstream.mark_of(client)
    upstream.pause()
    (sent,) = push_until_blocked(proxy, [client], STREAM)
    written = int(proxy.total("link_frames_sent_total"))

    if how == "ends its call":
        upstream.link.end()
        proxy.wait_for_log("upstream_lost")
    upstream.stop()
    again = rig.upstream(address=upstream.address)
    client.send(STREAM[sent : STREAM.index(b"\n", sent) + 1])
    first = eventually(lambda: again.events("payload", mark), "frames")[0]
    assert first.seq == written + 1
    # A proxy that is quick may have come back, and written once more, before the upstream stopped.
    assert first.attempt == 2 or (how == "ends its call" and first.attempt > 2)


def test_the_last_frames_of_a_client_that_is_gone_are_delivered(rig):
    upstreams = [rig.upstream(), rig.upstream()]
    proxy = rig.proxy(*upstreams, listener={"half_close_timeout": "200ms"}, pool={"progress_timeout": "1m"})
    clients = proxy.clients(4)
    hung, other = served_by(upstreams, clients[0])
    (second,) = [each for each in clients[1:] if served_by(upstreams, each)[0] is hung]
    mark = hung.mark_of(second)
    hung.pause()
    push_until_blocked(proxy, clients[:1], STREAM)
    second.send(b"my last words\n")
    second.end_writing()
    assert second.receive_to_end() == b""
    proxy.ending_of(second)

    hung.stop()
    other.expect("closed", mark=mark)
    events = other.events(mark=mark)
    assert [event.WhichOneof("kind") for event in events] == ["opened", "payload", "half_closed", "closed"]
    assert events[0].opened.resumed
    assert (events[1].seq, events[1].payload) == (1, b"my last words")
    assert events[-1].closed.reason == link.CLOSE_REASON_HALF_CLOSE_TIMEOUT


def test_a_stopped_upstream_is_noticed_and_left(rig):
    stubs = rig.stubs(2)
    proxy = rig.proxy(*stubs, pool=HUNG)
    clients = proxy.clients(10)
    for client in clients:
        client.ask(b"hello")
    proxy.wait_settled()
    stubs[0].process.signal(signal.SIGSTOP)
    proxy.wait_for_log("upstream_lost", address=stubs[0].address)
    assert [client.ask(b"again") for client in clients] == [b"again"] * 10
    assert proxy.total("downstream_connections_closed_total") == 0

    stubs[0].process.signal(signal.SIGCONT)
    proxy.wait_for_upstreams(2)


def test_a_blackhole_on_the_way_is_noticed_and_left(rig):
    stubs = rig.stubs(2)
    chaos = rig.chaos(stubs[0])
    proxy = rig.proxy(chaos, stubs[1], pool=HUNG)
    clients = proxy.clients(10)
    for client in clients:
        client.ask(b"hello")
    proxy.wait_settled()
    chaos.blackhole()
    proxy.wait_for_log("upstream_lost", address=chaos.address)
    assert [client.ask(b"again") for client in clients] == [b"again"] * 10
    chaos.heal()
    proxy.wait_for_upstreams(2)


def test_a_broken_connection_to_an_upstream_breaks_no_client(rig):
    chaos = rig.chaos(rig.stub())
    proxy = rig.proxy(chaos)
    clients = proxy.clients(10)
    for _ in range(3):
        assert [client.ask(b"hello") for client in clients] == [b"hello"] * 10
        lost = proxy.total("link_lost_total")
        chaos.cut()
        proxy.wait_for_total("link_lost_total", at_least=lost + 1)
    assert [client.ask(b"hello") for client in clients] == [b"hello"] * 10
    assert proxy.total("downstream_connections_closed_total") == 0


def test_a_killed_upstream_under_load_disconnects_nobody(rig):
    stubs = rig.stubs(3)
    proxy = rig.proxy(*stubs)
    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 100, "--in-flight", 2, "--payload", "64-1024"),
        *("--warmup", "200ms", "--duration", "2s", "--reply-timeout", "1s", "--allow-lost"),
    )
    load.wait_measuring()
    stubs[1].kill()
    code, summary = load.result()
    assert code == 0, summary
    assert summary["disconnects"] == 0
    assert summary["connect_errors"] == 0
    assert summary["mismatched"] == 0
    assert summary["received"] > 0
    assert proxy.total("downstream_connections_moved_total") > 0


def test_a_returning_upstream_serves_at_once(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub)
    client = proxy.client()
    assert client.ask(b"before") == b"before"
    proxy.wait_settled()
    stub.kill()
    proxy.wait_for_total("downstream_connections_held")
    client.send(b"meanwhile\n")
    stub.restart()
    listening = time.monotonic()
    assert client.receive_line() == b"meanwhile"
    assert time.monotonic() - listening < scaled(1)


def test_an_upstream_long_gone_serves_new_clients_within_a_second(rig):
    stub, other = rig.stub("--reply", "template:back"), rig.stub("--reply", "template:other")
    proxy = rig.proxy(stub, other)
    stub.kill()
    address = stub.address
    # Long enough for every back-off to have reached its longest pause.
    proxy.wait_for_upstreams(1)
    began = time.monotonic()
    client = proxy.client()
    while time.monotonic() - began < scaled(3):
        assert client.ask(b"who?") == b"other"
    stub.restart()
    listening = time.monotonic()
    assert stub.address == address
    while proxy.client().ask(b"who?") != b"back":
        assert time.monotonic() - listening < scaled(1)


def test_a_client_that_begins_to_be_held_is_told_so_once(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub, pool={"no_upstream_reply": r"back soon\n"})
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    proxy.wait_settled()
    stub.kill()
    proxy.wait_for_total("downstream_connections_held")
    late = proxy.client()
    for held in (client, late):
        assert held.receive_line() == b"back soon"
        held.send(b"waiting\n")
    stub.restart()
    for held in (client, late):
        assert held.receive_line() == b"waiting", "nothing between the reply and the answer"


def test_clients_are_held_while_all_upstreams_are_away(rig):
    stubs = rig.stubs(2)
    proxy = rig.proxy(*stubs)
    clients = proxy.clients(10)
    for client in clients:
        assert client.ask(b"hello") == b"hello"
    proxy.wait_settled()
    for stub in stubs:
        stub.kill()
    proxy.wait_for_total("downstream_connections_held", at_least=10)
    late = proxy.client()
    proxy.wait_for_total("downstream_connections_held", at_least=11)
    read_before = proxy.total("downstream_frames_total", direction="up")

    stream = numbered_lines(300, 100)
    for client in [*clients, late]:
        client.send(stream)
    assert proxy.total("downstream_frames_total", direction="up") == read_before, "reading is paused"
    assert proxy.get("/livez")[0] == 200

    stubs[0].restart()
    for client in [*clients, late]:
        assert client.receive(len(stream)) == stream
    assert proxy.total("downstream_connections_closed_total") == 0


def test_frames_without_any_upstream_are_kept_for_the_next(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream)
    client = proxy.client()
    upstream.mark_of(client)
    upstream.pause()
    (sent,) = push_until_blocked(proxy, [client], STREAM)
    upstream.stop()
    proxy.wait_for_total("frames_stranded")

    again = rig.upstream(address=upstream.address)
    end = STREAM.index(b"\n", sent) + 1
    client.send(STREAM[sent:end])
    eventually(lambda: again.last_seq == end // LINE, "the last frame")
    numbers = [frame.seq for frame in again.events("payload")]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert proxy.total("frames_stranded") == 0


@pytest.mark.parametrize("workers", [2])
def test_each_worker_moves_its_own_clients(rig, workers):
    stubs = rig.stubs(3)
    proxy = rig.proxy(*stubs, workers=workers)
    clients = proxy.clients(30)
    for stub in stubs[:2]:
        stub.kill()
        proxy.wait_for_upstreams(2 if stub is stubs[0] else 1)
        assert [client.ask(b"hello") for client in clients] == [b"hello"] * 30
    assert proxy.total("upstream_connections", upstream=stubs[2].address) == 30
