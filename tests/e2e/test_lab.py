"""waymark-lab: real proxies and stubs, and nothing left of them."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import urllib.request

import pytest

from harness.clock import eventually, scaled
from harness.lab import FREE_PORTS
from harness.process import Process, program


@pytest.fixture
def start(rig):
    return rig.lab


def gone(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_the_life_of_a_lab(start):
    lab = start(proxies=2, upstreams=3).wait_up()
    members = lab.members()
    assert list(members) == ["proxy-1", "proxy-2", "stub-1", "stub-2", "stub-3"]
    assert {state for _, state, _, _ in members.values()} == {"running"}
    assert [lab.ask(b"hello", proxy) for proxy in ("proxy-1", "proxy-2")] == [b"hello"] * 2

    lab.run("set", "stub-1", "--reply", "template:{id} says {payload}", "--delay", "5ms")
    shown = lab.run("set", "stub-1")
    assert re.search(r"reply +template:\{id\} says \{payload\}", shown) and re.search(r"delay +5ms", shown)
    assert 'jitter: "soon"' in lab.run("set", "stub-1", "--jitter", "soon", code=2)
    assert "proxy-1 is a proxy" in lab.run("set", "proxy-1", "--delay", "1s", code=1)

    first = members["stub-2"][2]
    lab.run("kill", "stub-2")
    assert lab.members()["stub-2"][1:3] == ("stopped", None) and gone(first)
    assert "SIGKILL" in lab.run("logs", "stub-2")
    lab.run("start", "stub-2")
    assert lab.members()["stub-2"][1] == "running"

    lab.run("freeze", "stub-3")
    assert lab.members()["stub-3"][1] == "frozen"
    assert "cannot be told" in lab.run("set", "stub-3", "--delay", "1s", code=1)
    lab.run("resume", "stub-3")
    lab.run("stop", "stub-3")
    assert "there is nothing to stop" in lab.run("stop", "stub-3", code=1)
    assert "there is no stub-9" in lab.run("kill", "stub-9", code=5)

    pids = lab.pids()
    lab.run("down")
    assert lab.process.wait_exit() == 0
    assert all(gone(pid) for pid in pids)
    assert not lab.dir.exists()
    assert "no lab runs" in lab.run("ps", code=5)


def test_nothing_is_left_when_the_supervisor_is_killed(start):
    lab = start(proxies=1, upstreams=2).wait_up()
    lab.run("freeze", "stub-1")
    pids = lab.pids()
    assert len(pids) == 3
    lab.process.kill()
    eventually(lambda: all(gone(pid) for pid in pids), "the end of its processes")
    eventually(lambda: not lab.dir.exists(), "the end of its directory")


def test_ctrl_c_ends_it(start):
    lab = start(upstreams=1).wait_up()
    pids = lab.pids()
    lab.process.signal(signal.SIGINT)
    assert lab.process.wait_exit() == 0
    assert all(gone(pid) for pid in pids) and not lab.dir.exists()


def test_one_that_ends_by_itself_is_told_of(start):
    lab = start(upstreams=1).wait_up()
    os.kill(lab.members()["stub-1"][2], signal.SIGKILL)
    lab.process.wait_for_line(r"stub-1 has ended: killed by SIGKILL \(waymark-lab start stub-1\)")
    assert lab.members()["stub-1"][1] == "failed"


def test_its_files_are_for_its_user_and_its_api_for_the_token(start):
    lab = start(upstreams=0).wait_up()
    assert lab.dir.stat().st_mode & 0o077 == 0
    host, port = (lab.dir / "api").read_text().removeprefix("http://").split(":")
    assert host == "127.0.0.1"
    with socket.create_connection((host, int(port)), timeout=scaled(15)) as client:
        client.sendall(b"GET /v1/lab HTTP/1.1\r\nHost: localhost:%s\r\n\r\n" % port.encode())
        assert client.recv(12) == b"HTTP/1.1 401"


def test_its_replies_and_where_its_dashboards_are(start):
    lab = start(proxies=2, upstreams=1, reply="template:{id} has {payload}").wait_up()
    assert lab.ask(b"it") == b"stub-1 has it"
    found = re.findall(r"^  (proxy-\d)  (http://\S+)/#token=(\S+)$", lab.process.stdout, re.MULTILINE)
    assert [name for name, _, _ in found] == ["proxy-1", "proxy-2"]
    for name, url, token in found:
        asked = urllib.request.Request(url + "/v1/info", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=scaled(15)) as answer:
            assert json.load(answer)["proxy_id"] == name


def test_a_template_that_cannot_be_is_told_by_the_upstream(start):
    lab = start(upstreams=1, reply="template:{nothing}")
    assert lab.process.wait_exit() == 1
    assert "stub-1 has not come up: exit code 2" in lab.process.stderr and "{nothing}" in lab.process.stderr


def test_a_second_lab_in_the_same_place_is_refused(start):
    lab = start(upstreams=0).wait_up()
    assert "a lab runs in" in lab.run("up", code=1)


def test_a_directory_of_somebody_else_is_left_alone(tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "precious").write_text("x")
    done = subprocess.run(
        [program("waymark-lab"), "up", "--dir", tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (1, 2) and "--dir" in done.stderr
    assert (tmp_path / "precious").exists()


def test_a_port_that_is_taken_is_named(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lab = start(ports={**FREE_PORTS, "clients": port})
        assert lab.process.wait_exit() == 1
    assert f"port {port} is not free" in lab.process.stderr and "ports.clients" in lab.process.stderr
    assert not lab.dir.exists()


@pytest.mark.parametrize(
    "text, says",
    [
        ("upstream: 3", "lab.yaml:1:1: \"upstream\": unknown field, allowed: proxies, upstreams"),
        ("proxies: 0", "lab.yaml:1:10: proxies: 0 is out of range, allowed: 1 to 16"),
        ("upstreams: 3\nworkers: 3", "lab.yaml:2:1: workers: given twice, first on line 1"),
        ("failure_rate: 101%", "failure_rate: \"101%\", allowed: 0% to 100%"),
        ("reply: loud", "lab.yaml:1:8: reply: \"loud\" is unknown, allowed: echo, none, upper, template:TEXT"),
        ("average_delay: soon", "average_delay: "),
        ("ports: { client: 1 }", "unknown field, allowed: clients"),
    ],
)
def test_a_plan_that_cannot_be_is_a_usage_error(tmp_path, text, says):
    file = tmp_path / "lab.yaml"
    file.write_text(text)
    done = subprocess.run(
        [program("waymark-lab"), "up", "-c", "lab.yaml"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 2 and says in done.stderr, done.stderr


def test_a_log_is_followed_to_the_end_of_the_lab(start, rig):
    lab = start(upstreams=1).wait_up()
    follower = rig.keep(
        Process(rig.folder, "follower", [program("waymark-lab"), "--dir", lab.dir, "logs", "stub-1", "-f"])
    )
    follower.wait_for_line("stub-1 is started, pid")
    lab.run("stop", "stub-1")
    follower.wait_for_line("stub-1 has ended: exit code 0")
    lab.run("start", "stub-1")
    follower.wait_for_line(r"exit code 0\n(.*\n)*.*stub-1 is started, pid")
    lab.run("down")
    assert follower.wait_exit() == 0
    lab.process.wait_exit()
