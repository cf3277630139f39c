"""Upstreams that leave while they serve: their clients move, their answers still arrive."""

import pytest

from harness import wire
from harness.clock import eventually

CLEAN = ("mismatched", "lost", "late", "duplicates", "connect_errors", "disconnects")
SLOW = ("--delay", "500ms")


def proxy_of(rig, upstreams, **settings):
    """A proxy whose upstreams were added over the admin API."""
    proxy = rig.proxy(**settings)
    for upstream in upstreams:
        proxy.admin.add(upstream.address)
    return proxy.wait_for_upstreams(len(upstreams))


def load_of(rig, proxy):
    # One frame at a time: of two, the later may be answered first, by the upstream its client moved to.
    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 1000, "--payload", "64-1024"),
        *("--warmup", "500ms", "--duration", "6s", "--reply-timeout", "20s"),
    )
    load.wait_measuring()
    return load


def assert_clean(load):
    code, summary = load.result()
    assert code == 0, summary
    assert {name: summary[name] for name in CLEAN} == dict.fromkeys(CLEAN, 0)
    assert summary["sent"] == summary["received"] > 0


def served_by(proxy, upstream):
    return proxy.total("upstream_connections", upstream=upstream.address)


@pytest.mark.parametrize("how", ["drain", "maintenance", "remove"])
def test_every_frame_is_answered_once_while_an_upstream_leaves(rig, how):
    stubs = rig.stubs(3, *SLOW)
    proxy = proxy_of(rig, stubs, pool={"leave_timeout": "3s"})
    load = load_of(rig, proxy)
    eventually(lambda: served_by(proxy, stubs[0]) > 300, "its third of the clients")
    if how == "remove":
        assert proxy.admin.remove(stubs[0].address)["state"] == "leaving"
        eventually(lambda: len(proxy.admin.upstreams()) == 2, "the upstream to be gone", 20)
    else:
        proxy.admin.set(stubs[0].address, admin_state=how)
        eventually(lambda: served_by(proxy, stubs[0]) == 0, "the clients to move")
    assert_clean(load)
    assert proxy.total("downstream_connections_moved_total") >= 300
    assert proxy.total("downstream_connections_closed_total", reason="SLOW_CONSUMER") == 0


def test_an_upstream_that_is_drained_and_put_back_gets_connections_again(rig):
    stubs = rig.stubs(2)
    proxy = proxy_of(rig, stubs)
    proxy.admin.set(stubs[0].address, admin_state="drain")
    clients = proxy.clients(4)
    assert {client.ask(b"hello") for client in clients} == {b"hello"}
    assert served_by(proxy, stubs[0]) == 0
    proxy.admin.set(stubs[0].address, admin_state="ready")
    proxy.clients(4)
    eventually(lambda: served_by(proxy, stubs[0]) == 2, "half of the new clients")


def test_maintenance_ends_the_link_and_ready_brings_it_back(rig):
    stubs = rig.stubs(2)
    proxy = proxy_of(rig, stubs, pool={"leave_timeout": "200ms"})
    proxy.admin.set(stubs[0].address, admin_state="maintenance")
    proxy.wait_for_upstreams(1)
    proxy.admin.set(stubs[0].address, admin_state="ready")
    proxy.wait_for_upstreams(2)


def test_the_only_upstream_keeps_its_clients_while_it_is_drained(rig):
    stub, spare = rig.stubs(2)
    proxy = proxy_of(rig, [stub])
    client = proxy.client()
    client.ask(b"hello")
    proxy.admin.set(stub.address, admin_state="drain")
    assert client.ask(b"still there") == b"still there"
    proxy.admin.add(spare.address)
    eventually(lambda: served_by(proxy, spare) == 1, "the client to move")
    assert client.ask(b"moved") == b"moved"


def test_a_moved_client_is_told_to_both_upstreams(rig):
    upstreams = [rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)]
    proxy = proxy_of(rig, upstreams)
    client = proxy.client()
    client.ask(b"one")
    first, second = sorted(upstreams, key=lambda each: not each.events("opened"))
    mark = first.mark_of(client)
    proxy.admin.set(first.address, admin_state="drain")
    closed = first.expect("closed", mark=mark)[0].closed
    assert (closed.reason, closed.last_seq) == (wire.link.CLOSE_REASON_MOVED, 1)
    opened = second.expect("opened", mark=mark)[0].opened
    assert (opened.resumed, opened.next_seq) == (True, 2)
    first.send(wire.send(mark, b"late, and welcome"))
    assert client.receive_line() == b"late, and welcome"
    assert client.ask(b"two") == b"two"


@pytest.mark.parametrize("reach", ["own", "pool"])
def test_late_answers_are_within_every_reach(rig, reach):
    upstreams = [rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)]
    proxy = proxy_of(rig, upstreams, pool={"reach": reach})
    client = proxy.client()
    client.ask(b"one")
    first, second = sorted(upstreams, key=lambda each: not each.events("opened"))
    mark = first.mark_of(client)
    proxy.admin.set(first.address, admin_state="drain")
    second.expect("opened", mark=mark)
    first.send(wire.send(mark, b"late"))
    assert client.receive_line() == b"late"


def test_an_upstream_may_ask_to_be_drained(rig):
    upstreams = [rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)]
    proxy = rig.proxy(*upstreams)
    clients = proxy.clients(4)
    for client in clients:
        client.ask(b"hello")
    upstreams[0].send(wire.link.Command(drain=wire.link.Drain()))
    eventually(lambda: served_by(proxy, upstreams[1]) == 4, "all clients at the other")
    assert proxy.total("upstream_ready") == 2, "its link stays"
    assert [client.ask(b"again") for client in clients] == [b"again"] * 4


def test_a_client_that_has_ended_its_direction_stays_where_its_answer_is(rig):
    upstreams = [rig.upstream(answer=lambda event: []) for _ in range(2)]
    proxy = proxy_of(rig, upstreams)
    client = proxy.client()
    eventually(lambda: any(each.events("opened") for each in upstreams), "the client to be opened")
    first, second = sorted(upstreams, key=lambda each: not each.events("opened"))
    mark = first.mark_of(client)
    client.send(b"question\n")
    client.end_writing()
    first.expect("half_closed", mark=mark)
    proxy.admin.set(first.address, admin_state="drain")
    others = proxy.clients(2)
    second.expect("opened")
    assert served_by(proxy, first) == 1
    first.send(wire.send(mark, b"answer"), wire.half_close(mark))
    assert client.receive_to_end() == b"answer\n"
    assert not second.events(mark=mark) and others


def test_connections_are_rebalanced_onto_an_upstream_that_came_later(rig):
    stubs = rig.stubs(2)
    proxy = proxy_of(rig, stubs[:1])
    clients = proxy.clients(10)
    for client in clients:
        client.ask(b"hello")
    proxy.admin.add(stubs[1].address)
    proxy.wait_for_upstreams(2)
    count = proxy.admin.post("/v1/connections:rebalance", {"filter": {"state": "all"}, "dry_run": True})
    assert count == {"matched": 10, "done": 0}
    done = proxy.admin.post("/v1/connections:rebalance", {"filter": {"state": "all"}})
    assert done == {"matched": 10, "done": 10}
    eventually(lambda: served_by(proxy, stubs[1]) == 5, "half of them to move")
    assert [client.ask(b"again") for client in clients] == [b"again"] * 10
