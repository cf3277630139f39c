"""One who is slow slows nobody else, and memory stays bounded."""

from harness import wire
from harness.clock import eventually
from harness.pressure import push_until_blocked
from harness.process import growth_limit
from harness.wire import link

MIB = 1024 * 1024


def test_a_slow_upstream_slows_only_its_own_clients(rig):
    slow, quick = rig.upstream(), rig.upstream(answer=wire.echo)
    proxy = rig.proxy(slow, quick)
    clients = proxy.clients(6)
    slow.expect("opened", count=3)
    quick.expect("opened", count=3)
    served = {event.opened.peer for event in slow.events("opened")}
    its_own = [client for client in clients if client.address in served]
    others = [client for client in clients if client.address not in served]

    slow.pause()
    before = proxy.process.resident_bytes()
    stream = (b"p" * 1023 + b"\n") * 20_000
    sent = push_until_blocked(proxy, its_own, stream)
    for _ in range(50):
        assert [client.ask(b"quick") for client in others] == [b"quick"] * 3
    assert sum(client.push(stream) for client in its_own) == 0, "no more is taken"
    assert proxy.process.resident_bytes() - before < growth_limit(64)
    assert proxy.total("link_waiting_connections", upstream=slow.address) > 0

    slow.resume()
    whole_frames = sum(each // 1024 for each in sent)
    assert len(slow.expect("payload", count=whole_frames)) == whole_frames


def flood(upstream, mark, payload=b"f" * 32768, count=64):
    for _ in range(count):
        upstream.send(wire.send(mark, payload))


def test_a_client_that_does_not_read_is_closed_at_the_hard_limit(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    deaf, other = proxy.client(receive_buffer=4096), proxy.client()
    mark = upstream.mark_of(deaf)
    flood(upstream, mark)
    refusals = upstream.expect("undeliverable")
    assert refusals[0].mark == mark
    assert refusals[0].undeliverable.reason == link.REFUSAL_SLOW_CONSUMER
    assert proxy.ending_of(deaf)["reason"] == "SLOW_CONSUMER"
    assert upstream.expect("closed")[0].closed.reason == link.CLOSE_REASON_SLOW_CONSUMER
    assert proxy.total("downstream_connections_closed_total", reason="SLOW_CONSUMER") == 1
    assert other.ask(b"well") == b"well"
    eventually(deaf.was_reset, "a RST")


def levels(upstream, mark):
    return [event.pressure.high for event in upstream.events("pressure", mark)]


def test_an_upstream_hears_of_a_slow_client_before_it_is_closed(rig):
    upstream = rig.upstream(answer=wire.echo)
    down = {"soft": "64KiB", "soft_timeout": "1m", "hard": "16MiB"}
    proxy = rig.proxy(upstream, listener={"down": down})
    client = proxy.client(receive_buffer=4096)
    mark = upstream.mark_of(client)
    flood(upstream, mark)
    high = upstream.expect("pressure")[0]
    assert high.mark == mark
    assert high.pressure.queued_bytes > 64 * 1024
    for _ in range(64):
        assert len(client.receive_line()) == 32768
    # The flood may still come while the client reads: then the queue fills more than once.
    eventually(lambda: not levels(upstream, mark)[-1], "the queue is short again")
    seen = levels(upstream, mark)
    assert seen == [number % 2 == 0 for number in range(len(seen))]
    assert client.ask(b"well") == b"well"


def test_receipts_of_a_slow_client_are_bounded(rig):
    upstream = rig.upstream(answer=wire.echo)
    down = {"soft": "16MiB", "hard": "16MiB"}
    proxy = rig.proxy(upstream, listener={"down": down})
    client = proxy.client(receive_buffer=4096)
    mark = upstream.mark_of(client)
    flood(upstream, mark, payload=b"f" * 262_144, count=24)
    most, more = 16_384, 10
    for start in range(0, most + more, 4096):
        numbers = range(start + 1, min(start + 4096, most + more) + 1)
        upstream.send(*[wire.send(mark, b"x", receipt=number) for number in numbers])
    refused = upstream.expect("undeliverable", more)
    assert {each.undeliverable.reason for each in refused} == {link.REFUSAL_TOO_MANY}
    assert [each.undeliverable.receipt for each in refused] == [*range(most + 1, most + more + 1)]
    assert client.receive(24 * 262_145 + 2 * most)[-2 * most :] == b"x\n" * most
    receipts = upstream.expect("receipt", most)
    assert [each.receipt.receipt for each in receipts] == [*range(1, most + 1)]
    assert client.ask(b"well") == b"well"


def test_a_receipt_is_for_the_stream_that_asked_for_it(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener={"down": {"soft": "16MiB", "hard": "16MiB"}})
    client = proxy.client(receive_buffer=4096)
    mark = upstream.mark_of(client)
    flood(upstream, mark, payload=b"f" * 262_144, count=24)
    upstream.send(wire.send(mark, b"late", receipt=5))
    eventually(lambda: proxy.total("downstream_frames_total", direction="down") == 25, "the last Send")
    upstream.link.end()
    proxy.wait_for_log("upstream_lost")
    eventually(lambda: len(upstream.events("opened", mark)) == 2, "the next stream")
    assert client.receive(24 * 262_145 + 5)[-5:] == b"late\n"
    upstream.send(wire.send(mark, b"new", receipt=6))
    assert [each.receipt.receipt for each in upstream.expect("receipt")] == [6]


def test_a_client_over_the_soft_limit_is_closed_after_a_time(rig):
    upstream = rig.upstream(answer=wire.echo)
    down = {"soft": "64KiB", "soft_timeout": "500ms", "hard": "16MiB"}
    proxy = rig.proxy(upstream, listener={"down": down})
    deaf, other = proxy.client(receive_buffer=4096), proxy.client()
    flood(upstream, upstream.mark_of(deaf), count=32)
    line = proxy.ending_of(deaf)
    assert line["reason"] == "SLOW_CONSUMER" and line["seconds"] >= 0.5
    assert other.ask(b"well") == b"well"


def test_a_client_that_reads_again_in_time_stays(rig):
    upstream = rig.upstream(answer=wire.echo)
    down = {"soft": "64KiB", "soft_timeout": "1m", "hard": "16MiB"}
    proxy = rig.proxy(upstream, listener={"down": down})
    client = proxy.client(receive_buffer=4096)
    flood(upstream, upstream.mark_of(client), count=64)
    assert client.receive(64 * 32769) == (b"f" * 32768 + b"\n") * 64
    assert client.ask(b"well") == b"well"


def test_many_clients_that_do_not_read_leave_memory_flat(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    before = proxy.process.resident_bytes()
    deaf = [proxy.client(receive_buffer=4096) for _ in range(30)]
    other = proxy.client()
    upstream.expect("opened", count=31)
    marks = [upstream.mark_of(client) for client in deaf]
    for _ in range(3):
        for mark in marks:
            flood(upstream, mark, count=16)
    proxy.wait_for_total("downstream_connections_closed_total", at_least=30, reason="SLOW_CONSUMER")
    assert other.ask(b"well") == b"well"
    assert proxy.process.resident_bytes() - before < growth_limit(80)
    assert proxy.total("memory_used_bytes") < 4 * MIB


def test_max_memory_closes_the_largest_and_keeps_the_others(rig):
    upstream = rig.upstream(answer=wire.echo)
    down = {"soft": "8MiB", "hard": "8MiB"}
    proxy = rig.proxy(upstream, listener={"down": down}, limits={"max_memory": "16MiB"})
    deaf = [proxy.client(receive_buffer=4096) for _ in range(6)]
    other = proxy.client()
    marks = [upstream.mark_of(client) for client in deaf]
    for _ in range(16):
        for mark in marks:
            flood(upstream, mark, count=8)
    proxy.wait_for_total("downstream_connections_closed_total", reason="OVERLOAD")
    metrics = proxy.metrics()
    assert metrics.total("memory_limit_bytes") == 16 * MIB
    assert metrics.total("memory_used_bytes") < 1.1 * 16 * MIB
    assert other.ask(b"well") == b"well"
    assert all(line["peer"] != other.address for line in proxy.log("connection_ended"))


def test_max_memory_stops_reading_before_it_closes_anybody(rig):
    # Frames that never end are held in memory; 40 of them do not fit.
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(
        upstream, framing={"line": {"max_frame_bytes": "1MiB"}}, limits={"max_memory": "16MiB"}
    )
    clients = proxy.clients(40)
    block = b"u" * 65536
    sent = dict.fromkeys(clients, 0)

    def paused():
        for client in clients:
            if sent[client] < MIB - 1:
                sent[client] += client.push(block[: MIB - 1 - sent[client]])
        return proxy.total("downstream_reads_paused_total", cause="memory") > 0

    eventually(paused, "a pause for memory")
    assert proxy.total("memory_used_bytes") < 1.1 * 16 * MIB
    for client in clients[:30]:
        client.reset()
    assert proxy.client().ask(b"well") == b"well"
