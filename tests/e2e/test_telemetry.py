"""/livez, /readyz and /metrics; and the books that must balance in every scrape."""

import json
import re

import pytest

from harness.books import assert_balanced
from harness.clock import eventually, scaled
from harness.ports import free_address
from harness.proxy import configuration


def test_ready_comes_with_the_first_upstream_and_stays(rig):
    stub = rig.stub()
    stub.kill()
    proxy = rig.proxy(stub, ready=0)
    status, reason = proxy.get("/readyz")
    assert status == 503 and "default" in reason
    assert proxy.get("/livez")[0] == 200
    stub.restart()
    eventually(lambda: proxy.get("/readyz")[0] == 200, "/readyz")
    stub.kill()
    proxy.wait_for_upstreams(0)
    assert proxy.get("/readyz")[0] == 200, "clients are held: taking the proxy out would lose them"


def test_what_it_does_not_serve(rig):
    proxy = rig.proxy(free_address(), ready=0)
    assert proxy.get("/")[0] == 404
    assert proxy.get("/metrics/../etc/passwd")[0] == 404


@pytest.mark.parametrize("workers, on_doubt", [(1, "resend"), (2, "resend"), (2, "drop")])
def test_the_books_balance_under_load_and_after_a_loss(rig, workers, on_doubt):
    stubs = rig.stubs(3)
    proxy = rig.proxy(*stubs, workers=workers, pool={"on_doubt": on_doubt})
    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 100, "--in-flight", 4, "--payload", "64-4096"),
        *("--warmup", "100ms", "--duration", f"{scaled(3):g}s", "--reply-timeout", "1s"),
        "--allow-lost",
    )
    load.wait_measuring()
    scrapes = 0
    for killed in (None, stubs[0], stubs[1]):
        if killed:
            killed.kill()
            proxy.wait_for_log("upstream_lost", address=killed.address)
        for _ in range(20):
            assert_balanced(proxy.metrics())
            scrapes += 1
    assert load.running(), "all scrapes were under load"
    code, summary = load.result()
    assert code == 0 and summary["disconnects"] == 0, summary
    assert_balanced(proxy.metrics())
    assert scrapes == 60


def test_the_books_balance_without_any_upstream(rig):
    stub = rig.stub()
    proxy = rig.proxy(stub)
    load = rig.load(
        proxy,
        *("--framing", "line", "--connections", 50, "--in-flight", 4, "--payload", "1024"),
        *("--warmup", "100ms", "--duration", "1s", "--reply-timeout", "500ms", "--allow-lost"),
    )
    load.wait_measuring()
    stub.kill()
    proxy.wait_for_upstreams(0)
    assert_balanced(proxy.metrics())
    stub.restart()
    proxy.wait_for_upstreams(1)
    load.result()
    assert_balanced(proxy.metrics())


# --- the log ---

FIELDS = {
    "time",
    "level",
    "event",
    "mark",
    "peer",
    "listener",
    "upstream",
    "frames_up",
    "frames_down",
    "bytes_up",
    "bytes_down",
    "seconds",
    "reason",
}


def test_one_line_for_each_ended_connection(rig):
    proxy = rig.proxy(rig.stub(name="red"))
    clients = proxy.clients(100)
    for number, client in enumerate(clients):
        for _ in range(number % 3):
            assert client.ask(b"12345") == b"12345"
        client.end_writing()
        assert client.receive_to_end() == b""
    proxy.wait_for_total("downstream_connections_closed_total", at_least=100)
    assert proxy.terminate() == 0

    lines = proxy.log("connection_ended")
    assert len(lines) == 100
    by_peer = {line["peer"]: line for line in lines}
    assert len({line["mark"] for line in lines}) == 100
    for number, client in enumerate(clients):
        line = by_peer[client.address]
        frames = number % 3
        assert set(line) == FIELDS
        assert (line["listener"], line["upstream"], line["reason"]) == ("clients", "red", "CLIENT_CLOSED")
        assert (line["frames_up"], line["frames_down"]) == (frames, frames)
        assert (line["bytes_up"], line["bytes_down"]) == (5 * frames, 5 * frames)
        assert 0 <= line["seconds"] < 60


def test_every_line_of_the_log_is_one_json_object(rig):
    upstream = rig.stub(name='quo"te \\ \x07\u202e')
    proxy = rig.proxy(upstream)
    assert proxy.client().ask(b'"payload"') == b'"payload"'
    assert proxy.terminate() == 0
    lines = proxy.process.stderr.splitlines()
    names = [json.loads(line).get("name") for line in lines]
    assert 'quo"te \\ \x07\u202e' in names
    assert not any("\u202e" in line or "\x07" in line for line in lines)
    assert not any("payload" in line for line in lines), "payloads are never logged"


@pytest.mark.parametrize("level, written", [("info", True), ("error", False)])
def test_text_and_level(rig, level, written):
    settings = configuration([], admin={"bind": "127.0.0.1:0"}, log={"format": "text", "level": level})
    process = rig.run("waymark", "serve", "-c", rig.configuration_file(settings))
    if written:
        process.wait_for(lambda: "started" in process.stderr, "its start")
        assert re.search(r"^\S+Z info +started version=\S+ ", process.stderr, re.M)
    else:
        process.wait_for(process.has_listener, "its start")
    assert process.terminate() == 0
    assert (process.stderr != "") == written
