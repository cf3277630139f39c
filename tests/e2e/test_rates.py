"""How fast one client is read: beyond its bytes or frames a second it is paused, and nothing is lost."""

import signal
import time

import pytest

from harness import wire
from harness.clock import eventually, scaled


def limits(**more):
    return {"listener": {"limits": more}}


def paused(proxy, cause):
    return proxy.total("downstream_reads_paused_total", cause=cause)


@pytest.mark.parametrize("dispatch", ["connection", "frame"])
def test_frames_come_at_their_rate_and_none_is_lost(rig, dispatch):
    upstream = rig.upstream(answer=wire.echo)
    proxy = rig.proxy(upstream, pool={"dispatch": dispatch}, **limits(max_frames_per_second=50))
    client = proxy.client()
    lines = b"".join(b"%07d\n" % number for number in range(150))
    began = time.monotonic()
    assert client.exchange(lines) == lines
    assert time.monotonic() - began >= 1.5, "50 at once, 100 at 50 a second"
    assert paused(proxy, "max_frames_per_second") >= 1
    assert paused(proxy, "max_bytes_per_second") == 0


@pytest.mark.parametrize("framing", ["line", "raw"])
def test_bytes_come_at_their_rate_and_none_is_lost(rig, framing):
    proxy = rig.proxy(rig.stub(), framing=framing, **limits(max_bytes_per_second="16KiB"))
    client = proxy.client()
    data = (b"x" * 1023 + b"\n") * 48
    began = time.monotonic()
    assert client.exchange(data) == data
    assert time.monotonic() - began >= 1.8, "16 KiB at once, 32 at 16 a second"
    assert paused(proxy, "max_bytes_per_second") >= 1


def test_a_fast_client_slows_nobody_else(rig):
    proxy = rig.proxy(rig.stub(), **limits(max_frames_per_second=20))
    fast, calm = proxy.client(), proxy.client()
    fast.send(b"again\n" * 200)
    eventually(lambda: paused(proxy, "max_frames_per_second") >= 1, "a pause")
    for _ in range(20):
        began = time.monotonic()
        assert calm.ask(b"hello") == b"hello"
        assert time.monotonic() - began < scaled(1)
    assert not fast.was_reset()


def test_below_the_rate_nobody_is_paused(rig):
    proxy = rig.proxy(rig.stub(), **limits(max_frames_per_second=1000, max_bytes_per_second="1MiB"))
    client = proxy.client()
    for _ in range(100):
        assert client.ask(b"hello") == b"hello"
    assert paused(proxy, "max_frames_per_second") == paused(proxy, "max_bytes_per_second") == 0


def test_a_paused_client_that_leaves_is_noticed(rig):
    proxy = rig.proxy(rig.stub(), **limits(max_frames_per_second=1))
    client = proxy.client()
    client.send(b"a\n" * 100)
    eventually(lambda: paused(proxy, "max_frames_per_second") >= 1, "a pause")
    client.reset()
    assert proxy.ending_of(client)["reason"] == "CLIENT_RESET"


def test_a_reload_sets_and_lifts_the_rate_of_who_is_there(rig):
    proxy = rig.proxy(rig.stub())
    client = proxy.client()
    assert client.ask(b"hello") == b"hello"
    settings = proxy._settings
    (listener,) = settings["listeners"]

    def reload(**rates):
        seen = len(proxy.log("config_reloaded"))
        proxy.rewrite({**settings, "listeners": [{**listener, "limits": rates}]})
        proxy.process.signal(signal.SIGHUP)
        eventually(lambda: len(proxy.log("config_reloaded")) > seen, "the reload")

    reload(max_frames_per_second=1)
    client.send(b"again\n" * 50)
    eventually(lambda: paused(proxy, "max_frames_per_second") >= 1, "a pause")
    reload()
    began = time.monotonic()
    assert client.receive(50 * 6) == b"again\n" * 50
    assert time.monotonic() - began < scaled(10), "and not 50 s"
