"""Listeners, pools, limits and timeouts that change while the proxy runs: nobody is dropped or refused."""

import contextlib
import copy
import os
import socket
import threading

import pytest

from harness import wire
from harness.admin import Refused
from harness.clock import PATIENCE, eventually
from harness.ports import free_address
from harness.proxy import configuration

CLEAN = ("mismatched", "lost", "late", "duplicates", "connect_errors", "disconnects")


class Reloading:
    """A proxy and the configuration it has; `change` is a context that edits it and reloads."""

    def __init__(self, rig, *upstreams, ready=None, **more):
        addresses = [each.address for each in upstreams]
        more = {"pool": {"leave_timeout": "300ms"}, **more}
        self.settings = configuration(addresses, state=str(rig.folder / "state"), **more)
        self.proxy = rig.start_proxy(self.settings)
        self.proxy.wait_for_upstreams(len(upstreams) if ready is None else ready)

    @contextlib.contextmanager
    def change(self):
        changed = copy.deepcopy(self.settings)
        yield changed
        self.proxy.rewrite(changed)
        self.done = self.proxy.admin.post("/v1/config:reload")
        self.settings = changed
        for each in self.proxy.admin.get("/v1/listeners")["listeners"]:
            self.proxy.addresses[each["name"]] = each["address"]

    def refused(self, changed):
        self.proxy.rewrite(changed)
        with pytest.raises(Refused) as refused:
            self.proxy.admin.post("/v1/config:reload")
        self.proxy.rewrite(self.settings)
        return refused.value


def listener(name, bind="127.0.0.1:0", pool="default", **more):
    return {"name": name, "bind": bind, "pool": pool, "framing": "line", **more}


def assert_clean(load):
    code, summary = load.result()
    assert {key: summary[key] for key in CLEAN} == dict.fromkeys(CLEAN, 0)
    assert code == 0 and summary["received"] > 0


def refuses(address):
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


# --- listeners ---


def test_listeners_come_and_go_and_their_connections_stay(rig):
    running = Reloading(rig, rig.stub())
    proxy = running.proxy
    old = proxy.client()
    assert old.ask(b"before") == b"before"
    old_address = proxy.addresses["clients"]
    with running.change() as settings:
        settings["listeners"] = [listener("meters")]
    assert proxy.client("meters").ask(b"new") == b"new"
    assert old.ask(b"after") == b"after"
    assert refuses(old_address)
    assert [each["name"] for each in proxy.admin.get("/v1/listeners")["listeners"]] == ["meters"]
    with_old = proxy.admin.connections("?listener=clients")
    assert [each["peer"] for each in with_old] == [old.address]
    # What it counted is still counted, by the same name.
    assert proxy.total("downstream_frames_total", listener="clients", direction="up") == 2
    with running.change() as settings:
        settings["listeners"] = [listener("clients"), listener("meters")]
    assert proxy.client("clients").ask(b"again") == b"again"
    assert proxy.total("downstream_frames_total", listener="clients", direction="up") == 3


def test_a_listener_that_is_renamed_keeps_its_socket_and_who_waits_there(rig):
    address = free_address()
    running = Reloading(rig, rig.stub(), listener={"bind": address})
    load = rig.load(running.proxy, *("--mode", "churn", "--framing", "line", "--concurrency", 8, "--duration", "3s"))
    load.wait_measuring()
    for name in ("first", "second", "third", "clients"):
        with running.change() as settings:
            settings["listeners"] = [listener(name, address)]
    assert_clean(load)


def test_who_waits_with_its_header_at_a_listener_that_goes_is_closed(rig):
    wanted = {"proxy_protocol": {"trusted_cidrs": ["127.0.0.1"], "header_timeout": "60s"}}
    running = Reloading(rig, rig.stub(), listener=wanted)
    client = running.proxy.client()
    eventually(lambda: running.proxy.total("proxy_headers_awaited") == 1, "the client to wait")
    with running.change() as settings:
        settings["listeners"] = [listener("other")]
    assert client.receive_to_end() == b""
    assert running.proxy.total("proxy_headers_awaited") == 0
    assert running.proxy.total("proxy_headers_total", result="late") == 0


def test_other_framing_is_for_those_who_connect_from_then_on(rig):
    running = Reloading(rig, rig.stub())
    lines = running.proxy.client()
    lines.send(b"half a ")
    with running.change() as settings:
        settings["listeners"][0]["framing"] = {"fixed": {"bytes": 3}}
    fixed = running.proxy.client()
    fixed.send(b"abcdef")
    assert fixed.receive(6) == b"abcdef"
    lines.send(b"line\n")
    assert lines.receive_line() == b"half a line"


def test_timeouts_are_for_those_who_are_there_too(rig):
    running = Reloading(rig, rig.stub())
    client = running.proxy.client()
    client.ask(b"hello")
    with running.change() as settings:
        settings["listeners"][0]["idle_timeout"] = "50ms"
    assert client.receive_to_end() == b""
    assert running.proxy.ending_of(client)["reason"] == "IDLE_TIMEOUT"


def test_a_listener_that_cannot_be_opened_changes_nothing(rig):
    running = Reloading(rig, rig.stub())
    proxy = running.proxy
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = "127.0.0.1:{}".format(other.getsockname()[1])
        changed = copy.deepcopy(running.settings)
        changed["listeners"] = [listener("fine"), listener("taken", taken)]
        changed["pools"][0]["active_within"] = "5s"
        refused = running.refused(changed)
    assert refused.status == 409
    assert "listener 'taken'" in refused.body["message"] and taken in refused.body["message"]
    assert [each["name"] for each in proxy.admin.get("/v1/listeners")["listeners"]] == ["clients"]
    assert proxy.client().ask(b"hello") == b"hello"
    assert proxy.admin.get("/v1/config:diff")["differences"] == []


# --- pools ---


def test_clients_follow_their_listener_to_another_pool_under_load(rig):
    blue, green = rig.stub("--delay", "20ms"), rig.stub("--delay", "20ms")
    running = Reloading(rig, blue, pool={"leave_timeout": "5s"})  # answers may be out for so long
    proxy = running.proxy
    # One at a time: of two, the second may go to the other pool and be answered first.
    load = rig.load(proxy, *("--framing", "line", "--connections", 500, "--duration", "5s"))
    load.wait_measuring()
    with running.change() as settings:
        settings["pools"] = [{**settings["pools"][0], "name": "green", "upstreams": [green.address]}]
        settings["listeners"][0]["pool"] = "green"
    # Everybody has moved, so nothing keeps the old pool.
    eventually(lambda: len(proxy.admin.connections("?pool=green&limit=1000")) == 500, "all to be green")
    eventually(lambda: [each["address"] for each in proxy.admin.upstreams()] == [green.address], "blue to be gone")
    assert_clean(load)
    assert [pool["name"] for pool in proxy.admin.get("/v1/pools")["pools"]] == ["green"]


def test_a_pool_that_is_gone_serves_those_it_has(rig):
    blue, green = rig.stubs(2)
    running = Reloading(rig, blue)
    proxy = running.proxy
    old = proxy.client()
    old.ask(b"hello")
    with running.change() as settings:
        settings["pools"] = [{"name": "green", "upstreams": [green.address]}]
        settings["listeners"] = [listener("others", pool="green")]
    assert proxy.client("others").ask(b"new") == b"new"
    assert old.ask(b"still there") == b"still there"
    assert {each["address"] for each in proxy.admin.upstreams()} == {blue.address, green.address}
    old.close()
    eventually(lambda: [each["address"] for each in proxy.admin.upstreams()] == [green.address], "blue to be gone")


def test_held_clients_follow_their_listener(rig):
    stub = rig.stub()
    running = Reloading(rig)
    client = running.proxy.client()
    client.send(b"anybody?\n")
    eventually(lambda: running.proxy.total("downstream_connections_held") == 1, "the client to be held")
    with running.change() as settings:
        settings["pools"] = [{"name": "other", "upstreams": [stub.address]}]
        settings["listeners"][0]["pool"] = "other"
    assert client.receive_line() == b"anybody?"


def test_frames_that_wait_go_along_with_their_clients(rig):
    """The only upstream is gone with frames under way: another pool gets them, in order."""
    silent, stub = rig.upstream(answer=lambda event: []), rig.stub()
    running = Reloading(rig, silent)
    clients = running.proxy.clients(5)
    for number, client in enumerate(clients):
        client.send(b"first of %d\n" % number)
    silent.expect("payload", 5)
    silent.stop()
    eventually(lambda: running.proxy.total("downstream_connections_held") == 5, "the clients to be held")
    with running.change() as settings:
        settings["pools"] = [{"name": "other", "upstreams": [stub.address]}]
        settings["listeners"][0]["pool"] = "other"
    # What was written for good before the end is not sent again; what is comes before newer frames.
    for number, client in enumerate(clients):
        client.send(b"last\n")
        lines = [client.receive_line()]
        if lines != [b"last"]:
            lines.append(client.receive_line())
            assert lines == [b"first of %d" % number, b"last"]
    assert running.proxy.total("frames_stranded") == 0


def test_refused_frames_go_along_to_a_pool_that_orders_them(rig):
    """They wait for their time no longer: there is a line for them, and nobody passes it."""
    acks = {"opening": [wire.welcome(acks=True)], "answer": wire.acked_lifecycle}
    first, second = rig.upstream(**acks), rig.upstream(**acks)
    running = Reloading(rig, first)
    client = running.proxy.client()
    client.send(b"one\ntwo\n")
    first.send(wire.nack(first.expect("payload", 2)[0].delivery, delay_ms=600_000))
    eventually(lambda: running.proxy.total("link_outstanding_frames") == 0, "both to be taken back")
    client.send(b"three\n")
    with running.change() as settings:
        ordered = {"name": "ordered", "dispatch": "frame_ordered", "upstreams": [second.address]}
        settings["pools"].append(ordered)
        settings["listeners"][0]["pool"] = "ordered"
    out = second.expect("payload")[0]
    assert (out.payload, out.seq, out.attempt) == (b"one", 1, 2)
    client.end_writing()
    second.send(wire.answer(out))
    assert client.receive_line() == b"one"
    for number, payload in ((2, b"two"), (3, b"three")):
        frames = second.expect("payload", number)
        assert len(frames) == number, "one at a time"
        out = frames[-1]
        assert (out.payload, out.seq) == (payload, number)
        second.send(wire.answer(out))
        assert client.receive_line() == payload
    second.expect("half_closed")
    kinds = [event.WhichOneof("kind") for event in second.events(mark=out.mark)]
    assert kinds == ["opened", "payload", "payload", "payload", "half_closed"]


def test_larger_frames_are_carried_by_links_that_are_there(rig):
    # The upstream itself was told that the proxy takes 1 MiB.
    upstream = rig.upstream(answer=lambda event: wire.echo(event) if event.ByteSize() < 1 << 20 else [])
    running = Reloading(rig, upstream)
    before = running.proxy.client()
    before.ask(b"hello")
    with running.change() as settings:
        settings["listeners"][0]["framing"] = {"line": {"max_frame_bytes": "4MiB"}}
    large = b"y" * (3 << 20)
    client = running.proxy.client()
    client.send(large + b"\n")
    eventually(lambda: large in upstream.payloads(upstream.mark_of(client)), "the frame to arrive")
    before.ask(b"still there")
    assert running.proxy.log("upstream_lost") == []


def test_a_pool_of_a_reload_does_not_make_the_proxy_unready(rig):
    running = Reloading(rig, rig.stub())
    assert running.proxy.get("/readyz")[0] == 200
    with running.change() as settings:
        settings["pools"].append({"name": "empty", "upstreams": []})
        settings["listeners"].append(listener("more", pool="empty"))
    assert running.proxy.get("/readyz")[0] == 200
    with running.change() as settings:
        settings["readyz"] = {"require_upstreams": True}
    eventually(lambda: running.proxy.get("/readyz")[0] == 503, "unready for want of an upstream")


def test_windows_and_balance_of_a_pool_change_for_its_links(rig):
    running = Reloading(rig, rig.stub(), rig.stub())
    assert running.proxy.total("link_window_bytes") == 2 * (4 << 20)
    with running.change() as settings:
        settings["pools"][0].update(window_bytes="1MiB", balance="mark_hash")
    eventually(lambda: running.proxy.total("link_window_bytes") == 2 * (1 << 20), "the links to be told")
    assert running.proxy.admin.get("/v1/pools/default")["balance"] == "mark_hash"
    for client in running.proxy.clients(8):
        assert client.ask(b"hello") == b"hello"


# --- often ---


def test_a_thousand_hang_ups_leave_no_trace(rig):
    """SIGHUP again and again, each with another file, while clients talk."""
    blue, green = rig.stubs(2)
    running = Reloading(rig, blue, green)
    proxy = running.proxy
    client = proxy.client()
    other = copy.deepcopy(running.settings)
    other["listeners"].append(listener("more"))
    other["pools"][0].update(upstreams=[blue.address], active_within="5s")
    descriptors = f"/proc/{proxy.process.pid}/fd"

    def hang_up(settings):
        proxy.rewrite(settings)
        before = len(proxy.log("config_reloaded"))
        proxy.process.signal_hangup()
        eventually(lambda: len(proxy.log("config_reloaded")) > before, "a reload")

    def round_trip():
        hang_up(other)
        hang_up(running.settings)
        assert client.ask(b"still there") == b"still there"
        eventually(lambda: len(proxy.admin.upstreams()) == 2, "both upstreams")

    round_trip()
    at_first = len(os.listdir(descriptors))
    for _ in range(1000):
        proxy.process.signal_hangup()  # those that come before one was looked at are one
    for _ in range(10):
        round_trip()
    eventually(lambda: len(os.listdir(descriptors)) <= at_first + 2, "no descriptor to be left open")
    assert client.ask(b"at last") == b"at last"
    assert proxy.log("config_not_reloaded") == []


# --- settings, one by one ---


def patch(proxy, persist=False, **values):
    values = {path.replace("__", "."): value for path, value in values.items()}
    return proxy.admin.call("PATCH", "/v1/config", {"set": values, "persist": persist})


def test_single_settings_are_taken_at_once_until_the_next_reload(rig):
    running = Reloading(rig, rig.stub())
    proxy = running.proxy
    patch(proxy, limits__max_connections="7")
    assert proxy.admin.get("/v1/info")["max_connections"] == 7
    difference = proxy.admin.get("/v1/config:diff")["differences"][0]
    assert difference["path"] == "limits.max_connections" and difference["running"] == "7"
    assert not difference["persisted"]
    with running.change():
        pass
    assert proxy.admin.get("/v1/info")["max_connections"] != 7
    assert proxy.admin.get("/v1/config:diff")["differences"] == []


def test_settings_that_are_kept_outlive_reload_and_restart(rig):
    running = Reloading(rig, rig.stub())
    proxy = running.proxy
    proxy.admin.call(
        "PATCH",
        "/v1/config",
        {"set": {"limits.max_connections": "7", "pools[default].active_within": "3s"}, "persist": True},
    )
    with running.change():
        pass
    assert proxy.admin.get("/v1/info")["max_connections"] == 7
    assert proxy.terminate() == 0
    proxy = rig.start_proxy(running.settings)
    assert proxy.admin.get("/v1/info")["max_connections"] == 7
    kept = {each["path"]: each["persisted"] for each in proxy.admin.get("/v1/config:diff")["differences"]}
    assert kept == {"limits.max_connections": True, "pools[default].active_within": True}
    # The file's own value again: nothing is kept any more.
    patch(proxy, persist=True, limits__max_connections="auto")
    kept = {each["path"]: each["persisted"] for each in proxy.admin.get("/v1/config:diff")["differences"]}
    assert kept == {"pools[default].active_within": True}


@pytest.mark.parametrize(
    "path, value, what",
    [
        ("limits.max_connexions", "7", "there is no such setting"),
        ("limits.max_connections", "many", "limits.max_connections"),
        ("limits.max_memory", "1KiB", "16MiB"),
        ("workers", "2", "only a restart"),
        ("admin.bind", "127.0.0.1:1", "only a restart"),
        ("log.format", "text", "only a restart"),
        ("pools[default].name", "x", "in the file"),
        ("pools[other].active_within", "5s", "there is no such setting"),
        ("log.level", "${HOME}", "variables belong into the file"),
        ("drain.timeout", "1", "drain.timeout"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_nothing_changes(rig, path, value, what):
    running = Reloading(rig, rig.stub())
    with pytest.raises(Refused) as refused:
        running.proxy.admin.call(
            "PATCH", "/v1/config", {"set": {"limits.accepts_per_turn": "9", path: value}, "persist": True}
        )
    assert refused.value.status == 400
    assert path in refused.value.body["message"] and what in refused.value.body["message"]
    assert running.proxy.admin.get("/v1/config:diff")["differences"] == []


def test_less_memory_is_felt_at_once(rig):
    running = Reloading(rig, rig.stub())
    patch(running.proxy, limits__max_memory="16MiB")
    assert running.proxy.total("memory_limit_bytes") == 16 << 20
    assert running.proxy.client().ask(b"hello") == b"hello"


def test_changes_at_the_same_time_are_one_after_the_other(rig):
    running = Reloading(rig, rig.stub())
    failures = []

    def many(number):
        try:
            for _ in range(10):
                patch(running.proxy, persist=True, limits__accepts_per_turn=str(number))
        except Exception as problem:  # noqa: BLE001 - told to the test's own thread
            failures.append(problem)

    threads = [threading.Thread(target=many, args=(number,)) for number in range(2, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    now = running.proxy.admin.get("/v1/config:diff")["differences"][0]
    assert now["path"] == "limits.accepts_per_turn" and now["running"] in {"2", "3", "4", "5"}
    assert now["persisted"]
