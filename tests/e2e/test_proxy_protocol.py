"""Listeners behind a load balancer: the PROXY header names the client, or nobody gets in."""

import socket
import struct

import pytest

from harness import wire
from harness.clock import eventually

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
TEXT = b"PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n"
TRUSTED = {"proxy_protocol": {"trusted_cidrs": ["127.0.0.0/8"], "header_timeout": "10s"}}


def binary(tlvs=b"", command=0x21):
    block = socket.inet_aton("192.0.2.1") + socket.inet_aton("203.0.113.7") + struct.pack(">HH", 56324, 443) + tlvs
    return SIGNATURE + bytes([command, 0x11]) + struct.pack(">H", len(block)) + block


def tlv(kind, value):
    return struct.pack(">BH", kind, len(value)) + value


def became(proxy, result):
    return proxy.total("proxy_headers_total", result=result)


@pytest.mark.parametrize("header", [TEXT, binary()], ids=["v1", "v2"])
@pytest.mark.parametrize("way", ["together", "byte by byte", "header first"])
def test_the_header_names_the_client_and_its_bytes_follow(rig, header, way):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener=TRUSTED)
    client = proxy.client()
    if way == "together":
        client.send(header + b"hello\n")
    elif way == "byte by byte":
        client.dribble(header + b"hello\n")
    else:
        client.send(header)
        upstream.expect("opened")
        client.send(b"hello\n")
    assert client.receive_line() == b"hello"
    (opened,) = upstream.events("opened")
    assert opened.opened.peer == "192.0.2.1:56324"
    assert upstream.payloads() == [b"hello"]
    assert became(proxy, "accepted") == 1
    client.close()
    assert proxy.wait_for_log("connection_ended")["peer"] == "192.0.2.1:56324"


def test_tlvs_are_passed_on_as_they_came(rig):
    first, second = rig.upstream(answer=wire.echo), rig.upstream(answer=wire.echo)
    proxy = rig.proxy(first, listener=TRUSTED)
    client = proxy.client()
    client.send(binary(tlv(0x05, b"unique \0 id") + tlv(0x01, b"h2") + tlv(0xE0, b"")) + b"hello\n")
    assert client.receive_line() == b"hello"
    tlvs = [(0x05, b"unique \0 id"), (0x01, b"h2"), (0xE0, b"")]
    (opened,) = first.events("opened")
    assert [(each.type, each.value) for each in opened.opened.proxy_tlvs] == tlvs
    proxy.admin.post("/v1/upstreams", {"pool": "default", "address": second.address})
    proxy.wait_for_upstreams(2)
    first.stop()
    again = second.expect("opened")[0].opened
    assert (again.peer, again.resumed) == ("192.0.2.1:56324", True)
    assert [(each.type, each.value) for each in again.proxy_tlvs] == tlvs, "also when it moves"


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", binary(b"junk", command=0x20)], ids=["UNKNOWN", "LOCAL"])
def test_the_balancers_own_connections_keep_their_address(rig, header):
    upstream = rig.upstream(answer=wire.echo)
    client = rig.proxy(upstream, listener=TRUSTED).client()
    client.send(header)
    assert client.ask(b"hello") == b"hello"
    assert upstream.events("opened")[0].opened.peer == client.address


@pytest.mark.parametrize("start", [b"hello\n", b"PROXY TCP5 1 2 3 4\r\n", SIGNATURE + b"\x31\x11\0\0"])
def test_without_a_header_nobody_gets_in(rig, start):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener=TRUSTED)
    client = proxy.client()
    client.send(start)
    eventually(client.was_reset, "a RST")
    assert became(proxy, "malformed") == 1
    other = proxy.client()
    other.send(TEXT)
    assert other.ask(b"well") == b"well"
    assert len(upstream.events("opened")) == 1


def test_half_a_header_is_ended_by_its_sender_or_by_time(rig):
    upstream = rig.upstream()
    quick = {"proxy_protocol": {"trusted_cidrs": ["127.0.0.1"], "header_timeout": "300ms"}}
    proxy = rig.proxy(upstream, listener=quick)
    slow, short = proxy.client(), proxy.client()
    slow.send(TEXT[:20])
    eventually(slow.was_reset, "a RST")
    assert became(proxy, "late") >= 1
    hasty = proxy.client()
    hasty.send(TEXT[:20])
    hasty.end_writing()
    eventually(hasty.was_reset, "a RST")
    eventually(lambda: became(proxy, "ended") + became(proxy, "late") == 3, "all to be counted")
    assert short.receive_to_end() == b"", "of one that has said nothing"
    assert proxy.total("proxy_headers_awaited") == 0
    assert upstream.events("opened") == []


def test_who_is_not_trusted_is_not_let_in(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener={"proxy_protocol": {"trusted_cidrs": ["192.0.2.0/24"]}})
    client = proxy.client()
    eventually(lambda: became(proxy, "untrusted") == 1, "the client to be refused")
    assert client.receive_to_end() == b""
    assert upstream.events("opened") == []


def test_those_who_wait_count_towards_the_cap_and_do_not_hold_up_a_drain(rig):
    upstream = rig.upstream()
    proxy = rig.proxy(upstream, listener=TRUSTED, limits={"max_connections": 2})
    waiting = [proxy.client(), proxy.client()]
    eventually(lambda: proxy.total("proxy_headers_awaited") == 2, "both to wait")
    third = proxy.client()
    third.send(TEXT)
    eventually(lambda: proxy.total("listener_paused_total", cause="max_connections") > 0, "a pause")
    assert upstream.events("opened") == []
    waiting[0].send(TEXT[:6] + b"nonsense\r\n")
    upstream.expect("opened")
    assert proxy.terminate() == 0


@pytest.mark.parametrize(
    "proxies, said",
    [
        ({"trusted_cidrs": ["10.0.0.1/8"]}, "trusted_cidrs[0]: '10.0.0.1/8' has bits behind its prefix"),
        ({"header_timeout": "2s"}, "trusted_cidrs: required, and missing"),
        ({"trusted_cidrs": []}, "trusted_cidrs: at least one is due, found an empty list"),
    ],
)
def test_mistakes_in_the_configuration_are_named(rig, proxies, said):
    settings = {"proxy_protocol": proxies}
    file = rig.configuration_file(
        {
            "listeners": [{"name": "a", "bind": "127.0.0.1:0", "pool": "p", **settings}],
            "pools": [{"name": "p", "upstreams": ["127.0.0.1:1"]}],
        }
    )
    check = rig.run("waymark", "check", "-c", file)
    assert check.wait_exit() == 2
    assert f"listeners[0].proxy_protocol.{said}" in check.stderr


@pytest.mark.parametrize("version, uniques", [("send-proxy", False), ("send-proxy-v2", True)])
def test_a_real_haproxy_in_front(rig, version, uniques):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, listener=TRUSTED)
    options = " proxy-v2-options unique-id,crc32c" if uniques else ""
    unique = "device-%[src_port]" if uniques else None
    client = rig.haproxy(proxy.addresses["clients"], version + options, unique).client()
    assert client.ask(b"hello") == b"hello"
    opened = upstream.events("opened")[0].opened
    assert opened.peer == client.address
    told = {each.type: each.value for each in opened.proxy_tlvs}
    port = client.address.rpartition(":")[2]
    assert told.get(0x05) == (f"device-{port}".encode() if uniques else None)
    assert became(proxy, "accepted") == 1
