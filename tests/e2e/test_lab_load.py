"""waymark-lab load: clients of every shape, and what they make of what happens to them."""

import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socketserver
import struct
import subprocess
import tempfile
import threading

import pytest

from harness.clock import scaled
from harness.process import Process, program
from harness.terminal import Terminal


def summary(text):
    """Its numbers, by name: {"frames sent": 120}."""
    found = re.findall(r"^(\w[a-z ]*?)  +([\d,]+)$", text, re.MULTILINE)
    return {name: int(number.replace(",", "")) for name, number in found}


def load_of(lab, *arguments):
    return [program("waymark-lab"), "--dir", str(lab.dir), "load", *arguments]


@pytest.mark.parametrize(
    "framing, shapes", [("line", ("steady", "ramp", "storm", "churn", "slow")), ("raw", ("steady", "churn"))]
)
def test_clients_of_every_shape_take_any_reply(rig, framing, shapes):
    lab = rig.lab(proxies=2, upstreams=4, framing=framing).wait_up()
    for number, reply in enumerate(("upper", "template:{id} has {payload}", "none"), 2):
        lab.run("set", f"stub-{number}", "--reply", reply)
    connections, unanswered = {}, 0
    for shape in shapes:
        told = summary(lab.run("load", "--shape", shape, "--clients", "8", "--rate", "80", "--for", "3s"))
        assert told["cut off"] == told["refused"] == told["wrong answers"] == 0
        assert 0 < told["answered"] <= told["frames sent"]
        connections[shape] = told["connections"]
        unanswered += told["frames sent"] - told["answered"]
    assert connections.pop("churn") > 8
    assert connections.pop("ramp", 8) >= 7, "its last one comes at the end"
    assert set(connections.values()) == {8}
    assert unanswered > 0, "a stub answers nothing"


@pytest.fixture
def small_lab(rig):
    return rig.lab(proxies=2, upstreams=2).wait_up()


def test_no_client_is_cut_off_when_an_upstream_is_killed(small_lab, rig):
    load = rig.keep(Process(rig.folder, "load", load_of(small_lab, "--rate", "200")))
    wait_for_clients(small_lab, load)
    small_lab.run("kill", "stub-1")
    small_lab.run("start", "stub-1")
    assert load.terminate() == 0, load.stderr
    told = summary(load.stdout)
    assert told["connections"] == 10 and told["cut off"] == 0 and told["answered"] > 0


def test_clients_of_a_killed_proxy_are_told_of_and_come_again(small_lab, rig):
    load = rig.keep(Process(rig.folder, "load", load_of(small_lab)))
    wait_for_clients(small_lab, load)
    small_lab.run("kill", "proxy-1")
    wait_for_clients(small_lab, load, proxies=["proxy-2"], count=10)
    assert load.terminate() == 1
    told = summary(load.stdout)
    assert told["cut off"] == 5 and told["connections"] == 15
    assert re.search(r"^waymark-lab: 5 connections cut off.*; the first: 127\.0\.0\.1:\d+ ended a connection",
                     load.stderr)


def wait_for_clients(lab, load, proxies=("proxy-1", "proxy-2"), count=10):
    """Until that many connections of the load are there, at these proxies together."""
    ports = {int(lab.members()[name][3].rpartition(":")[2]) for name in proxies}

    def connected():
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[3] == "01" and int(row[1].rpartition(":")[2], 16) in ports for row in rows) == count

    load.wait_for(connected, f"{count} clients")


def test_it_ends_with_its_lab(small_lab, rig):
    load = rig.keep(Process(rig.folder, "load", load_of(small_lab)))
    wait_for_clients(small_lab, load)
    small_lab.run("down")
    small_lab.process.wait_exit()
    assert load.wait_exit() == 3
    assert f"the lab of {small_lab.dir} has ended" in load.stderr


def test_on_a_terminal_it_tells_how_it_goes(small_lab):
    with Terminal(load_of(small_lab, "--clients", "3")) as terminal:
        terminal.wait_for("3 clients, ")
        terminal.wait_for(" s  3 clients, 100 sent/s")
        terminal.child.send_signal(signal.SIGINT)
        assert terminal.wait() == 0
        assert "wrong answers" in terminal.seen


F_OFD_SETLK = 37  # fcntl.h; Python has no name for it


class Swapper:
    """A lab with one proxy, which gives each client what the one before has sent."""

    def __init__(self):
        self.above = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        self.dir = self.above
        self._last = b"hello\n"
        self._stack = contextlib.ExitStack()
        proxy = self._serve(socketserver.StreamRequestHandler, self._swap)
        api = self._serve(http.server.BaseHTTPRequestHandler, None)
        self._lab = {"members": [{"kind": "proxy", "address": f"127.0.0.1:{proxy}"}]}
        (self.dir / "api").write_text(f"http://127.0.0.1:{api}")
        (self.dir / "token").write_text("secret\n")
        lock = self._stack.enter_context((self.dir / "waymark-lab.lock").open("w"))
        whole_file = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(lock, F_OFD_SETLK, whole_file)

    def _serve(self, kind, handle):
        swapper = self

        class Handler(kind):
            def handle(self):
                if handle:
                    handle(self)
                else:
                    super().handle()

            def do_GET(self):
                body = json.dumps(swapper._lab).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = self._stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._stack.callback(server.shutdown)
        return server.server_address[1]

    def _swap(self, client):
        for line in client.rfile:
            self._last, before = line, self._last
            client.wfile.write(before)

    def stop(self):
        self._stack.close()
        shutil.rmtree(self.above)


def test_an_answer_of_another_client_is_wrong(rig):
    swapper = rig.keep(Swapper())
    done = subprocess.run(
        load_of(swapper, "--clients", "2", "--for", "1s"), capture_output=True, text=True, timeout=scaled(60), check=False
    )
    assert done.returncode == 1, done.stderr
    assert summary(done.stdout)["wrong answers"] > 0
    assert re.search(r"answers? to somebody else; the first: client [0-9a-f]{16} got \"load-", done.stderr)


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--shape", "calm"], "--shape: calm is unknown, allowed: steady, ramp, storm, churn, slow"),
        (["--for", "soon"], "--for: "),
        (["--size", "39"], "--size: 39 is out of range, allowed: 40 to 64KiB"),
        (["--clients", "0"], "--clients: "),
        (["--rate", "1000000"], "--rate: "),
    ],
)
def test_a_value_that_cannot_be_is_a_usage_error(arguments, says):
    done = subprocess.run(
        [program("waymark-lab"), "load", *arguments], capture_output=True, text=True, timeout=scaled(60), check=False
    )
    assert done.returncode == 2 and says in done.stderr, done.stderr
