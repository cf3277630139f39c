"""Gentle ends: by age, by rotation and by a drain with a spread. At the end of a frame, with the answers, with a goodbye."""

import signal
from datetime import datetime

import pytest

from harness import wire
from harness.admin import Refused
from harness.clock import eventually, scaled

BYE = {"goodbye": "bye\\r\\n"}
SOON = {"limits": {"max_age": f"{int(scaled(300))}ms", "max_age_jitter": 0}, **BYE}


def ended_at(line):
    return datetime.fromisoformat(line["time"].replace("Z", "+00:00")).timestamp()


def has_ended(proxy, client):
    return bool(proxy.log("connection_ended", peer=client.address))


# --- max_age ---


def test_a_connection_that_is_too_old_ends_with_a_goodbye(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener=SOON)
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    assert client.receive_to_end() == b"bye\r\n", "as it is, whatever the framing"
    line = proxy.ending_of(client)
    assert line["reason"] == "MAX_AGE" and line["seconds"] >= 0.3
    (closed,) = upstream.expect("closed")
    assert closed.closed.reason == wire.link.CLOSE_REASON_MAX_AGE
    assert proxy.total("downstream_connections_closed_total", reason="MAX_AGE") == 1


def test_without_a_limit_nobody_is_too_old(rig):
    proxy = rig.proxy(rig.stub(), listener=BYE)
    other = rig.proxy(rig.stub(), listener=SOON)
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    assert other.client().receive_to_end() == b"bye\r\n"
    assert client.ask(b"still here") == b"still here"


def test_a_frame_that_has_begun_is_waited_for(rig):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener=SOON, drain={"timeout": f"{int(scaled(8))}s", "quiet": "1s"})
    client = proxy.client()
    client.send(b"first\nhel")
    assert client.receive_line() == b"first"
    for _ in range(3):  # each is younger than the one above, and the sweep has passed both
        assert proxy.client().receive_to_end() == b"bye\r\n"
    assert client.is_silent()
    client.send(b"lo\nand more")
    assert client.receive_to_end() == b"hello\nbye\r\n"
    assert upstream.payloads() == [b"first", b"hello"]
    assert proxy.ending_of(client)["reason"] == "MAX_AGE"


def test_a_frame_that_never_ends_is_waited_for_no_longer_than_its_timeout(rig):
    proxy = rig.proxy(rig.stub(), listener={**SOON, "frame_timeout": "2s"})
    client = proxy.client()
    client.send(b"unfinish")
    client.receive_to_end()
    line = proxy.ending_of(client)
    assert line["reason"] in ("FRAME_TIMEOUT", "MAX_AGE")
    assert 2 <= line["seconds"]


@pytest.mark.parametrize("dispatch", ["connection", "frame"])
def test_the_answer_is_waited_for(rig, dispatch):
    stub = rig.stub("--delay", f"{int(scaled(400)) + 700}ms")  # so that it is too old meanwhile
    drain = {"timeout": f"{int(scaled(8))}s", "quiet": f"{int(scaled(400)) + 2000}ms"}
    proxy = rig.proxy(stub, listener=SOON, pool={"dispatch": dispatch}, drain=drain)
    client = proxy.client()
    client.send(b"question\n")
    assert client.receive_to_end() == b"question\nbye\r\n"
    assert proxy.ending_of(client)["reason"] == "MAX_AGE"


def test_an_upstream_that_does_not_ack_has_answered_when_it_is_quiet(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener=SOON, drain={"timeout": "9s", "quiet": "5s"})
    client = proxy.client()
    client.send(b"question\n")
    upstream.expect("payload")
    eventually(lambda: proxy.admin.connections()[0]["paused"], "its time to leave")
    upstream.send(wire.send(upstream.mark_of(client), b"late answer"))
    assert client.receive_to_end() == b"late answer\nbye\r\n"


def test_a_client_without_an_upstream_leaves_too(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub, listener=SOON)
    stub.kill()
    client = proxy.client()
    assert client.receive_to_end() == b"bye\r\n"
    assert proxy.ending_of(client)["reason"] == "MAX_AGE"


# --- drain.spread ---


def test_a_drain_with_a_spread_ends_clients_one_after_the_other(rig):
    drain = {"timeout": "15s", "quiet": "100ms", "spread": "4s"}
    proxy = rig.proxy(rig.stub(), listener=BYE, workers=2, drain=drain)
    clients = proxy.clients(40)
    assert all(client.ask(b"hello") == b"hello" for client in clients)
    proxy.process.signal(signal.SIGTERM)
    proxy.wait_for_log("draining")
    first = eventually(lambda: proxy.log("connection_ended"), "the first end")
    assert len(first) < 30
    for client in clients:
        client.send(b"are you there?\n")  # whoever has not left yet is served
    answers = [client.receive_to_end() for client in clients]
    assert all(answer in (b"bye\r\n", b"are you there?\nbye\r\n") for answer in answers)
    assert len([answer for answer in answers if answer.startswith(b"are")]) >= 10
    assert proxy.process.wait_exit() == 0
    endings = proxy.log("connection_ended")
    assert [line["reason"] for line in endings] == ["DRAINING"] * 40
    times = sorted(ended_at(line) for line in endings)
    assert times[-1] - times[0] >= 2
    assert all(times[at + 20] - times[at] >= 0.5 for at in range(20)), "no crowd"


def test_a_spread_waits_for_a_frame_as_long_as_the_drain_may_take(rig):
    drain = {"timeout": "12s", "quiet": "100ms", "spread": "100ms"}
    proxy = rig.proxy(rig.stub(), listener=BYE, drain=drain)
    client, stuck, idle = proxy.clients(3)
    for each in (client, stuck):
        each.send(b"whole\nhel")
        assert each.receive_line() == b"whole"
    assert idle.ask(b"hello") == b"hello"
    proxy.process.signal(signal.SIGTERM)
    assert idle.receive_to_end() == b"bye\r\n"
    client.send(b"lo\n")
    assert client.receive_to_end() == b"hello\nbye\r\n"
    assert stuck.receive_to_end() == b"bye\r\n"
    assert proxy.process.wait_exit() == 0


def test_an_upstream_that_hangs_does_not_hold_up_a_spread(rig):
    upstream = rig.upstream(opening=[wire.welcome(acks=True)])
    proxy = rig.proxy(upstream, drain={"timeout": "3s", "quiet": "100ms", "spread": "500ms"})
    client = proxy.client()
    client.send(b"unanswered\n")
    upstream.expect("payload")
    assert proxy.terminate() == 0
    assert client.receive_to_end() == b""


def test_a_drain_without_a_spread_says_goodbye_too(rig):
    proxy = rig.proxy(rig.stub(), listener=BYE)
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    assert proxy.terminate() == 0
    assert client.receive_to_end() == b"bye\r\n"


# --- rotation ---


def rotate(proxy, spread=0, dry_run=False, **filter_):
    body = {"filter": filter_, "dry_run": dry_run, "spread_seconds": spread}
    return proxy.admin.post("/v1/connections:rotate", body)


def test_the_clients_of_one_upstream_are_rotated(rig):
    first, second = rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)
    proxy = rig.proxy(first, second, listener=BYE, workers=2)
    clients = proxy.clients(8)
    assert all(client.ask(b"hello") == b"hello" for client in clients)
    of_first = {event.opened.peer for event in first.events("opened")}
    assert 0 < len(of_first) < 8
    counted = rotate(proxy, dry_run=True, upstream=first.address)
    assert counted == {"matched": len(of_first), "done": 0}
    assert rotate(proxy, upstream=first.address) == {"matched": len(of_first), "done": len(of_first)}
    for client in clients:
        if client.address in of_first:
            assert client.receive_to_end() == b"bye\r\n"
            assert proxy.ending_of(client)["reason"] == "ROTATED"
        else:
            assert client.ask(b"still here") == b"still here"
    reasons = {event.closed.reason for event in first.events("closed")}
    assert reasons == {wire.link.CLOSE_REASON_ROTATED}
    assert not second.events("closed")
    assert proxy.client().ask(b"again") == b"again"


def test_a_rotation_is_spread_and_begins_with_each_client_once(rig):
    proxy = rig.proxy(rig.stub(), listener=BYE)
    clients = proxy.clients(30)
    assert all(client.ask(b"hello") == b"hello" for client in clients)
    assert rotate(proxy, spread=3, listener="clients") == {"matched": 30, "done": 30}
    again = rotate(proxy, spread=3, listener="clients")
    assert again["done"] == 0, "they leave before that"
    assert all(client.receive_to_end() == b"bye\r\n" for client in clients)
    eventually(lambda: len(proxy.log("connection_ended", reason="ROTATED")) == 30, "a line for each")
    times = sorted(ended_at(line) for line in proxy.log("connection_ended", reason="ROTATED"))
    assert times[-1] - times[0] >= 1.5


def test_a_drain_does_not_wait_for_a_rotation(rig):
    proxy = rig.proxy(rig.stub(), listener=BYE, drain={"timeout": "8s", "quiet": "100ms", "spread": "500ms"})
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    rotate(proxy, spread=3600, state="all")
    assert proxy.terminate() == 0
    assert client.receive_to_end() == b"bye\r\n"
    assert proxy.log("connection_ended")[0]["reason"] == "DRAINING"


def test_a_rotation_wants_a_filter(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    with pytest.raises(Refused) as refusal:
        rotate(proxy)
    assert refusal.value.status == 400
    assert client.ask(b"hello") == b"hello"
