"""GET /v1/connections of many clients: complete, each once, also while others come and go."""

import resource
import threading

import pytest

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
