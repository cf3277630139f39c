"""Names, groups and attributes: upstreams keep them with connections, whichever worker has these."""

import pytest

from harness import wire
from harness.clock import eventually
from harness.wire import link

BOTH = pytest.mark.parametrize("workers", [1, 2])


def three_clients(rig, workers=2, upstream=None, **settings):
    """An upstream with all its links, the proxy, and three clients with their marks."""
    upstream = upstream or rig.upstream()
    proxy = rig.proxy(upstream, workers=workers, **settings)
    eventually(lambda: len(upstream.links) == workers, "a link of each worker")
    clients = proxy.clients(3)
    return upstream, proxy, clients, [upstream.mark_of(client) for client in clients]


def refusals(upstream, count=1):
    """(reason, action, subject, target) of what was refused."""
    return [
        (event.refused.reason, event.refused.action, event.refused.subject, event.refused.target)
        for event in upstream.expect("refused", count)
    ]


def sync(upstream):
    """Everything that was sent before on any link has been carried out, on whatever worker."""
    before = len(upstream.events("undeliverable"))
    for each in upstream.links:
        each.send(wire.send(b"nobody has this.", b"?"))
    upstream.expect("undeliverable", before + len(upstream.links))


def mine(events):
    """Without those of sync()."""
    return [event for event in events if event.mark != b"nobody has this."]


# --- counts ---


def counts(upstream, receipt):
    """(attempted, failed) of what was sent with this receipt, once it has been tried everywhere."""

    def find():
        return [
            event.receipt
            for event in upstream.events("receipt")
            if (event.receipt.receipt, event.receipt.outcome) == (receipt, link.Receipt.OUTCOME_COUNTED)
        ]

    (counted,) = eventually(find, f"the counts of {receipt}")
    return counted.attempted, counted.failed


@BOTH
def test_a_broadcast_is_tried_once_for_each_connection_and_counted(rig, workers):
    upstream, _, clients, marks = three_clients(rig, workers)
    upstream.send(wire.half_close(marks[0]))
    assert clients[0].receive_to_end() == b""
    upstream.send(wire.broadcast(link.Broadcast.SCOPE_ALL, b"hear", receipt=4))
    assert counts(upstream, 4) == (3, 1)
    assert [client.receive_line() for client in clients[1:]] == [b"hear"] * 2
    sync(upstream)
    (refused,) = mine(upstream.events("undeliverable"))
    assert (refused.mark, refused.undeliverable.receipt) == (marks[0], 4)
    assert refused.undeliverable.reason == link.REFUSAL_CLOSED
    assert len(upstream.events("receipt")) == 1, "one for all"


@BOTH
def test_what_goes_to_a_group_is_counted(rig, workers):
    upstream, _, clients, marks = three_clients(rig, workers)
    upstream.send(*[wire.join(mark, "lobby") for mark in marks[1:]])
    sync(upstream)
    upstream.send(wire.to_group("lobby", b"hear", receipt=5), wire.to_group("lobby", b"and this"))
    assert counts(upstream, 5) == (2, 0)
    for client in clients[1:]:
        assert (client.receive_line(), client.receive_line()) == (b"hear", b"and this")
    sync(upstream)
    assert len(upstream.events("receipt")) == 1, "what asked for none gets none"


def test_a_group_is_sent_to_behind_a_join_on_the_same_link(rig):
    upstream, _, clients, marks = three_clients(rig)
    for number, (client, mark) in enumerate(zip(clients, marks), 10):
        for each in upstream.links:
            group = f"{number} {upstream.links.index(each)}"
            each.send(wire.join(mark, group), wire.to_group(group, group.encode(), receipt=number))
            assert client.receive_line() == group.encode()


def test_an_empty_payload_is_written_at_once_where_nothing_is_put_around_it(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener={"framing": "raw"})
    client = proxy.client()
    mark = upstream.mark_of(client)
    upstream.send(wire.send(mark, b"", receipt=3))
    (receipt,) = upstream.expect("receipt")
    assert (receipt.mark, receipt.receipt.receipt, receipt.receipt.outcome) == (mark, 3, link.Receipt.OUTCOME_WRITTEN)


def test_a_broadcast_to_nobody_is_counted_too(rig):
    upstream, proxy, clients, _ = three_clients(rig)
    upstream.send(wire.broadcast(link.Broadcast.SCOPE_ACTIVE, b"hear", receipt=6))
    assert counts(upstream, 6) == (0, 0)
    for client in clients:
        client.reset()
    eventually(lambda: proxy.total("downstream_connections") == 0, "nobody")
    upstream.send(wire.broadcast(link.Broadcast.SCOPE_ALL, b"hear", receipt=7))
    assert counts(upstream, 7) == (0, 0)


# --- names ---


@BOTH
def test_a_bound_name_is_found_and_sent_to_from_every_link(rig, workers):
    upstream, _, (alice, bob, _), (a, b, _) = three_clients(rig, workers)
    upstream.links[0].send(wire.bind(a, "alice"))
    upstream.links[-1].send(wire.bind(b, "bob"))
    bound = upstream.expect("lookup_result", 2)
    assert {(event.mark, event.lookup_result.name, event.lookup_result.mark) for event in bound} == {
        (a, "alice", a),
        (b, "bob", b),
    }
    for each in upstream.links:
        each.send(wire.to_name("alice", b"to alice"), wire.to_name("bob", b"to bob"))
        assert (alice.receive_line(), bob.receive_line()) == (b"to alice", b"to bob")


@BOTH
def test_a_lookup_tells_who_has_a_name_to_whom_it_was_asked_for(rig, workers):
    upstream, _, _, (a, b, _) = three_clients(rig, workers)
    upstream.send(wire.bind(a, "alice"))
    upstream.expect("lookup_result")
    for each in upstream.links:
        each.send(wire.lookup("alice", b), wire.lookup("carol", b), wire.lookup("alice"))
    found = upstream.expect("lookup_result", 1 + 3 * workers)[1:]
    expected = [(b, "alice", a), (b, "carol", b""), (b"", "alice", a)]
    assert sorted((event.mark, event.lookup_result.name, event.lookup_result.mark) for event in found) == sorted(
        expected * workers
    )


@BOTH
def test_a_name_is_one_connections_until_it_lets_go_or_ends(rig, workers):
    upstream, proxy, (alice, _, _), (a, b, c) = three_clients(rig, workers)
    upstream.send(wire.bind(a, "alice"))
    upstream.expect("lookup_result")
    upstream.links[-1].send(wire.bind(b, "alice"), wire.unbind(b, "alice"))
    (refusal,) = upstream.expect("refused")
    assert refusal.mark == b
    assert refusal.refused.holder == a
    assert refusals(upstream) == [(link.REFUSAL_NAME_TAKEN, link.ACTION_BIND, "alice", "")]

    upstream.links[0].send(wire.unbind(a, "alice"))
    sync(upstream)
    upstream.links[-1].send(wire.bind(b, "alice"))
    assert upstream.expect("lookup_result", 2)[1].lookup_result.mark == b

    upstream.send(wire.bind(a, "first"))
    upstream.expect("lookup_result", 3)
    alice.reset()
    proxy.ending_of(alice)
    upstream.send(wire.bind(c, "first"))
    assert upstream.expect("lookup_result", 4)[3].lookup_result.mark == c
    assert len(upstream.events("refused")) == 1


def test_who_has_no_such_name_is_answered(rig):
    upstream, _, _, _ = three_clients(rig)
    command = wire.to_name("nobody", b"?", receipt=7)
    close = link.Command(name="nobody", close=link.Close())
    upstream.send(command, close)
    (refusal,) = upstream.expect("undeliverable")
    assert (refusal.mark, refusal.undeliverable.reason) == (b"", link.REFUSAL_NO_SUCH_NAME)
    assert (refusal.undeliverable.target, refusal.undeliverable.receipt) == ("nobody", 7)
    assert refusals(upstream) == [(link.REFUSAL_NO_SUCH_NAME, link.ACTION_CLOSE, "", "nobody")]


@BOTH
def test_a_name_stands_for_its_connection_in_every_command(rig, workers):
    upstream, _, (alice, _, _), (a, _, _) = three_clients(rig, workers)
    upstream.send(wire.bind(a, "alice"))
    upstream.expect("lookup_result")
    for number, each in enumerate(upstream.links):
        each.send(link.Command(name="alice", bind=link.Bind(name=f"al{number}")))
    upstream.expect("lookup_result", 1 + workers)
    upstream.send(link.Command(name="alice", join=link.Join(group="lobby")))
    sync(upstream)
    upstream.send(wire.to_group("lobby", b"in"), link.Command(name="al0", close=link.Close()))
    assert alice.receive_to_end() == b"in\n"


# --- groups ---


@BOTH
def test_a_receipt_says_that_a_name_was_written_to(rig, workers):
    upstream, _, (alice, _, _), (a, _, _) = three_clients(rig, workers)
    upstream.send(wire.bind(a, "alice"))
    upstream.expect("lookup_result")
    for number, each in enumerate(upstream.links, 1):
        each.send(wire.to_name("alice", b"hi", receipt=number))
        assert alice.receive_line() == b"hi"
    receipts = upstream.expect("receipt", workers)
    assert {(event.mark, event.receipt.receipt) for event in receipts} == {
        (a, number) for number in range(1, workers + 1)
    }


@BOTH
def test_a_group_is_reached_once_each_from_every_link(rig, workers):
    upstream, _, clients, (a, b, _) = three_clients(rig, workers)
    for each in upstream.links:
        each.send(wire.join(a, "lobby"), wire.join(b, "lobby"))
    sync(upstream)
    for each in upstream.links:
        each.send(wire.to_group("lobby", b"hear"))
        assert [client.receive_line() for client in clients[:2]] == [b"hear", b"hear"]
    upstream.links[-1].send(wire.leave(a, "lobby"))
    sync(upstream)
    upstream.links[0].send(wire.to_group("lobby", b"again"))
    assert clients[1].receive_line() == b"again"
    upstream.send(wire.broadcast(link.Broadcast.SCOPE_ALL, b"end"))
    assert [client.receive_line() for client in clients] == [b"end"] * 3


def test_a_group_is_gone_with_its_last_member(rig):
    upstream, proxy, clients, marks = three_clients(rig)
    upstream.send(*[wire.join(mark, "lobby") for mark in marks])
    sync(upstream)
    for client in clients:
        client.reset()
        proxy.ending_of(client)
    upstream.send(wire.to_group("lobby", b"?", receipt=3))
    refused = eventually(lambda: mine(upstream.events("undeliverable")), "an answer")
    assert [(each.undeliverable.reason, each.undeliverable.target) for each in refused] == [
        (link.REFUSAL_NO_SUCH_GROUP, "lobby")
    ]
    metrics = proxy.metrics()
    assert [metrics.total(name) for name in ("names", "groups", "group_members")] == [0, 0, 0]


def test_who_of_a_group_cannot_take_it_is_named(rig):
    upstream, _, _, marks = three_clients(rig)
    upstream.send(*[wire.join(mark, "lobby") for mark in marks])
    sync(upstream)
    upstream.send(wire.to_group("lobby", b"two\nlines"))
    refused = eventually(lambda: len(mine(upstream.events("undeliverable"))) == 3 and mine(
        upstream.events("undeliverable")), "three answers")
    assert {each.mark for each in refused} == set(marks)
    assert {(each.undeliverable.reason, each.undeliverable.target) for each in refused} == {
        (link.REFUSAL_NOT_FRAMEABLE, "lobby")
    }


def test_what_goes_to_marks_names_and_groups_over_one_link_keeps_its_order(rig):
    upstream, _, clients, marks = three_clients(rig)
    upstream.send(*[wire.join(mark, "lobby") for mark in marks])
    upstream.send(*[wire.bind(mark, f"name {number}") for number, mark in enumerate(marks)])
    upstream.expect("lookup_result", 3)
    sync(upstream)
    commands = []
    for number in range(100):
        commands += [wire.send(mark, b"%d mark" % number) for mark in marks]
        commands += [wire.to_group("lobby", b"%d group" % number)]
        commands += [wire.to_name(f"name {each}", b"%d name" % number) for each in range(3)]
    for start in range(0, len(commands), 37):
        upstream.send(*commands[start : start + 37])
    expected = [b"%d %s" % (number, kind) for number in range(100) for kind in (b"mark", b"group", b"name")]
    for client in clients:
        assert [client.receive_line() for _ in expected] == expected


def test_a_group_can_be_closed(rig):
    upstream, _, clients, marks = three_clients(rig)
    upstream.send(*[wire.join(mark, "doomed") for mark in marks[:2]])
    sync(upstream)
    upstream.send(link.Command(group="doomed", close=link.Close()))
    assert [client.receive_to_end() for client in clients[:2]] == [b"", b""]
    upstream.send(wire.send(marks[2], b"stays"))
    assert clients[2].receive_line() == b"stays"


# --- attributes ---


@BOTH
def test_attributes_come_with_every_later_opening(rig, workers):
    upstreams = [rig.upstream(), rig.upstream()]
    proxy = rig.proxy(*upstreams, workers=workers)
    clients = proxy.clients(4)
    by_mark = {}
    for upstream in upstreams:
        for event in upstream.expect("opened", 2):
            assert not event.opened.attributes
            by_mark[event.mark] = upstream
    for number, mark in enumerate(by_mark):
        for upstream in upstreams:  # whoever says it, on whatever link
            upstream.send(wire.set_attributes(mark, {"old": "gone"}))
        sync(upstreams[0])
        sync(upstreams[1])
        upstreams[number % 2].links[-1].send(wire.set_attributes(mark, {"number": str(number), "naïve": "yes"}))
    sync(upstreams[0])
    sync(upstreams[1])
    upstreams[0].stop()
    moved = [mark for mark, upstream in by_mark.items() if upstream is upstreams[0]]
    for number, mark in enumerate(by_mark):
        if mark in moved:
            opened = upstreams[1].expect("opened", mark=mark)[0].opened
            assert dict(opened.attributes) == {"number": str(number), "naïve": "yes"}
    assert len(moved) == 2
    assert all(client.is_silent() for client in clients)


def test_attributes_come_again_with_an_opening_that_was_not_acked(rig):
    upstreams = [rig.upstream(opening=[wire.welcome(acks=True)]) for _ in range(3)]  # nothing is acked
    client = rig.proxy(*upstreams).client()
    client.send(b"hello\n")
    owner = eventually(lambda: next((each for each in upstreams if each.events("payload")), None), "the frame")
    mark = owner.mark_of(client)
    owner.send(wire.set_attributes(mark, {"lang": "en"}))
    sync(owner)
    for attempt in (2, 3):
        upstreams.remove(owner)
        owner.stop()
        owner = eventually(lambda: next((each for each in upstreams if each.events("payload")), None), "it again")
        opened = owner.expect("opened", mark=mark)[0].opened
        assert (opened.resumed, dict(opened.attributes)) == (True, {"lang": "en"})
        assert owner.events("payload")[0].attempt == attempt
        if attempt == 2:  # the next upstream hears of a connection that has ended
            owner.send(wire.close(mark))
            assert client.receive_to_end() == b""
            owner.expect("closed")
    owner.send(wire.ack(through=owner.expect("closed")[0].delivery))


def test_attributes_can_be_taken_away(rig):
    one, other = rig.upstream(), rig.upstream()
    proxy = rig.proxy(one, other)
    client = proxy.client()
    mark = one.mark_of(client)
    one.send(wire.set_attributes(mark, {"a": "b"}))
    sync(one)
    assert presence(proxy, mark)["attributes"] == {"a": "b"}
    one.send(wire.set_attributes(mark, {}))
    sync(one)
    assert presence(proxy, mark)["attributes"] == {}
    one.stop()
    assert not other.expect("opened", mark=mark)[0].opened.attributes


# --- who may ---


def two_pools(rig, reach):
    one, two = rig.upstream(), rig.upstream()
    pools = [
        {"name": name, "upstreams": [upstream.address], "reach": reach}
        for name, upstream in (("one", one), ("two", two))
    ]
    listeners = [
        {"name": name, "bind": "127.0.0.1:0", "pool": name, "framing": "line"} for name in ("one", "two")
    ]
    proxy = rig.start_proxy(
        {"workers": 2, "listeners": listeners, "pools": pools, "telemetry": {"bind": "127.0.0.1:0"},
         "drain": {"timeout": "6s", "quiet": "100ms"}}
    )
    proxy.wait_for_upstreams(2)
    return proxy, (one, proxy.client("one")), (two, proxy.client("two"))


def test_each_pool_has_its_own_names(rig):
    _, (one, first), (two, second) = two_pools(rig, "pool")
    a, b = one.mark_of(first), two.mark_of(second)
    one.send(wire.bind(a, "alice"), wire.join(a, "lobby"))
    two.send(wire.bind(b, "alice"), wire.join(b, "lobby"))
    one.expect("lookup_result")
    two.expect("lookup_result")
    sync(one)
    sync(two)
    one.send(wire.to_name("alice", b"of one"), wire.to_group("lobby", b"one"), wire.bind(b, "mine"))
    assert (first.receive_line(), first.receive_line()) == (b"of one", b"one")
    assert refusals(one) == [(link.REFUSAL_NOT_REACHABLE, link.ACTION_BIND, "", "")]
    two.send(wire.to_name("alice", b"of two"), wire.to_group("lobby", b"two"))
    assert (second.receive_line(), second.receive_line()) == (b"of two", b"two")


def test_with_reach_any_names_of_other_pools_are_found_after_ones_own(rig):
    _, (one, first), (two, second) = two_pools(rig, "any")
    a, b = one.mark_of(first), two.mark_of(second)
    two.send(wire.bind(b, "alice"), wire.join(b, "lobby"))
    two.expect("lookup_result")
    sync(two)
    one.send(wire.to_name("alice", b"far"), wire.to_group("lobby", b"far too"))
    assert (second.receive_line(), second.receive_line()) == (b"far", b"far too")
    one.send(wire.bind(a, "alice"), wire.join(a, "lobby"))
    one.expect("lookup_result")
    sync(one)
    one.send(wire.to_name("alice", b"near"), wire.to_group("lobby", b"near too"))
    assert (first.receive_line(), first.receive_line()) == (b"near", b"near too")


def test_with_reach_own_others_are_neither_named_nor_reached(rig):
    one, other = rig.upstream(), rig.upstream()
    proxy = rig.proxy(one, other, pool={"reach": "own"}, workers=2)
    clients = proxy.clients(4)
    mine_of = {upstream: [event.mark for event in upstream.expect("opened", 2)] for upstream in (one, other)}
    for upstream in (one, other):
        upstream.send(*[wire.join(mark, "lobby") for mark in mine_of[upstream]])
        upstream.send(wire.bind(mine_of[upstream][0], f"of {upstream.address}"))
        upstream.expect("lookup_result")
        sync(upstream)
    one.send(wire.bind(mine_of[other][0], "taken over"), wire.to_name(f"of {other.address}", b"?"))
    assert refusals(one) == [(link.REFUSAL_NOT_REACHABLE, link.ACTION_BIND, "", "")]
    (refused,) = eventually(lambda: mine(one.events("undeliverable")), "an answer")
    assert refused.undeliverable.reason == link.REFUSAL_NOT_REACHABLE
    one.send(wire.to_group("lobby", b"own"), wire.broadcast(link.Broadcast.SCOPE_ALL, b"end"))
    other.send(wire.broadcast(link.Broadcast.SCOPE_ALL, b"end"))
    assert sorted(client.receive_line() for client in clients) == [b"end", b"end", b"own", b"own"]


# --- bad input ---


def field(number, body):
    """A field of bytes, as protobuf writes it."""
    assert len(body) < 128 and number < 16
    return bytes([number << 3 | 2, len(body)]) + body


def action(number, body):
    """Of an action above 15, whose tag takes two bytes."""
    tag = number << 3 | 2
    return bytes([tag & 0x7F | 0x80, tag >> 7, len(body)]) + body


INVALID, TOO_LARGE = link.REFUSAL_INVALID, link.REFUSAL_TOO_LARGE
# What is said of a connection, and the answer.
BAD = {
    "an empty name": (lambda mark: wire.bind(mark, ""), INVALID),
    "a name too long": (lambda mark: wire.bind(mark, "n" * 256), TOO_LARGE),
    "a name of a megabyte": (lambda mark: wire.bind(mark, "n" * 1_000_000), TOO_LARGE),
    "a control character": (lambda mark: wire.bind(mark, "a\nb"), INVALID),
    "a name that is no UTF-8": (lambda mark: field(1, mark) + action(19, field(1, b"\xff\xfe")), INVALID),
    "a body that is no message": (lambda mark: field(1, mark) + action(19, b"\x0a\x7fx"), INVALID),
    "an empty group": (lambda mark: wire.join(mark, ""), INVALID),
    "a group too long": (lambda mark: wire.join(mark, "g" * 256), TOO_LARGE),
    "a group that is no UTF-8": (lambda mark: field(1, mark) + action(17, field(1, b"\xc0\x80")), INVALID),
    "attributes too large": (lambda mark: wire.set_attributes(mark, {"k" * 24: "v" * 1001}), TOO_LARGE),
    "too many attributes": (lambda mark: wire.set_attributes(mark, {f"{n:08}": "" for n in range(129)}), TOO_LARGE),
    "an empty key": (lambda mark: wire.set_attributes(mark, {"": "v"}), INVALID),
    "an attribute that is no UTF-8": (
        lambda mark: field(1, mark) + action(16, field(1, field(1, b"k") + field(2, b"\xff"))), INVALID),
    "a lookup of nothing": (lambda _: wire.lookup(""), INVALID),
    "a lookup that is no UTF-8": (lambda _: action(21, field(1, b"\xff")), INVALID),
    "a close of an empty name": (lambda _: link.Command(name="", close=link.Close()), INVALID),
    "a close of an empty group": (lambda _: link.Command(group="", close=link.Close()), INVALID),
    "one name for a group": (lambda _: link.Command(group="g", bind=link.Bind(name="n")), INVALID),
    "one name for all": (
        lambda _: link.Command(broadcast=link.Broadcast(scope=1), bind=link.Bind(name="n")), INVALID),
    "a relay to no UTF-8": (lambda _: action(22, field(1, b"\xff")), INVALID),
    "a bind of nobody": (lambda _: wire.bind(b"nobody has this.", "n"), link.REFUSAL_NO_SUCH_MARK),
    "a bind of no mark": (lambda _: wire.bind(b"short", "n"), link.REFUSAL_NO_SUCH_MARK),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_answered_and_harms_nobody(rig, name):
    make, reason = BAD[name]
    hostile, good = rig.upstream(), rig.upstream(answer=wire.echo)
    proxy = rig.proxy(hostile, good, workers=2)
    clients = proxy.clients(4)
    eventually(lambda: len(hostile.links) == 2, "both links")
    marks = [event.mark for event in hostile.expect("opened", 2)]
    served = [client for client in clients if client.address in
              {event.opened.peer for event in good.expect("opened", 2)}]
    for each in hostile.links:
        command = make(marks[0])
        message = command if isinstance(command, bytes) else command.SerializeToString()
        head = bytearray(b"\x0a")
        size = len(message)
        while size >= 128:
            head.append(size & 0x7F | 0x80)
            size >>= 7
        each.send_bytes(bytes(head) + bytes([size]) + message)
    answers = hostile.expect("refused", 2)
    assert [event.refused.reason for event in answers] == [reason] * 2
    assert all(not event.refused.subject or reason == link.REFUSAL_NO_SUCH_MARK for event in answers)
    assert [client.ask(b"hello") for client in served] == [b"hello"] * 2
    assert proxy.total("link_lost_total") == 0
    assert proxy.total("commands_refused_total", reason=link.Refusal.Name(reason)[len("REFUSAL_"):]) == 2
    metrics = proxy.metrics()
    assert [metrics.total(each) for each in ("names", "groups", "group_members")] == [0, 0, 0]
    assert good.events("refused") == []


def test_a_send_to_a_bad_name_or_group_is_undeliverable(rig):
    upstream, proxy, _, _ = three_clients(rig)
    upstream.send(wire.to_name("", b"x", receipt=1), wire.to_group("g" * 256, b"x", receipt=2))
    upstream.link.send_bytes(field(1, field(2, b"\xff") + field(5, field(1, b"x"))))
    refused = upstream.expect("undeliverable", 3)
    assert sorted((each.undeliverable.receipt, each.undeliverable.reason) for each in refused) == [
        (0, INVALID), (1, INVALID), (2, TOO_LARGE)]
    assert {each.undeliverable.target for each in refused} == {""}
    assert proxy.total("link_lost_total") == 0


def test_limits_are_kept_and_those_inside_go_on(rig):
    limits = {"max_names": 3, "max_groups": 2, "max_names_per_connection": 2, "max_groups_per_connection": 2,
              "max_name_bytes": 8}
    upstream, proxy, (alice, _, _), (a, b, c) = three_clients(rig, limits=limits)
    upstream.send(wire.bind(a, "1"), wire.bind(a, "2"), wire.bind(a, "3"))
    assert refusals(upstream) == [(link.REFUSAL_TOO_MANY, link.ACTION_BIND, "3", "")]
    upstream.expect("lookup_result", 2)
    upstream.send(wire.bind(b, "4"))
    upstream.expect("lookup_result", 3)
    upstream.send(wire.bind(c, "5"), wire.bind(c, "123456789"))
    assert set(refusals(upstream, 3)[1:]) == {
        (link.REFUSAL_TOO_MANY, link.ACTION_BIND, "5", ""), (TOO_LARGE, link.ACTION_BIND, "", "")}
    upstream.send(wire.join(a, "x"), wire.join(a, "y"))
    sync(upstream)
    upstream.send(wire.join(b, "z"))
    assert refusals(upstream, 4)[3] == (link.REFUSAL_TOO_MANY, link.ACTION_JOIN, "z", "")
    upstream.send(wire.join(b, "x"), wire.to_name("1", b"still there"))
    assert alice.receive_line() == b"still there"
    sync(upstream)
    assert [proxy.total(name) for name in ("names", "groups", "group_members")] == [3, 2, 3]
    assert proxy.total("commands_refused_total", reason="TOO_MANY") == 3


def test_a_flood_of_lookups_is_bounded_and_leaves_others_alone(rig):
    hostile, good = rig.upstream(), rig.upstream(answer=wire.echo)
    proxy = rig.proxy(hostile, good)
    clients = proxy.clients(2)
    good.expect("opened")
    hostile.expect("opened")
    hostile.pause()  # it does not read the answers
    flood = [wire.lookup(f"nobody {number}") for number in range(2000)]
    for _ in range(20):
        hostile.send(*flood)
    hostile.send(wire.bind(b"nobody has this.", "n"))
    proxy.wait_for_total("commands_refused_total", reason="NO_SUCH_MARK")
    served = [client for client in clients if client.address == good.events("opened")[0].opened.peer]
    assert served[0].ask(b"hello") == b"hello"
    hostile.resume()
    eventually(lambda: hostile.events("lookup_result"), "answers")
    assert proxy.total("link_lost_total") == 0


# --- what operators see ---


def presence(proxy, mark):
    return proxy.admin.get("/v1/connections/" + uuid(mark))["presence"]


def uuid(mark):
    text = mark.hex()
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def test_operators_see_names_groups_and_attributes(rig):
    upstream, proxy, clients, marks = three_clients(rig)
    a, b, c = marks
    upstream.send(wire.bind(a, "alice"), wire.bind(a, "al"), wire.bind(b, "bob"))
    upstream.send(*[wire.join(mark, "lobby") for mark in marks], wire.join(a, "games/chess"))
    upstream.send(wire.set_attributes(a, {"lang": "en"}))
    upstream.expect("lookup_result", 3)
    sync(upstream)
    admin = proxy.admin
    assert presence(proxy, a) == {
        "names": ["alice", "al"], "groups": ["lobby", "games/chess"], "attributes": {"lang": "en"}}
    assert presence(proxy, c) == {"names": [], "groups": ["lobby"], "attributes": {}}
    assert "presence" not in admin.connections()[0]

    assert admin.get("/v1/names") == {
        "names": [{"name": name, "pool": "default", "mark": uuid(mark)}
                  for name, mark in (("al", a), ("alice", a), ("bob", b))],
        "next_page_token": ""}
    assert admin.get("/v1/groups")["groups"] == [
        {"group": "games/chess", "pool": "default", "members": 1},
        {"group": "lobby", "pool": "default", "members": 3}]
    members = admin.get("/v1/groups/lobby?pool=default")
    assert [each["mark"] for each in members["members"]] == sorted(uuid(mark) for mark in marks)
    assert [each["mark"] for each in admin.connections("?group=games/chess")] == [uuid(a)]
    assert admin.connections("?group=nowhere") == []

    seen, token = [], ""
    while True:
        page = admin.get(f"/v1/names?limit=1&page_token={token}")
        seen += [each["name"] for each in page["names"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == ["al", "alice", "bob"]
    token = admin.get("/v1/groups/lobby?limit=2")["next_page_token"]
    assert len(admin.get(f"/v1/groups/lobby?limit=2&page_token={token}")["members"]) == 1


@pytest.mark.parametrize("path, status", [
    ("/v1/groups/nowhere", 404), ("/v1/names?pool=nowhere", 400), ("/v1/names?page_token=junk", 400),
    ("/v1/groups?page_token=99999999999:x", 400), ("/v1/groups/g?page_token=0:no-mark", 400),
    ("/v1/names?limit=0", 400),
])
def test_wrong_questions_of_operators_are_answered(rig, path, status):
    proxy = rig.proxy(rig.upstream())
    code, _, body = proxy.admin.raw("GET", path, Authorization=f"Bearer {proxy.admin.token}")
    assert (code, "error" in body or "code" in body) == (status, True)


def test_operators_speak_to_a_group_and_close_it(rig):
    upstream, proxy, clients, marks = three_clients(rig)
    upstream.send(*[wire.join(mark, "lobby") for mark in marks[:2]])
    sync(upstream)
    done = proxy.admin.post("/v1/broadcast", {"to": "all", "group": "lobby", "text": "soon"})
    assert done == {"attempted": 2, "written": 2, "failed": 0, "skipped": 0}
    assert [client.receive_line() for client in clients[:2]] == [b"soon", b"soon"]
    done = proxy.admin.post("/v1/broadcast", {"to": "all", "group": "nowhere", "text": "?"})
    assert done["attempted"] == 0
    assert proxy.admin.post("/v1/connections:close", {"filter": {"group": "lobby"}})["done"] == 2
    assert [client.receive_to_end() for client in clients[:2]] == [b"", b""]
    upstream.send(wire.send(marks[2], b"stays"))
    assert clients[2].receive_line() == b"stays"


def test_names_and_groups_follow_a_connection_to_another_pool(rig):
    one, two = rig.upstream(), rig.upstream()

    def settings(pool):
        return {
            "workers": 2,
            "listeners": [{"name": "clients", "bind": "127.0.0.1:0", "pool": pool, "framing": "line"}],
            "pools": [{"name": "one", "upstreams": [one.address]}, {"name": "two", "upstreams": [two.address]}],
            "telemetry": {"bind": "127.0.0.1:0"},
            "drain": {"timeout": "6s", "quiet": "100ms"},
        }

    proxy = rig.start_proxy(settings("one"))
    proxy.wait_for_upstreams(2)
    client = proxy.client()
    mark = one.mark_of(client)
    one.send(wire.bind(mark, "alice"), wire.join(mark, "lobby"))
    one.expect("lookup_result")
    sync(one)
    proxy.rewrite(settings("two"))
    proxy.admin.post("/v1/config:reload")
    two.expect("opened", mark=mark)
    two.send(wire.to_name("alice", b"by name"), wire.to_group("lobby", b"by group"))
    assert (client.receive_line(), client.receive_line()) == (b"by name", b"by group")
    assert proxy.admin.get("/v1/names")["names"][0]["pool"] == "two"
