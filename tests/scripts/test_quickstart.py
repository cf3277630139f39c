"""deploy/quickstart.sh ends as it says, and leaves nothing behind, whatever the programs do."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAKES = pathlib.Path(__file__).with_name("fakes.py")


class Quickstart:
    """One run of the script over the stand-ins of fakes.py, with a temporary directory of its own."""

    def __init__(self, tmp_path, fake):
        self.bin = tmp_path / "bin"
        self.tmp = tmp_path / "tmp"
        self.bin.mkdir()
        self.tmp.mkdir()
        for name in ("waymark", "waymark-stub"):
            program = self.bin / name
            program.write_text("#!/usr/bin/python3\n" + FAKES.read_text())
            program.chmod(0o755)
        self.environment = dict(os.environ, WAYMARK_BIN=str(self.bin), TMPDIR=str(self.tmp), FAKE=fake)

    def start(self, *arguments):
        return subprocess.Popen(
            [ROOT / "deploy/quickstart.sh", *arguments], env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, *arguments):
        script = self.start(*arguments)
        output, _ = script.communicate(timeout=60)
        return script.returncode, output

    def processes(self):
        """Command lines of the stand-ins that run."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                text = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.bin) in text:
                found.append(text)
        return found

    def left_behind(self):
        return self.processes() + [path.name for path in self.tmp.iterdir()]


@pytest.fixture
def quickstart(tmp_path):
    return lambda fake: Quickstart(tmp_path, fake)


def test_check_passes_when_three_upstreams_answer(quickstart):
    run = quickstart("well")
    code, output = run.run("--yes", "--check")
    assert code == 0, output
    for i in (1, 2, 3):
        assert f': hello from client {i}"' in output
    assert {name for name in ("stub-1", "stub-2", "stub-3") if f'"{name}: hello' in output} == {
        "stub-1", "stub-2", "stub-3"}
    assert run.left_behind() == []


@pytest.mark.parametrize("fake, told", [
    ("same", "last answer: stub-1: hello from client 3"),
    ("unready", "is_ready"),
    ("broken", "waymark.yaml:1:1: no such thing"),
])
def test_check_fails_with_the_reason_and_cleans_up(quickstart, fake, told):
    run = quickstart(fake)
    run.environment["WAYMARK_START_TIMEOUT"] = "2"
    code, output = run.run("--yes", "--check")
    assert code == 1, output
    assert told in output
    assert run.left_behind() == []


def test_a_signal_while_waiting_stops_everything(quickstart):
    run = quickstart("unready")
    script = run.start("--yes", "--check")
    deadline = time.monotonic() + 30
    while len(run.processes()) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(run.processes()) == 4
    script.send_signal(signal.SIGTERM)
    script.communicate(timeout=60)
    assert script.returncode == 143
    assert run.left_behind() == []


def test_a_taken_port_is_named_with_its_owner(quickstart):
    run = quickstart("well")
    try:
        taken = socket.create_server(("127.0.0.1", 7999))
    except OSError:
        taken = None  # somebody else holds it: just as good
    with taken or open(os.devnull):
        code, output = run.run("--yes")
    assert code == 1
    assert "port 7999 is in use by " in output
    assert "(pid " in output
    assert run.left_behind() == []


def test_an_unknown_argument_is_refused(quickstart):
    code, output = quickstart("well").run("--chekc")
    assert code == 2
    assert output.startswith("usage: ")
