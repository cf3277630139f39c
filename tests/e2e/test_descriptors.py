"""At the cap of connections, or out of descriptors, clients wait in the backlog and nothing spins."""

import time

from harness.clock import eventually, scaled


def served(clients):
    """Those that have got the answer to what they asked."""
    return [client for client in clients if not client.is_silent()]


def cpu_share_while_serving(proxy, client, seconds):
    """The part of a core the proxy uses while one client talks now and then."""
    cpu, began = proxy.process.cpu_seconds(), time.monotonic()
    while time.monotonic() - began < seconds:
        assert client.ask(b"are you there?") == b"are you there?"
        time.sleep(0.02)  # a pace, not a synchronisation
    return (proxy.process.cpu_seconds() - cpu) / (time.monotonic() - began)


def ask_all(clients):
    for number, client in enumerate(clients):
        client.send(b"%d\n" % number)


def test_clients_over_the_cap_wait_and_are_served_later(rig):
    proxy = rig.proxy(rig.stub(), limits={"max_connections": 20})
    clients = proxy.clients(50)
    ask_all(clients)
    eventually(lambda: len(served(clients)) == 20, "20 served clients")
    assert proxy.total("max_connections") == 20
    proxy.wait_for_total("listener_paused_total", cause="max_connections")
    assert proxy.total("downstream_connections") == 20

    waiting = [client for client in clients if client not in served(clients)]
    for batch in range(2):
        done = served(clients)
        assert len(done) == 20
        for client in done:
            clients.remove(client)
            client.close()
        eventually(lambda: len(served(clients)) == min(20, len(clients)), f"batch {batch}")
    assert all(client in waiting for client in clients)
    assert sorted(int(client.receive_line()) for client in clients) == list(range(40, 50))


def test_a_burst_of_connects_at_the_cap_is_served_in_full(rig):
    proxy = rig.proxy(*rig.stubs(2), limits={"max_connections": 50})
    waiting = proxy.clients(500)
    ask_all(waiting)
    answered = 0
    while waiting:
        ready = eventually(lambda: served(waiting), "the next served clients", within=5)
        for client in ready:
            client.receive_line()
            client.close()
            waiting.remove(client)
        answered += len(ready)
    assert answered == 500
    assert proxy.total("listener_accepted_total") == 500
    assert proxy.total("listener_failed_total") == 0


def test_at_the_cap_nothing_spins(rig):
    proxy = rig.proxy(rig.stub(), limits={"max_connections": 5})
    clients = proxy.clients(10)
    ask_all(clients)
    eventually(lambda: len(served(clients)) == 5, "5 served clients")
    busy = served(clients)[0]
    busy.receive_line()
    assert cpu_share_while_serving(proxy, busy, 1.0) < 0.5


def test_out_of_descriptors_clients_wait_and_nothing_spins(rig):
    limit = 80
    proxy = rig.proxy(
        rig.stub(),
        limits={"max_connections": 1000},  # more than there are descriptors
        prefix=["prlimit", f"--nofile={limit}:{limit}"],
    )
    clients = proxy.clients(120)
    ask_all(clients)
    eventually(lambda: proxy.process.open_descriptors() >= limit, "no descriptor left")
    eventually(lambda: len(served(clients)) > 30, "those that have a descriptor are served")
    busy = served(clients)[0]
    busy.receive_line()
    assert cpu_share_while_serving(proxy, busy, 1.0) < 0.5

    answered = 1
    clients.remove(busy)
    while clients:
        ready = eventually(lambda: served(clients), "the next served clients", within=5)
        for client in ready:
            client.receive_line()
            client.close()
            clients.remove(client)
        answered += len(ready)
    assert answered == 120
    assert busy.ask(b"still here") == b"still here"
    metrics = proxy.metrics()
    assert metrics.total("listener_paused_total", cause="descriptors") >= 1
    assert metrics.total("listener_accepted_total") == 120


def test_recovery_takes_no_longer_than_a_second(rig):
    limit = 80
    proxy = rig.proxy(
        rig.stub(), limits={"max_connections": 1000}, prefix=["prlimit", f"--nofile={limit}:{limit}"]
    )
    clients = proxy.clients(100)
    ask_all(clients)
    eventually(lambda: proxy.process.open_descriptors() >= limit, "no descriptor left")
    done = eventually(lambda: served(clients), "some served")
    for client in done:
        clients.remove(client)
        client.close()
    began = time.monotonic()
    eventually(lambda: served(clients), "the next served clients")
    assert time.monotonic() - began < scaled(1.5)


def test_connections_leave_no_descriptor_behind(rig):
    proxy = rig.proxy(rig.stub())
    assert proxy.client().ask(b"hello") == b"hello"
    before = proxy.process.open_descriptors()
    for _ in range(5):
        clients = proxy.clients(100)
        for client in clients:
            assert client.ask(b"hello") == b"hello"
        for index, client in enumerate(clients):
            if index % 2:
                client.close()
            else:
                client.reset()
    eventually(lambda: proxy.process.open_descriptors() <= before, "the descriptors of before")
    assert proxy.total("downstream_connections") == 1
