"""Connections that go to another pool than their listener's."""

import socket
import struct

import pytest

from harness import wire
from harness.proxy import configuration


def two_pools(rig, routes, listener=None, **settings):
    """(proxy, the upstream of the listener's pool, that of the routes)"""
    usual, other = rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)
    everything = configuration([usual.address], listener={"routes": routes, **(listener or {})}, **settings)
    everything["pools"].append({"name": "other", "upstreams": [other.address]})
    return rig.start_proxy(everything).wait_for_upstreams(2), usual, other


def test_first_bytes_choose_the_pool(rig):
    routes = [{"pool": "other", "starts_with": ["GET ", "##"]}]
    proxy, usual, other = two_pools(rig, routes, listener={"identity_wait": "60s"})
    for sent in (b"hello\n", b"GEx\n", b"GET /\n", b"##,imei\n"):
        client = proxy.client()
        client.dribble(sent)
        assert client.receive_line() + b"\n" == sent
    assert usual.payloads() == [b"hello", b"GEx"]
    assert other.payloads() == [b"GET /", b"##,imei"]


def test_the_first_route_that_holds_is_taken_and_its_pool_kept(rig):
    routes = [{"pool": "other", "source_cidrs": ["127.0.0.0/8"]}, {"pool": "default", "starts_with": ["x"]}]
    proxy, usual, other = two_pools(rig, routes)
    client = proxy.client()
    assert client.ask(b"x") == b"x"
    proxy.admin.post("/v1/config:reload")
    assert client.ask(b"y") == b"y"
    assert (usual.payloads(), other.payloads()) == ([], [b"x", b"y"])
    assert proxy.admin.get("/v1/connections")["connections"][0]["pool"] == "other"


def test_who_says_nothing_goes_to_the_pool_of_the_listener(rig):
    routes = [{"pool": "other", "starts_with": ["x"]}]
    proxy, usual, _ = two_pools(rig, routes, listener={"identity_wait": "200ms"})
    proxy.client()
    assert usual.expect("opened")[0].opened.listener == "clients"


def test_a_route_and_a_key_may_come_of_the_same_bytes(rig):
    listener = {"identity": [{"first_frame": {"pattern": "id=(.*)", "frames": 2}}], "expose_key": True}
    proxy, usual, other = two_pools(rig, [{"pool": "other", "starts_with": ["v2"]}], listener=listener)
    client = proxy.client()
    client.send(b"v2\nid=7\n")
    assert (client.receive_line(), client.receive_line()) == (b"v2", b"id=7")
    assert other.events("opened")[0].opened.key == "7"
    assert usual.events("opened") == []


def test_the_authority_of_a_proxy_header(rig):
    listener = {"proxy_protocol": {"trusted_cidrs": ["127.0.0.0/8"]}}
    proxy, usual, other = two_pools(rig, [{"pool": "other", "authority": ["*.b.example"]}], listener=listener)
    for name, upstream in ((b"a.example", usual), (b"X.B.example", other)):
        tlv = struct.pack(">BH", 0x02, len(name)) + name
        block = socket.inet_aton("192.0.2.1") + socket.inet_aton("203.0.113.7") + struct.pack(">HH", 1, 2) + tlv
        client = proxy.client()
        client.send(b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(">H", len(block)) + block + b"hello\n")
        assert client.receive_line() == b"hello"
        assert len(upstream.events("opened")) == 1


@pytest.mark.parametrize(
    "route, said",
    [
        ({"pool": "nowhere", "starts_with": ["x"]}, "routes[0].pool: no pool is called"),
        ({"pool": "p"}, "routes[0]: needs one of"),
        ({"pool": "p", "sni": ["a.example"]}, "routes[0].sni: needs the listener's `tls`"),
        ({"pool": "p", "authority": ["a.example"]}, "routes[0].authority: needs the listener's `proxy_protocol`"),
    ],
)
def test_a_route_that_cannot_hold_is_a_mistake(rig, route, said):
    file = rig.configuration_file(
        {
            "listeners": [{"name": "a", "bind": "127.0.0.1:0", "pool": "p", "routes": [route]}],
            "pools": [{"name": "p", "upstreams": ["127.0.0.1:1"]}],
        }
    )
    check = rig.run("waymark", "check", "-c", file)
    assert check.wait_exit() == 2
    assert f"listeners[0].{said}" in check.stderr
