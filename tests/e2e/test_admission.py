"""Who may connect: so many of one source at a time, and so many in a second. Sources come by PROXY headers."""

import signal
import time

import pytest

from harness.clock import eventually, scaled

TRUSTED = {"trusted_cidrs": ["127.0.0.0/8"]}


def behind_balancer(**limits):
    return {"proxy_protocol": TRUSTED, "limits": limits}


def connect(proxy, source, line=b""):
    client = proxy.client()
    client.send(b"PROXY TCP4 %s 203.0.113.7 56324 443\r\n" % source.encode() + line)
    return client


def is_served(client):
    return client.ask(b"hello") == b"hello"


def refused(proxy, reason):
    return proxy.total("listener_refused_total", listener="clients", reason=reason)


def counted(proxy):
    return proxy.total("listener_counted_connections"), proxy.total("listener_counted_sources")


def test_one_source_gets_so_many_connections_and_others_theirs(rig):
    proxy = rig.proxy(rig.stub(), listener=behind_balancer(max_connections_per_source=2))
    first, second = connect(proxy, "192.0.2.1"), connect(proxy, "192.0.2.1")
    assert is_served(first) and is_served(second)
    third = connect(proxy, "192.0.2.1")
    eventually(third.was_reset, "a RST")
    other = connect(proxy, "192.0.2.2")
    assert is_served(other) and is_served(first)
    assert refused(proxy, "max_connections_per_source") == 1
    assert refused(proxy, "max_connections_per_prefix") == 0
    assert counted(proxy) == (3, 2)
    line = proxy.wait_for_log("connections_refused")
    assert (line["listener"], line["reason"], line["count"]) == ("clients", "max_connections_per_source", 1)
    assert line["source"] == "192.0.2.1:56324"
    second.close()
    eventually(lambda: counted(proxy) == (2, 2), "the end to be counted")
    assert is_served(connect(proxy, "192.0.2.1"))


def test_one_network_gets_so_many_connections(rig):
    limits = behind_balancer(max_connections_per_prefix=2, source_prefix_v4=24, exempt_cidrs=["198.51.100.0/24"])
    proxy = rig.proxy(rig.stub(), listener=limits)
    inside = [connect(proxy, f"192.0.2.{host}") for host in (1, 2)]
    assert all(is_served(client) for client in inside)
    eventually(connect(proxy, "192.0.2.3").was_reset, "a RST")
    assert is_served(connect(proxy, "192.0.3.3"))
    assert refused(proxy, "max_connections_per_prefix") == 1
    free = [connect(proxy, "198.51.100.7") for _ in range(5)]
    assert all(is_served(client) for client in free), "exempt_cidrs"
    local = [connect(proxy, "127.0.0.1") for _ in range(5)]
    assert all(is_served(client) for client in local), "the loopback"
    assert counted(proxy) == (3, 3)


def test_one_source_opens_so_many_connections_in_a_minute(rig):
    proxy = rig.proxy(rig.stub(), listener=behind_balancer(max_new_per_source=2))
    for _ in range(2):
        client = connect(proxy, "192.0.2.1")
        assert is_served(client)
        client.close()
    eventually(connect(proxy, "192.0.2.1").was_reset, "a RST")
    assert is_served(connect(proxy, "192.0.2.2"))
    local = [connect(proxy, "127.0.0.1") for _ in range(5)]
    assert all(is_served(client) for client in local), "the loopback"
    assert refused(proxy, "max_new_per_source") == 1
    assert proxy.wait_for_log("connections_refused")["reason"] == "max_new_per_source"


def test_a_flood_of_refusals_is_no_flood_of_lines(rig):
    proxy = rig.proxy(rig.stub(), listener=behind_balancer(max_connections_per_source=1))
    assert is_served(connect(proxy, "192.0.2.1"))
    began = time.monotonic()
    crowd = [connect(proxy, "192.0.2.1") for _ in range(50)]
    eventually(lambda: refused(proxy, "max_connections_per_source") == 50, "all to be refused")
    for client in crowd:
        eventually(client.was_reset, "a RST")
    assert len(proxy.log("connections_refused")) <= 2 + (time.monotonic() - began)


def test_counts_are_zero_after_any_churn(rig):
    """Ends of all kinds: by the client, by RST, by a deadline, by the operator, and refused ones."""
    stub = rig.stub()
    limits = {**behind_balancer(max_connections_per_source=8), "frame_timeout": "300ms", "linger_timeout": "100ms"}
    proxy = rig.proxy(stub, listener=limits, workers=2)
    for round_ in range(5):
        sources = [f"192.0.2.{host}" for host in range(1, 5)]
        clients = [connect(proxy, source, b"hello\n") for source in sources * 8]
        eventually(lambda: counted(proxy) == (32, 4), "all to be counted")
        over = [connect(proxy, source) for source in sources]
        eventually(lambda seen=4 * (round_ + 1): refused(proxy, "max_connections_per_source") == seen, "refusals")
        for number, client in enumerate(clients):
            if number % 4 == 0:
                client.close()
            elif number % 4 == 1:
                client.reset()
            elif number % 4 == 2:
                client.send(b"half a frame")
        proxy.admin.post("/v1/connections:close", {"filter": {"state": "all"}})
        for client in clients + over:
            client.close()
        eventually(lambda: counted(proxy) == (0, 0), "nobody to be counted")
        assert proxy.total("downstream_connections") == 0
    assert is_served(connect(proxy, "192.0.2.1"))


def test_a_reload_keeps_who_is_counted(rig):
    proxy = rig.proxy(rig.stub(), listener=behind_balancer(max_connections_per_source=3))
    clients = [connect(proxy, "192.0.2.1") for _ in range(3)]
    assert all(is_served(client) for client in clients)
    settings = proxy._settings
    (listener,) = settings["listeners"]

    def limit_to(most, refusals):
        proxy.rewrite({**settings, "listeners": [{**listener, "limits": {"max_connections_per_source": most}}]})
        proxy.process.signal(signal.SIGHUP)
        eventually(lambda: len(proxy.log("config_reloaded")) >= refusals, "the reload")

    limit_to("off", 1)
    extra = connect(proxy, "192.0.2.1")
    assert is_served(extra), "no limit any more"
    limit_to(3, 2)
    eventually(connect(proxy, "192.0.2.1").was_reset, "a RST")
    clients[0].close()
    eventually(lambda: counted(proxy) == (2, 1), "the end to be counted")
    extra.close()
    assert is_served(connect(proxy, "192.0.2.1"))
    assert counted(proxy) == (3, 1), "who came while there was no limit never counted"


def test_beyond_the_rate_clients_wait_and_are_served_in_time(rig):
    proxy = rig.proxy(rig.stub(), listener=behind_balancer(max_new_per_second=20, new_burst=5))
    began = time.monotonic()
    clients = [connect(proxy, f"192.0.2.{number}", b"hello\n") for number in range(25)]
    for client in clients:
        assert client.receive_line() == b"hello"
    assert time.monotonic() - began >= 0.95, "5 at once and 20 at 20 a second"
    assert proxy.total("listener_paused_total", cause="max_new_per_second") >= 1
    assert refused(proxy, "max_connections_per_source") == 0


def test_the_loopback_does_not_wait_for_the_rate(rig):
    proxy = rig.proxy(rig.stub(), listener={"limits": {"max_new_per_second": 1}})
    began = time.monotonic()
    assert all(is_served(client) for client in proxy.clients(20))
    assert time.monotonic() - began < scaled(10)
    assert proxy.total("listener_paused_total", cause="max_new_per_second") == 0


@pytest.mark.parametrize(
    "limits, said",
    [
        ({"max_connections_per_source": 0}, "max_connections_per_source: 0 is out of range"),
        ({"source_prefix_v4": 33}, "source_prefix_v4: 33 is out of range, allowed: 1 to 32"),
        ({"exempt_cidrs": ["10.0.0.1/8"]}, "exempt_cidrs[0]: '10.0.0.1/8' has bits behind its prefix"),
    ],
)
def test_mistakes_in_the_configuration_are_named(rig, limits, said):
    file = rig.configuration_file(
        {
            "listeners": [{"name": "a", "bind": "127.0.0.1:0", "pool": "p", "limits": limits}],
            "pools": [{"name": "p", "upstreams": ["127.0.0.1:1"]}],
        }
    )
    check = rig.run("waymark", "check", "-c", file)
    assert check.wait_exit() == 2
    assert f"listeners[0].limits.{said}" in check.stderr
