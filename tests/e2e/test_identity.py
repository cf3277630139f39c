"""Marks that outlive the socket: where they come from, and what becomes of two clients with one mark."""

import uuid

import pytest

from harness import wire
from harness.clock import eventually
from harness.tls import Certificates, TlsClient
from harness.wire import link

# That of a configuration that names none (docs/identity.md).
SPACE = uuid.UUID("c2f7dece-e263-50d8-ba81-6db6433833df")
LOGIN = {"identity": [{"first_frame": {"pattern": "^login ([0-9]{4,15})$$", "frames": 3}}]}


def mark(source, key, space=SPACE):
    return uuid.uuid5(space, f"{source}:{key}").bytes


def openings(upstream):
    return upstream.events("opened")


def acking(answer=lambda event: ()):
    return {"opening": [wire.welcome(acks=True)], "answer": answer}


def of_lives(upstream, count):
    """The first `count` events Opened and Closed."""
    eventually(lambda: len(upstream.events("opened") + upstream.events("closed")) >= count, f"{count} events")
    return [event for event in upstream.events() if event.WhichOneof("kind") in ("opened", "closed")]


def echoing(rig, **options):
    return rig.upstream(answer=wire.echo, **options)


def test_the_namespace_of_the_documentation_is_what_it_says():
    assert SPACE == uuid.uuid5(uuid.NAMESPACE_DNS, "waymark")


def test_a_device_keeps_its_mark_over_connections_and_proxies(rig):
    upstream = echoing(rig)
    first, second = rig.proxy(upstream, listener=LOGIN), rig.proxy(upstream, listener=LOGIN)
    for proxy in (first, second, first):
        client = proxy.client()
        assert client.ask(b"login 356307042441013") == b"login 356307042441013"
        client.close()
        upstream.expect("closed", count=len(openings(upstream)))
    events = openings(upstream)
    assert [event.mark for event in events] == 3 * [mark("first_frame", "356307042441013")]
    assert [event.opened.mark_source for event in events] == 3 * [link.MARK_SOURCE_FIRST_FRAME]
    assert [event.opened.trust for event in events] == 3 * [link.TRUST_CLAIMED]
    incarnations = [event.opened.incarnation for event in events]
    assert incarnations == sorted(set(incarnations)), "it grows, also across proxies"
    assert [event.opened.returning for event in events] == [False, False, True]
    assert [event.closed.incarnation for event in upstream.events("closed")] == incarnations


@pytest.mark.parametrize(
    "rule, framing, sent, key",
    [
        ({"offset": 4, "length": 8, "read": "bcd", "starts_with": "\\x78\\x78\\x0d\\x01"},
         {"fixed": {"bytes": 12}}, b"\x78\x78\x0d\x01" + bytes.fromhex("0356307042441013"), "0356307042441013"),
        ({"offset": 2}, {"length_prefix": {"size": 2, "strip": False}},
         b"\x00\x0f356307042441013", "356307042441013"),
        ({"offset": 0, "length": 6, "read": "hex"}, "raw", b"\x00\x1b\x44\x11\x3a\xb7-and-more", "001b44113ab7"),
        ({"offset": 1, "length": 4, "read": "decimal"}, {"fixed": {"bytes": 5}}, b"\x01\x00\x01\xe2\x40", "123456"),
        ({"offset": 1, "length": 4, "read": "decimal_little"}, {"fixed": {"bytes": 5}},
         b"\x01\x40\xe2\x01\x00", "123456"),
        ({"json_pointer": "/device/id"}, "line", b'{"device": {"id": "meter-7"}}\n', "meter-7"),
        ({"json_pointer": "/1"}, "line", b'["hello", 4711]\n', "4711"),
        ({"pattern": "imei:[0-9]+"}, "line", b"##,imei:359586015829802,A;\n", "imei:359586015829802"),
    ],
)
def test_an_id_is_read_as_its_rule_says(rig, rule, framing, sent, key):
    upstream = echoing(rig)
    listener = {"identity": [{"first_frame": rule}], "framing": framing, "expose_key": True}
    client = rig.proxy(upstream, listener=listener).client()
    client.dribble(sent, piece=5 if framing != "raw" else len(sent))
    assert client.receive(len(sent)) == sent, "the frame that told the id is a frame like any other"
    (opened,) = openings(upstream)
    assert (opened.mark, opened.opened.key) == (mark("first_frame", key), key)


def test_the_key_stays_here_unless_it_may_be_told(rig):
    upstream = echoing(rig)
    rig.proxy(upstream, listener=LOGIN).client().ask(b"login 4711")
    assert openings(upstream)[0].opened.key == ""


def test_a_namespace_of_ones_own_gives_other_marks(rig):
    upstream = echoing(rig)
    space = "11111111-2222-4333-8444-555555555555"
    rig.proxy(upstream, listener=LOGIN, namespace=space).client().ask(b"login 4711")
    assert openings(upstream)[0].mark == mark("first_frame", "4711", uuid.UUID(space))


def test_the_first_rule_that_finds_a_key_wins(rig):
    upstream = echoing(rig)
    rules = [{"first_frame": {"pattern": "^id=(.*)$$"}}, {"source_ip": {"trust": "vouched"}}]
    proxy = rig.proxy(upstream, listener={"identity": rules, "duplicates": "allow"})
    named, nameless = proxy.client(), proxy.client()
    named.ask(b"id=seven")
    nameless.ask(b"nothing of that kind")
    first, second = openings(upstream)
    assert (first.mark, first.opened.trust) == (mark("first_frame", "seven"), link.TRUST_CLAIMED)
    assert (second.mark, second.opened.trust) == (mark("source_ip", "127.0.0.1"), link.TRUST_VOUCHED)


def test_later_frames_are_looked_at_too_and_nothing_is_told_before(rig):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "60s"})
    client = proxy.client()
    client.send(b"hello\n")
    proxy.wait_for_total("downstream_connections_arriving")
    assert upstream.events("opened") == []
    client.send(b"login 4711\n")
    assert (client.receive_line(), client.receive_line()) == (b"hello", b"login 4711")
    assert openings(upstream)[0].mark == mark("first_frame", "4711")
    assert [event.seq for event in upstream.events("payload")] == [1, 2]


@pytest.mark.parametrize("sent", [b"one\ntwo\nthree\nlogin 4711\n", b"one\nlogin x\n"], ids=["too late", "never"])
def test_without_a_key_the_mark_is_random(rig, sent):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "300ms"})
    client = proxy.client()
    client.send(sent)
    assert client.receive(len(sent)) == sent
    opened = openings(upstream)[0].opened
    assert (opened.mark_source, opened.trust, opened.incarnation) == (link.MARK_SOURCE_RANDOM, link.TRUST_NONE, 1)


def test_who_says_nothing_is_let_in_after_a_while(rig):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "200ms"})
    client = proxy.client()
    assert upstream.expect("opened")[0].opened.mark_source == link.MARK_SOURCE_RANDOM
    assert proxy.wait_for_total("downstream_connections_identified_total", source="random")
    assert client.ask(b"hello") == b"hello"


def test_an_end_is_an_answer_too(rig):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "60s"})
    client = proxy.client()
    client.send(b"hello\nhalf a li")
    client.end_writing()
    upstream.expect("half_closed")
    assert upstream.payloads() == [b"hello"]
    silent = proxy.client()
    silent.reset()
    proxy.process.wait_for(lambda: proxy.log("connection_ended", peer=silent.address), "the end of it")
    assert proxy.total("downstream_connections_arriving") == 0


def test_frames_of_any_size_are_waited_for_as_far_as_they_can_be_seen(rig):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "60s"})
    client = proxy.client()
    frame = b"x" * 200_000 + b"\n"
    assert client.exchange(frame) == frame
    assert openings(upstream)[0].opened.mark_source == link.MARK_SOURCE_RANDOM


# --- a key that comes late ---


@pytest.mark.parametrize("acks", [False, True])
def test_a_key_that_comes_late_gives_its_mark_to_a_connection_that_is_served(rig, acks):
    upstream = rig.upstream(opening=[wire.welcome(acks=acks)], answer=wire.acking_echo if acks else wire.echo)
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "200ms", "expose_key": True})
    client = proxy.client()
    old = upstream.expect("opened")[0].mark
    upstream.send(wire.join(old, "fleet"), wire.bind(old, "truck"))
    assert client.ask(b"hello") == b"hello"
    assert client.ask(b"login 4711") == b"login 4711"
    client.send(b"after\n")
    (marked,) = upstream.expect("marked")
    new = mark("first_frame", "4711")
    assert (marked.mark, marked.marked.old_mark, marked.marked.key) == (new, old, "4711")
    assert (marked.marked.mark_source, marked.marked.trust) == (link.MARK_SOURCE_FIRST_FRAME, link.TRUST_CLAIMED)
    assert client.receive_line() == b"after"
    frames = [(event.mark, event.seq) for event in upstream.events("payload")]
    assert frames == [(old, 1), (old, 2), (new, 3)]
    upstream.send(wire.send(old, b"by the alias"), wire.to_name("truck", b"by its name"))
    assert (client.receive_line(), client.receive_line()) == (b"by the alias", b"by its name")
    assert proxy.admin.get(f"/v1/connections/{uuid.UUID(bytes=new)}")["key"] == "4711"
    newest = proxy.client()
    assert newest.ask(b"login 4711") == b"login 4711"
    eventually(client.was_reset, "the take-over")
    (closed,) = upstream.expect("closed")
    assert (closed.mark, closed.closed.incarnation) == (new, marked.marked.incarnation)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_late_key_takes_over_too(rig, workers):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "200ms"}, workers=workers)
    former, late = proxy.client(), proxy.client()
    former.ask(b"login 4711")
    upstream.expect("opened", count=2)
    late.ask(b"login 4711")
    eventually(former.was_reset, "the take-over")
    assert late.ask(b"more") == b"more"
    assert upstream.events("payload")[-1].mark == mark("first_frame", "4711")


def test_a_late_key_is_not_taken_from_who_keeps_it(rig):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "200ms", "duplicates": "refuse"})
    first, late = proxy.client(), proxy.client()
    first.ask(b"login 4711")
    upstream.expect("opened", count=2)
    late.send(b"login 4711\n")
    assert late.receive_to_end() == b"login 4711\n"
    assert proxy.ending_of(late)["reason"] == "DUPLICATE"
    assert first.ask(b"still here") == b"still here"


def test_a_late_key_waits_for_what_is_under_way(rig):
    upstream = rig.upstream(**acking(wire.acked_lifecycle))
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "200ms"})
    client, other = proxy.client(), proxy.client()
    upstream.expect("opened", count=2)
    client.send(b"login 4711\n")
    (frame,) = upstream.expect("payload")
    client.send(b"more\n")
    other.send(b"login 4712\n")
    upstream.send(wire.answer(upstream.expect("payload", count=2)[1]))
    (marked,) = upstream.expect("marked")  # of the other one: ticks have gone by
    assert marked.mark == mark("first_frame", "4712")
    assert [event.payload for event in upstream.events("payload", frame.mark)] == [b"login 4711"]
    upstream.send(wire.answer(frame))
    event = upstream.expect("payload", count=3)[2]
    assert (event.mark, event.payload) == (mark("first_frame", "4711"), b"more")
    assert upstream.events("marked")[1].marked.old_mark == frame.mark


def test_a_reload_leaves_those_alone_who_are_still_looked_at(rig):
    upstream = echoing(rig)
    settings = {"listener": {**LOGIN, "identity_wait": "200ms"}}
    proxy = rig.proxy(upstream, **settings)
    client = proxy.client()
    upstream.expect("opened")
    for _ in range(2):
        proxy.admin.post("/v1/config:reload")
    assert client.ask(b"login 4711") == b"login 4711"
    assert upstream.expect("marked")[0].mark == mark("first_frame", "4711")


def test_a_receipt_for_the_old_mark_comes_under_the_new_one_too(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener={**LOGIN, "identity_wait": "200ms"})
    client = proxy.client()
    old = upstream.expect("opened")[0].mark
    client.send(b"login 4711\n")
    upstream.expect("marked")
    upstream.send(wire.send(old, b"answer", receipt=7, incarnation=1))
    (receipt,) = upstream.expect("receipt")
    assert (receipt.receipt.receipt, receipt.mark) == (7, old)
    assert client.receive_line() == b"answer"


# --- two connections with one mark ---


def test_many_at_once_leave_one(rig):
    """Every worker claims the mark at the same time, again and again."""
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "max_take_overs": 0}, workers=3)
    clients = proxy.clients(60)
    for client in clients:
        client.send(b"login 4711\n")
    proxy.wait_for_total("downstream_connections_closed_total", at_least=59, reason="TAKEN_OVER")
    eventually(lambda: len(upstream.events("closed")) == len(openings(upstream)) - 1, "all but one to be closed")
    assert proxy.total("downstream_connections") == 1
    newest = max(event.opened.incarnation for event in openings(upstream))
    assert newest not in [event.closed.incarnation for event in upstream.events("closed")]
    assert proxy.client().ask(b"login 4711") == b"login 4711"


@pytest.mark.parametrize("workers", [1, 2])
def test_the_newest_connection_takes_over(rig, workers):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener=LOGIN, workers=workers)
    clients = []
    for turn in range(1, 5):  # by the round robin of workers, each worker is taken over from
        clients.append(proxy.client())
        assert clients[-1].ask(b"login 4711") == b"login 4711"
        upstream.expect("opened", count=turn)
        for former in clients[-2:-1]:
            eventually(former.was_reset, "the end of the former one")
    history = [
        (event.WhichOneof("kind"), event.opened.incarnation or event.closed.incarnation)
        for event in of_lives(upstream, 7)
    ]
    incarnations = [number for kind, number in history if kind == "opened"]
    assert incarnations == sorted(set(incarnations))
    closed = upstream.events("closed")
    # Ends come on the links of several workers, which wait for nobody.
    assert sorted(event.closed.incarnation for event in closed) == incarnations[:3]
    assert {event.closed.reason for event in closed} == {link.CLOSE_REASON_TAKEN_OVER}
    if workers == 1:
        assert [kind for kind, _ in history] == ["opened", "closed"] * 3 + ["opened"]
    assert clients[-1].ask(b"still here") == b"still here"
    assert proxy.total("downstream_connections_closed_total", reason="TAKEN_OVER") == 3
    assert {event.mark for event in openings(upstream)} == {mark("first_frame", "4711")}


def test_the_newcomer_is_refused_where_the_first_one_is_to_stay(rig):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "duplicates": "refuse"})
    first, second = proxy.client(), proxy.client()
    first.ask(b"login 4711")
    second.send(b"login 4711\n")
    assert second.receive_to_end() == b""
    assert proxy.ending_of(second)["reason"] == "DUPLICATE"
    assert proxy.total("downstream_connections_closed_total", reason="DUPLICATE") == 1
    assert first.ask(b"still here") == b"still here"
    first.close()
    upstream.expect("closed")
    assert proxy.client().ask(b"login 4711") == b"login 4711"
    assert len(openings(upstream)) == 2


def test_each_of_several_gets_a_mark_where_all_are_welcome(rig):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "duplicates": "allow"})
    clients = proxy.clients(3)
    for client in clients:
        assert client.ask(b"login 4711") == b"login 4711"
    marks = [event.mark for event in openings(upstream)]
    assert marks[0] == mark("first_frame", "4711") and len(set(marks)) == 3
    for number, client in enumerate(clients):
        assert client.ask(b"%d" % number) == b"%d" % number


def test_who_claims_a_mark_again_and_again_is_refused(rig):
    upstream = echoing(rig)
    proxy = rig.proxy(upstream, listener={**LOGIN, "max_take_overs": 2})
    last = None
    for _ in range(3):
        last = proxy.client()
        last.ask(b"login 4711")
    greedy = proxy.client()
    greedy.send(b"login 4711\n")
    assert greedy.receive_to_end() == b""
    assert proxy.ending_of(greedy)["reason"] == "DUPLICATE"
    assert last.ask(b"still here") == b"still here"


# --- what the former connection has left ---


def test_a_late_answer_does_not_reach_the_next_connection(rig):
    upstream = rig.upstream(**acking())
    proxy = rig.proxy(upstream, listener=LOGIN)
    former = proxy.client()
    former.send(b"login 4711\n")
    late = upstream.expect("payload")[0]
    newest = proxy.client()
    newest.send(b"login 4711\n")
    frame = upstream.expect("payload", count=2)[1]
    upstream.send(wire.send(late.mark, b"for the former", reply_to=late.delivery, receipt=1))
    refused = upstream.expect("undeliverable")[0].undeliverable
    assert refused.reason == link.REFUSAL_STALE_INCARNATION
    upstream.send(wire.send(frame.mark, b"for the newest", reply_to=frame.delivery))
    assert newest.receive_line() == b"for the newest"
    assert newest.is_silent()


def test_a_send_may_name_the_connection_it_is_for(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener=LOGIN)
    for turn in (1, 2):
        client = proxy.client()
        client.send(b"login 4711\n")
        upstream.expect("payload", count=turn)
    former, newest = (event.opened.incarnation for event in openings(upstream))
    name = openings(upstream)[0].mark
    upstream.send(wire.send(name, b"old", incarnation=former), wire.send(name, b"new", incarnation=newest))
    upstream.send(wire.send(name, b"either"))
    assert (client.receive_line(), client.receive_line()) == (b"new", b"either")
    assert upstream.expect("undeliverable")[0].undeliverable.reason == link.REFUSAL_STALE_INCARNATION


def test_frames_of_both_connections_come_again_each_in_its_place(rig):
    """What the former has left unacked moves with what the newest has, and nothing is mixed up."""
    first, second = rig.upstream(**acking()), rig.upstream(**acking())
    proxy = rig.proxy(first, listener=LOGIN)
    former = proxy.client()
    former.send(b"login 4711\nformer\n")
    first.expect("payload", count=2)
    newest = proxy.client()
    newest.send(b"login 4711\nnewest\n")
    first.expect("payload", count=4)
    proxy.admin.post("/v1/upstreams", {"pool": "default", "address": second.address})
    proxy.wait_for_upstreams(2)
    first.stop()
    frames = second.expect("payload", count=4)
    for event in frames:
        assert event.attempt == 2
    told = []
    for event in second.events():
        kind = event.WhichOneof("kind")
        if kind in ("opened", "closed"):
            told.append((kind, getattr(event, kind).incarnation))
        elif kind == "payload":
            told.append((event.seq, event.payload))
    before, after = sorted(event.opened.incarnation for event in second.events("opened"))
    assert told == [
        ("opened", before), (1, b"login 4711"), (2, b"former"), ("closed", before),
        ("opened", after), (1, b"login 4711"), (2, b"newest"),
    ]
    assert second.events("closed")[0].closed.reason == link.CLOSE_REASON_TAKEN_OVER
    for event in frames:
        second.send(wire.ack(event.delivery))
    eventually(lambda: proxy.total("link_outstanding_frames") == 0, "all to be done")
    newest.send(b"more\n")
    assert second.expect("payload", count=5)[-1].seq == 3


def test_acks_of_the_former_leave_the_share_of_the_newest_alone(rig):
    upstream = rig.upstream(**acking())
    proxy = rig.proxy(upstream, listener={**LOGIN, "up_window": "4KiB"})
    former = proxy.client()
    former.send(b"login 4711\n" + b"x" * 3000 + b"\n")
    upstream.expect("payload", count=2)
    newest = proxy.client()
    newest.send(b"login 4711\n")
    frames = upstream.expect("payload", count=3)
    for event in upstream.events():
        if event.delivery:
            upstream.send(wire.ack(event.delivery))
    newest.send(b"y\n" * 1000)
    for count in range(4, 1004):
        event = upstream.expect("payload", count=count)[count - 1]
        upstream.send(wire.ack(event.delivery))
    assert len(frames) == 3 and newest.is_silent()


@pytest.mark.parametrize("dispatch", ["frame", "frame_ordered"])
def test_a_newcomer_waits_for_what_its_former_has_in_the_queue(rig, dispatch):
    upstream = rig.upstream(**acking(wire.acked_lifecycle))
    proxy = rig.proxy(upstream, listener=LOGIN, pool={"dispatch": dispatch, "max_in_flight": 1})
    former = proxy.client()
    former.send(b"login 4711\nformer\n")
    (first,) = upstream.expect("payload")
    newest = proxy.client()
    newest.send(b"login 4711\nnewest\n")
    eventually(former.was_reset, "the take-over")
    upstream.send(wire.ack(also=[first.delivery]))
    for count in range(2, 5):
        event = upstream.expect("payload", count=count)[count - 1]
        upstream.send(wire.answer(event))
    assert (newest.receive_line(), newest.receive_line()) == (b"login 4711", b"newest")
    kinds = [event.WhichOneof("kind") for event in upstream.events()]
    wanted = ["opened", "payload", "payload", "closed", "opened", "payload", "payload"]
    assert [kind for kind in kinds if kind in wanted] == wanted
    assert upstream.payloads() == [b"login 4711", b"former", b"login 4711", b"newest"]


# --- several proxies ---


def come_and_come_back(rig, listener, connect):
    """A device at one proxy, cut off, then at the other: what its upstream was told each time.

    `connect(proxy, frame)`: a client of the device that has sent this frame and got it back.
    """
    upstreams = [echoing(rig) for _ in range(3)]
    settings = {"listener": listener, "pool": {"balance": "mark_hash"}}
    first, second = rig.proxy(*upstreams, **settings), rig.proxy(*upstreams, **settings)
    connect(first, b"login 356307042441013").close()
    eventually(lambda: sum(len(each.events("closed")) for each in upstreams) == 1, "the end")
    connect(second, b"login 356307042441013")
    served = [each for each in upstreams if openings(each)]
    assert len(served) == 1, "the same upstream, by the mark"
    before, after = openings(served[0])
    assert before.mark == after.mark
    assert after.opened.incarnation > before.opened.incarnation
    return after


def test_a_device_finds_its_mark_and_its_upstream_at_another_proxy(rig):
    def connect(proxy, frame):
        client = proxy.client()
        assert client.ask(frame) == frame
        return client

    event = come_and_come_back(rig, LOGIN, connect)
    assert event.mark == mark("first_frame", "356307042441013")


def test_so_does_one_that_a_load_balancer_knows(rig):
    listener = {"proxy_protocol": {"trusted_cidrs": ["127.0.0.0/8"]}, "identity": [{"proxy_tlv": {}}]}

    def connect(proxy, frame):
        sends = "send-proxy-v2 proxy-v2-options unique-id"
        client = rig.haproxy(proxy.addresses["clients"], sends, "device-7").client()
        assert client.ask(frame) == frame
        return client

    event = come_and_come_back(rig, listener, connect)
    assert event.mark == mark("proxy_tlv", "device-7")
    assert (event.opened.mark_source, event.opened.trust) == (link.MARK_SOURCE_PROXY_TLV, link.TRUST_VOUCHED)


def test_and_one_that_shows_its_certificate(rig, tmp_path):
    certificates = Certificates(tmp_path)
    certificates.make("device", names="DNS:device-7.example", issuer="ca")
    tls = {"certificates": [certificates.pair("server")], "client_auth": "require"}
    listener = {
        "tls": {**tls, "client_ca": certificates.path("ca")},
        "identity": [{"tls_client_certificate": {"field": "san"}}],
    }

    def connect(proxy, frame):
        context = certificates.client_context(certificate="device")
        client = TlsClient(proxy.addresses["clients"], context)
        rig.keep(Ended(client))
        assert client.ask(frame) == frame
        return client

    event = come_and_come_back(rig, listener, connect)
    assert event.mark == mark("tls_client_certificate", "DNS:device-7.example")
    assert event.opened.mark_source == link.MARK_SOURCE_TLS_CLIENT_CERTIFICATE
    assert event.opened.trust == link.TRUST_PROVEN


class Ended:
    def __init__(self, client):
        self.stop = client.close
