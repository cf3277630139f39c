"""GET /v1/connections of many clients: complete, each once, also while others come and go."""

import resource
import threading
import uuid

import pytest

from harness import wire
from harness.admin import Refused
from harness.clock import eventually
from harness.process import Process

MANY = 10_000


def pages(proxy, limit):
    """The marks, page by page."""
    token = ""
    while True:
        answer = proxy.admin.get(f"/v1/connections?limit={limit}" + (f"&page_token={token}" if token else ""))
        yield [connection["mark"] for connection in answer["connections"]]
        token = answer["next_page_token"]
        if not token:
            return


def idle_clients(rig, proxy, count):
    rig.load(proxy, "--mode", "idle", "--connections", count, "--idle-hold", "10m")
    eventually(lambda: proxy.total("downstream_connections") == count, f"{count} connections", within=60)


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < MANY + 1000, reason="too few descriptors")
def test_ten_thousand_clients_are_listed_once_each(rig):
    proxy = rig.proxy(rig.stub(), workers=2)
    idle_clients(rig, proxy, MANY)
    (whole,) = pages(proxy, MANY)
    assert len(whole) == len(set(whole)) == MANY
    assert whole == sorted(whole)
    in_pages = list(pages(proxy, 999))
    assert [len(page) for page in in_pages] == [999] * 10 + [MANY - 9990]
    assert [mark for page in in_pages for mark in page] == whole


def test_who_stays_is_listed_while_others_come_and_go(rig):
    proxy = rig.proxy(rig.stub(), workers=2)
    stay = 500
    clients = proxy.clients(stay)
    for client in clients:
        client.ask(b"hello")
    staying = {mark for page in pages(proxy, MANY) for mark in page}
    assert len(staying) == stay
    over = threading.Event()

    def come_and_go():
        while not over.is_set():
            for client in proxy.clients(20):
                client.ask(b"hello")  # no faster than the proxy
                client.close()

    others = threading.Thread(target=come_and_go)
    others.start()
    try:
        for _ in range(10):
            found = [mark for page in pages(proxy, 50) for mark in page]
            assert len(found) == len(set(found))
            assert staying <= set(found)
            assert found == sorted(found)
    finally:
        over.set()
        others.join()


ORDERS = ("mark", "peer", "listener", "upstream", "state", "opened", "last_frame", "frames_up", "frames_down", "bytes_up", "bytes_down", "queued", "outstanding")
TIMES = {"opened": "opened_at", "last_frame": "last_frame_at"}  # told each time anew, to the millisecond
FIELDS = {**TIMES, "queued": "queued_bytes", "outstanding": "outstanding_bytes"}


def port_of(address):
    return int(address.rpartition(":")[2])


# What `peer` is ordered by where all come from 127.0.0.1.
VALUES = {"peer": port_of}


def in_order(proxy, order, descending, limit):
    """(connections of all pages, matched of the first)."""
    token, found, matched = "", [], None
    query = f"/v1/connections?order={order}&limit={limit}" + ("&descending=true" if descending else "")
    while True:
        answer = proxy.admin.get(query + (f"&page_token={token}" if token else ""))
        matched = answer["matched"] if matched is None else matched
        assert len(answer["connections"]) <= limit
        found += answer["connections"]
        token = answer["next_page_token"]
        if not token:
            return found, matched


@pytest.mark.parametrize("workers", [1, 2])
def test_lists_are_ordered_over_all_pages(rig, workers):
    proxy = rig.proxy(rig.stub(), workers=workers)
    clients = proxy.clients(23)  # of which those that never speak are inactive
    for number, client in enumerate(clients):
        for _ in range(number % 7):
            client.ask(b"x" * (50 - number))
    for order in ORDERS:
        for descending in (False, True) if order != "mark" else (False,):
            for limit in (5, 23, 100):
                found, matched = in_order(proxy, order, descending, limit)
                assert matched == len({each["mark"] for each in found}) == len(found) == 23, (order, limit)
                value = VALUES.get(order, lambda one: one)
                values = [value(each[FIELDS.get(order, order)]) for each in found]
                if order not in TIMES:
                    assert values == sorted(values, reverse=descending), (order, limit)


def test_the_newest_and_the_one_that_spoke_last_come_first(rig):
    proxy = rig.proxy(rig.stub(), workers=2)
    early = proxy.clients(5)
    for client in early:
        client.ask(b"hello")

    def first(order):
        return proxy.admin.get(f"/v1/connections?order={order}&descending=true&limit=1")["connections"][0]["peer"]

    def another_comes_first():
        client = proxy.client()  # within the same millisecond the marks decide
        client.ask(b"hello")
        return first("opened") == client.address

    def who_speaks_comes_first():
        early[3].ask(b"again")
        return first("last_frame") == early[3].address

    eventually(another_comes_first, "the newest is first")
    eventually(who_speaks_comes_first, "the one that spoke last is first")


def test_connections_of_one_upstream_and_listener_stand_together(rig):
    proxy = rig.proxy(*[rig.stub() for _ in range(3)], workers=2)
    for client in proxy.clients(20):
        client.ask(b"hello")
    upstreams = [each["id"] for each in proxy.admin.get("/v1/upstreams")["upstreams"]]
    for descending in (False, True):
        found, _ = in_order(proxy, "upstream", descending, 6)
        places = [upstreams.index(each["upstream"]) for each in found]
        assert set(places) == {0, 1, 2}
        assert places == sorted(places, reverse=descending)


def test_connections_are_found_by_their_peer(rig):
    proxy = rig.proxy(rig.stub(), workers=2)
    clients = proxy.clients(7)
    for client in clients:
        client.ask(b"hello")
    port = port_of(clients[2].address)

    def peers(text):
        return {each["peer"] for each in proxy.admin.get(f"/v1/connections?peer={text}")["connections"]}

    everybody = {client.address for client in clients}
    for text in ("127.0.0.1", "127.0.0.0/8", "0.0.0.0/0"):
        assert peers(text) == everybody, text
    assert peers(f"127.0.0.1:{port}") == {clients[2].address}
    for text in ("127.0.0.2", "10.0.0.0/8", f"127.0.0.2:{port}", "::1", f"[::1]:{port}"):
        assert peers(text) == set(), text
    for text in ("localhost", "127.0.0.1:0", "127.0.0.1/8", "127.0.0", "127.0.0.1:70000"):
        with pytest.raises(Refused) as refused:
            peers(text)
        assert refused.value.status == 400, text
    done = proxy.admin.post("/v1/connections:close", {"filter": {"peer": f"127.0.0.1:{port}"}})
    assert (done["matched"], done["done"]) == (1, 1)
    eventually(lambda: peers("127.0.0.1") == everybody - {clients[2].address}, "that one has ended")


def test_a_page_token_belongs_to_its_order(rig):
    proxy = rig.proxy(rig.stub())
    for client in proxy.clients(3):
        client.ask(b"hello")
    token = proxy.admin.get("/v1/connections?order=bytes_up&limit=1")["next_page_token"]
    for query in (f"order=mark&page_token={token}", f"order=bytes_up&page_token={token.partition('.')[2]}", "order=opened&page_token=x.y"):
        with pytest.raises(Refused) as refused:
            proxy.admin.get(f"/v1/connections?{query}")
        assert refused.value.status == 400
        assert refused.value.body["details"][0]["field"] == "page_token"


def test_what_is_not_acked_stands_in_the_ledger(rig):
    upstream = rig.upstream(opening=[wire.welcome(acks=True)], answer=wire.acked_lifecycle)
    proxy = rig.proxy(upstream)
    client, other = proxy.client(), proxy.client()
    upstream.expect("opened", count=2)
    client.send(b"one\ntwo\nthree\n")
    other.send(b"elsewhere\n")
    frames = upstream.expect("payload", count=4)
    mark = next(uuid.UUID(bytes=bytes(frame.mark)) for frame in frames if frame.payload == b"one")

    def look():
        return proxy.admin.get(f"/v1/connections/{mark}")

    def frames_in(connection):
        return [each["seq"] for each in connection["ledger"]["entries"] if each["seq"]]

    shown = look()
    frames_of = [each for each in shown["ledger"]["entries"] if each["seq"]]
    assert shown["ledger"]["acks"] is True
    assert shown["ledger"]["last_acked"] == 0
    assert [each["seq"] for each in frames_of] == [1, 2, 3]
    assert [each["attempts"] for each in frames_of] == [1, 1, 1]
    assert all(each["received_at"] and each["bytes"] > 3 for each in frames_of)
    assert shown["outstanding_events"] == len(shown["ledger"]["entries"])
    assert shown["outstanding_bytes"] == sum(each["bytes"] for each in shown["ledger"]["entries"])
    assert "ledger" not in proxy.admin.get("/v1/connections")["connections"][0]
    first, *others = [frame.delivery for frame in frames if frame.mark == mark.bytes]
    upstream.send(wire.ack(also=others))
    eventually(lambda: frames_in(look()) == [1], "the first frame alone is left")
    assert look()["ledger"]["last_acked"] == 0, "of what is behind the first one some may come again"
    upstream.send(wire.ack(also=[first]))
    eventually(lambda: frames_in(look()) == [], "no frame is left")
    assert look()["ledger"]["last_acked"] == 3
