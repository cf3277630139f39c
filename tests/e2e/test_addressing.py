"""Who serves a client, and whom an upstream may address."""

import pytest

from harness import wire
from harness.clock import eventually
from harness.wire import link


def named(rig, *names):
    return [rig.stub("--reply", "template:{id}", name=name) for name in names]


def owner_and_stranger(client, one, other):
    """Which of two upstreams was told of this client."""
    def owner():
        for candidate, stranger in ((one, other), (other, one)):
            if any(event.opened.peer == client.address for event in candidate.events("opened")):
                return candidate, stranger
        return None

    return eventually(owner, "Opened")


def test_round_robin_is_visible(rig):
    proxy = rig.proxy(*named(rig, "red", "green", "blue"))
    answers = [client.ask(b"who?") for client in proxy.clients(9)]
    assert sorted(answers) == [b"blue"] * 3 + [b"green"] * 3 + [b"red"] * 3
    assert answers[:3] == answers[3:6] == answers[6:], "in turn"


def weighted(upstream, weight):
    return {"address": upstream.address, "weight": weight}


def test_a_heavier_upstream_gets_its_share(rig):
    light, heavy = named(rig, "light", "heavy")
    proxy = rig.proxy(weighted(light, 1), weighted(heavy, 3), ready=2)
    answers = [client.ask(b"who?") for client in proxy.clients(12)]
    assert answers.count(b"heavy") == 9
    assert [answers[i : i + 4].count(b"light") for i in (0, 4, 8)] == [1, 1, 1]


@pytest.mark.parametrize("workers", [1, 2])
def test_least_connections_fills_the_emptier_upstream(rig, workers):
    proxy = rig.proxy(*named(rig, "red", "green"), workers=workers,
                      pool={"balance": "least_connections"})
    clients = proxy.clients(8)
    by_upstream = {b"red": [], b"green": []}
    for client in clients:
        by_upstream[client.ask(b"who?")].append(client)
    assert [len(of_one) for of_one in by_upstream.values()] == [4, 4]

    for client in by_upstream[b"red"]:
        client.close()
        proxy.ending_of(client)
    assert {client.ask(b"who?") for client in proxy.clients(4)} == {b"red"}


def test_mark_hash_spreads_clients_and_moves_only_those_of_a_lost_upstream(rig):
    stubs = named(rig, "red", "green", "blue")
    proxy = rig.proxy(*stubs, pool={"balance": "mark_hash"})
    clients = proxy.clients(60)
    before = [client.ask(b"who?") for client in clients]
    assert set(before) == {b"red", b"green", b"blue"}

    proxy.wait_settled()
    stubs[2].kill()
    proxy.wait_for_total("downstream_connections_moved_total", at_least=before.count(b"blue"))
    for client, home in zip(clients, before):
        now = client.ask(b"who?")
        assert now == home if home != b"blue" else now in (b"red", b"green")


def test_a_client_stays_where_it_was_put(rig):
    proxy = rig.proxy(*named(rig, "red", "green"))
    for client in proxy.clients(4):
        assert len({client.ask(b"who?") for _ in range(20)}) == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_any_upstream_of_the_pool_answers_any_mark(rig, workers):
    ours, other = rig.upstream(), rig.upstream()
    proxy = rig.proxy(ours, other, workers=workers)
    for number, client in enumerate(proxy.clients(8)):
        client.send(b"hello\n")
        mine, foreign = owner_and_stranger(client, ours, other)
        mark = mine.mark_of(client)
        mine.expect("payload", mark=mark)
        for each in foreign.links:  # every worker's link, so also one that does not own the mark
            each.send(wire.send(mark, b"%d" % number))
        for _ in foreign.links:
            assert client.receive_line() == b"%d" % number
    if workers == 2:
        assert proxy.total("commands_forwarded_total") > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_an_unknown_mark_is_refused_and_harms_nobody(rig, workers):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, workers=workers)
    client = proxy.client()
    nobody = b"\x01" * 16

    upstream.send(wire.send(nobody, b"lost", reply_to=7, receipt=9))
    (refusal,) = upstream.expect("undeliverable")
    assert refusal.mark == nobody
    assert refusal.undeliverable.reason == link.REFUSAL_NO_SUCH_MARK
    assert (refusal.undeliverable.reply_to, refusal.undeliverable.receipt) == (7, 9)
    assert proxy.total("commands_refused_total", reason="NO_SUCH_MARK") == 1
    assert client.ask(b"still here") == b"still here"


@pytest.mark.parametrize("mark", [b"", b"short", b"m" * 17])
def test_what_is_no_mark_is_refused(rig, mark):
    upstream = rig.upstream(answer=wire.echo)
    client = rig.proxy(upstream).client()
    upstream.send(wire.send(mark, b"lost"))
    (refusal,) = upstream.expect("undeliverable")
    assert refusal.undeliverable.reason == link.REFUSAL_NO_SUCH_MARK
    assert client.ask(b"still here") == b"still here"


@pytest.mark.parametrize(
    "framing, payload",
    [
        ("line", b"two\nlines"),
        ({"line": {"max_frame_bytes": 64}}, b"x" * 65),
        ({"fixed": {"bytes": 8}}, b"seven.."),
        ({"delimiter": {"delimiters": ["\\x03"]}}, b"a\x03b"),
        ({"length_prefix": {"size": "1"}}, b"x" * 256),
        ({"line": {"strip": False}}, b"a line without its end"),
        ({"start_stop": {"start": "{", "stop": "}"}}, b"a}b"),
        ({"start_stop": {"start": "{", "stop": "}", "strip": False}}, b"{a"),
        ({"switch": {"cases": [{"starts_with": "*", "framing": "line"}]}}, b"no star"),
    ],
)
def test_a_payload_that_cannot_be_framed_is_refused(rig, framing, payload):
    upstream = rig.upstream()
    client = rig.proxy(upstream, framing=framing).client()
    mark = upstream.mark_of(client)
    upstream.send(wire.send(mark, payload, receipt=5), wire.close(mark))
    (refusal,) = upstream.expect("undeliverable")
    assert refusal.undeliverable.reason == link.REFUSAL_NOT_FRAMEABLE
    assert (refusal.mark, refusal.undeliverable.receipt) == (mark, 5)
    assert client.receive_to_end() == b""


def test_a_send_after_half_close_is_refused(rig):
    upstream = rig.upstream()
    client = rig.proxy(upstream).client()
    mark = upstream.mark_of(client)
    upstream.send(wire.half_close(mark), wire.send(mark, b"too late"))
    (refusal,) = upstream.expect("undeliverable")
    assert refusal.undeliverable.reason == link.REFUSAL_CLOSED
    assert client.receive_to_end() == b""


def test_reach_own_keeps_an_upstream_to_its_own_clients(rig):
    one, other = rig.upstream(), rig.upstream()
    client = rig.proxy(one, other, pool={"reach": "own"}).client()
    mine, stranger = owner_and_stranger(client, one, other)
    mark = mine.mark_of(client)
    stranger.send(wire.send(mark, b"not yours"))
    (refusal,) = stranger.expect("undeliverable")
    assert refusal.undeliverable.reason == link.REFUSAL_NOT_REACHABLE
    mine.send(wire.send(mark, b"yours"))
    assert client.receive_line() == b"yours"


def two_pools(first, second, **first_pool):
    return {
        "workers": 1,
        "listeners": [
            {"name": name, "bind": "127.0.0.1:0", "pool": name, "framing": "line"} for name in ("first", "second")
        ],
        "pools": [
            {"name": "first", "upstreams": [first.address], **first_pool},
            {"name": "second", "upstreams": [second.address]},
        ],
        "telemetry": {"bind": "127.0.0.1:0"},
        "drain": {"timeout": "6s", "quiet": "100ms"},
    }


@pytest.mark.parametrize("reach, reached", [("pool", False), ("any", True)])
def test_reach_over_pools(rig, reach, reached):
    first, second = rig.upstream(), rig.upstream()
    proxy = rig.start_proxy(two_pools(first, second, reach=reach)).wait_for_upstreams(2)
    client = proxy.client("second")
    mark = second.mark_of(client)
    first.send(wire.send(mark, b"from the first"))
    if reached:
        assert client.receive_line() == b"from the first"
        return
    (refusal,) = first.expect("undeliverable")
    assert refusal.undeliverable.reason == link.REFUSAL_NOT_REACHABLE
    second.send(wire.send(mark, b"from the second"))
    assert client.receive_line() == b"from the second"


def test_commands_of_later_versions_are_ignored_and_counted(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream)
    client = proxy.client()
    mark = upstream.mark_of(client)
    upstream.send(link.Command(mark=mark), link.Command(send=link.Send(payload=b"to nobody")))
    unknown_action = link.Command(mark=mark).SerializeToString() + b"\x9a\x06\x01x"  # field 99
    unknown_target = link.Command(send=link.Send(payload=b"x")).SerializeToString() + b"\x7a\x01x"  # 15
    for command in (unknown_action, unknown_target):
        upstream.link.send_bytes(b"\x0a" + bytes([len(command)]) + command)
    proxy.wait_for_total("commands_ignored_total", at_least=4)
    assert client.ask(b"still here") == b"still here"
