"""Upstreams speak to each other through the proxy, and learn of each other's coming and going."""

import pytest

from harness import wire
from harness.clock import eventually
from harness.wire import link

READY, LEAVING, LOST = link.UPSTREAM_STATE_READY, link.UPSTREAM_STATE_LEAVING, link.UPSTREAM_STATE_LOST


def named(rig, name, watching=True, **script):
    features = ["upstream_changed"] if watching else []
    return rig.upstream(opening=[wire.welcome(upstream=name, features=features)], **script)


def changes(upstream):
    return [(event.upstream_changed.upstream, event.upstream_changed.state)
            for event in upstream.events("upstream_changed")]


def wait_for_changes(upstream, *expected):
    eventually(lambda: len(changes(upstream)) >= len(expected), f"{len(expected)} changes")
    assert changes(upstream) == list(expected)


def three(rig, workers=2, **pool):
    upstreams = [named(rig, name, watching=False) for name in ("red", "green", "blue")]
    return rig.proxy(*upstreams, workers=workers, pool=pool), upstreams


def relayed(upstream):
    return [(getattr(event.relayed, "from"), event.relayed.payload) for event in upstream.events("relayed")]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_relay_reaches_each_of_the_others_once_from_every_link(rig, workers):
    proxy, (red, green, blue) = three(rig, workers)
    eventually(lambda: len(red.links) == workers, "all links")
    for number, each in enumerate(red.links):
        each.send(wire.relay(b"public %d" % number))
    red.links[-1].send(wire.relay(b"for green alone", to="green"))
    green.expect("relayed", workers + 1)
    blue.expect("relayed", workers)
    green.send(wire.relay(b"end"))
    blue.expect("relayed", workers + 1)
    red.expect("relayed")
    public = {("red", b"public %d" % number) for number in range(workers)}
    assert set(relayed(green)) == public | {("red", b"for green alone")}
    assert len(relayed(green)) == workers + 1
    assert set(relayed(blue)) == public | {("green", b"end")}
    assert relayed(red) == [("green", b"end")]
    assert proxy.total("link_lost_total") == 0


def test_a_relay_to_nobody_is_answered(rig):
    _, (red, green, _) = three(rig)
    red.send(wire.relay(b"x", to="nobody"), wire.relay(b"x", to="red"))
    refused = red.expect("refused", 2)
    assert [(each.refused.reason, each.refused.action, each.refused.subject) for each in refused] == [
        (link.REFUSAL_NO_SUCH_UPSTREAM, link.ACTION_RELAY, name) for name in ("nobody", "red")]
    assert green.events("relayed") == []


def test_a_relay_alone_is_nothing_special(rig):
    upstream = named(rig, "red")
    rig.proxy(upstream)
    upstream.send(wire.relay(b"hello?"), wire.relay(b"x", to="nobody"))
    assert len(upstream.expect("refused")) == 1


def test_a_relay_too_large_for_its_reader_is_answered(rig):
    red = named(rig, "red", watching=False)
    small = rig.upstream(opening=[wire.welcome(upstream="small", max_message=5000)])
    proxy = rig.proxy(red, small)
    red.send(wire.relay(b"x" * 5000, to="small"), wire.relay(b"fits", to="small"))
    (refused,) = red.expect("refused")
    assert (refused.refused.reason, refused.refused.subject) == (link.REFUSAL_TOO_LARGE, "small")
    small.expect("relayed")
    assert relayed(small) == [("red", b"fits")]
    assert proxy.total("link_lost_total") == 0


def test_relays_to_one_that_does_not_read_are_refused_and_harm_nobody(rig):
    red = named(rig, "red", watching=False, answer=wire.echo)
    hung = rig.upstream(opening=[wire.welcome(upstream="hung", window_bytes=100_000)])
    proxy = rig.proxy(red, hung)
    clients = proxy.clients(2)
    red.expect("opened")
    mine = [client for client in clients if client.address == red.events("opened")[0].opened.peer][0]
    hung.pause()
    # Far beyond what gRPC and the kernel hold on their way.
    for _ in range(60):
        red.send(wire.relay(b"x" * 1_000_000))
    refused = red.expect("refused")
    assert (refused[0].refused.reason, refused[0].refused.subject) == (link.REFUSAL_UPSTREAM_BUSY, "hung")
    assert mine.ask(b"hello") == b"hello"
    hung.resume()


def test_upstreams_of_another_pool_and_of_the_ancestors_protocol_hear_nothing(rig):
    red, green = named(rig, "red"), named(rig, "green")
    legacy = rig.legacy_upstream()
    pools = [
        {"name": "one", "upstreams": [red.address, {"address": legacy.address, "protocol": "legacy"}]},
        {"name": "two", "upstreams": [green.address]},
    ]
    listeners = [{"name": name, "bind": "127.0.0.1:0", "pool": name, "framing": "line"} for name in ("one", "two")]
    proxy = rig.start_proxy(
        {"workers": 1, "listeners": listeners, "pools": pools, "telemetry": {"bind": "127.0.0.1:0"},
         "drain": {"timeout": "6s", "quiet": "100ms"}})
    proxy.wait_for_upstreams(3)
    red.send(wire.relay(b"anyone?"), wire.relay(b"x", to="green"), wire.relay(b"x", to=legacy.address))
    assert [each.refused.reason for each in red.expect("refused", 2)] == [link.REFUSAL_NO_SUCH_UPSTREAM] * 2
    assert green.events("relayed") == []
    wait_for_changes(red, (legacy.address, READY))
    assert changes(green) == []


# --- coming and going ---


@pytest.mark.parametrize("workers", [1, 2])
def test_each_change_is_told_once_to_those_who_ask(rig, workers):
    red = named(rig, "red")
    silent = named(rig, "silent", watching=False)
    proxy = rig.proxy(red, silent, workers=workers)
    wait_for_changes(red, ("silent", READY))
    stub = rig.stub(name="stub")
    proxy.admin.add(stub.address)
    proxy.wait_for_upstreams(3)
    wait_for_changes(red, ("silent", READY), ("stub", READY))

    proxy.admin.set(stub.address, admin_state="drain")
    wait_for_changes(red, ("silent", READY), ("stub", READY), ("stub", LEAVING))
    proxy.admin.set(stub.address, admin_state="ready")
    wait_for_changes(red, ("silent", READY), ("stub", READY), ("stub", LEAVING), ("stub", READY))
    stub.kill()
    wait_for_changes(
        red, ("silent", READY), ("stub", READY), ("stub", LEAVING), ("stub", READY), ("stub", LOST))
    assert silent.events("upstream_changed") == []


def test_one_that_is_removed_leaves_and_is_lost(rig):
    red, green = named(rig, "red"), named(rig, "green", answer=wire.echo)
    proxy = rig.proxy(red, workers=2, pool={"leave_timeout": "1s"})
    proxy.admin.add(green.address)
    wait_for_changes(red, ("green", READY))
    proxy.admin.remove(green.address)
    wait_for_changes(red, ("green", READY), ("green", LEAVING), ("green", LOST))


def test_one_that_asks_to_leave_is_told_of(rig):
    red, green = named(rig, "red"), named(rig, "green")
    proxy = rig.proxy(red, green, workers=2)
    wait_for_changes(red, ("green", READY))
    eventually(lambda: len(green.links) == 2, "both links")
    for each in green.links:
        each.send(link.Command(drain=link.Drain()))
    wait_for_changes(red, ("green", READY), ("green", LEAVING))
    green.stop()
    wait_for_changes(red, ("green", READY), ("green", LEAVING), ("green", LOST))
    assert proxy.total("upstream_ready", upstream=red.address) == 2


def test_one_that_comes_back_is_told_what_is(rig):
    red, green = named(rig, "red"), named(rig, "green")
    proxy = rig.proxy(red, green, workers=2)
    wait_for_changes(red, ("green", READY))
    address = red.address
    red.stop()
    wait_for_changes(green, ("red", READY), ("red", LOST))
    again = rig.upstream(
        opening=[wire.welcome(upstream="red", features=["upstream_changed"])], address=address)
    proxy.wait_for_upstreams(2)
    wait_for_changes(again, ("green", READY))
    wait_for_changes(green, ("red", READY), ("red", LOST), ("red", READY))


@pytest.mark.parametrize("name", ["x" * 256, None], ids=["long", "no UTF-8"])
def test_a_name_others_could_not_read_keeps_an_upstream_out(rig, name):
    good = rig.upstream(answer=wire.echo)
    welcome = wire.welcome(upstream=name) if name else b"\x12\x05\x08\x01\x1a\x01\xff"
    bad = rig.upstream(opening=[welcome])
    proxy = rig.proxy(bad, good, ready=1)
    assert "name is not UTF-8" in proxy.wait_for_log("upstream_failed", address=bad.address)["why"]
    assert proxy.client().ask(b"hello") == b"hello"


# --- all of it together ---


class Chat:
    """A chat room whose upstreams keep nothing: names, rooms and languages are with the proxy."""

    def __init__(self, rig, name):
        self.name = name
        self.public = []  # what it heard of the others
        self.upstream = rig.upstream(
            opening=[wire.welcome(upstream=name, features=["upstream_changed"])], answer=self.answer)

    def answer(self, event):
        kind = event.WhichOneof("kind")
        if kind == "opened":
            return [wire.join(event.mark, "everyone"), wire.join(event.mark, "at " + self.name)]
        if kind == "payload":
            verb, _, rest = event.payload.decode().partition(" ")
            return getattr(self, verb)(event.mark, rest)
        if kind == "lookup_result" and event.mark == event.lookup_result.mark:
            name = event.lookup_result.name
            return [wire.set_attributes(event.mark, {"name": name}),
                    wire.send(event.mark, b"you are " + name.encode())]
        if kind == "refused" and event.refused.reason == link.REFUSAL_NAME_TAKEN:
            return [wire.send(event.mark, event.refused.subject.encode() + b" is taken")]
        if kind == "lookup_result":
            here = b"is" if event.lookup_result.mark else b"is not"
            return [wire.send(event.mark, event.lookup_result.name.encode() + b" " + here + b" here")]
        if kind == "relayed":
            self.public.append((getattr(event.relayed, "from"), event.relayed.payload))
        if kind == "upstream_changed" and event.upstream_changed.state == LOST:
            return [wire.to_group("at " + self.name, event.upstream_changed.upstream.encode() + b" is lost")]
        return wire.pongs(event)

    def iam(self, mark, name):
        return [wire.bind(mark, name)]

    def whois(self, mark, name):
        return [wire.lookup(name, mark)]

    def to(self, _, rest):
        name, _, text = rest.partition(" ")
        return [wire.to_name(name, text.encode())]

    def all(self, _, text):
        return [wire.to_group("everyone", text.encode()), wire.relay(text.encode())]


def test_a_chat_through_upstreams_that_keep_nothing(rig):
    chats = [Chat(rig, "one"), Chat(rig, "two")]
    doomed = rig.stub(name="doomed")
    proxy = rig.proxy(*[chat.upstream for chat in chats], workers=2)
    proxy.admin.add(doomed.address)
    proxy.admin.set(doomed.address, admin_state="drain")
    for chat in chats:
        eventually(lambda: ("doomed", LEAVING) in changes(chat.upstream), "the third upstream")
    clients = {name: proxy.client() for name in (b"ann", b"bob", b"cyd", b"dee")}
    for name, client in clients.items():
        assert client.ask(b"iam " + name) == b"you are " + name
    assert {event.mark for event in chats[0].upstream.events("opened")}.isdisjoint(
        event.mark for event in chats[1].upstream.events("opened"))
    proxy.wait_for_total("group_members", at_least=8)

    # Anyone reaches anyone, whichever upstream and worker they are at.
    for name, client in clients.items():
        for other, reader in clients.items():
            client.send(b"to %s hello from %s\n" % (other, name))
            assert reader.receive_line() == b"hello from " + name
    assert clients[b"ann"].ask(b"whois bob") == b"bob is here"
    assert clients[b"ann"].ask(b"whois eve") == b"eve is not here"
    assert clients[b"dee"].ask(b"iam ann") == b"ann is taken"

    # A public message reaches all clients and all other upstreams, once.
    clients[b"ann"].send(b"all good morning\n")
    assert {client.receive_line() for client in clients.values()} == {b"good morning"}
    eventually(lambda: sum(len(chat.public) for chat in chats) == 1, "the other upstream hears it")

    # Everyone learns of one that was killed.
    doomed.kill()
    assert {client.receive_line() for client in clients.values()} == {b"doomed is lost"}

    # An upstream dies: its clients are with the other one, under the same names.
    survivor = chats[1].upstream
    at_home = {event.opened.peer for event in survivor.events("opened")}
    chats[0].upstream.stop()
    moved = [event.opened for event in survivor.expect("opened", 4) if event.opened.resumed]
    assert len(moved) == 2
    assert {opened.attributes["name"].encode() for opened in moved} == {
        name for name, client in clients.items() if client.address not in at_home}
    for client in clients.values():
        if client.address in at_home:
            assert client.receive_line() == b"one is lost"
    for name, client in clients.items():
        for other, reader in clients.items():
            client.send(b"to %s again from %s\n" % (other, name))
            line = reader.receive_line()
            if line == b"one is lost":  # one that had moved, and joined, in time to hear it
                line = reader.receive_line()
            assert line == b"again from " + name
    for client in clients.values():
        client.reset()
        proxy.ending_of(client)
    assert proxy.total("names") == 0
    assert proxy.total("groups") == 0
