"""deploy/quickstart.sh ends as it says, and leaves nothing behind, whatever the programs do."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAKES = pathlib.Path(__file__).with_name("fakes.py")


class Quickstart:
    """One run of the script over the stand-in of fakes.py, with a temporary directory of its own."""

    def __init__(self, tmp_path, fake):
        self.bin = tmp_path / "bin"
        self.tmp = tmp_path / "tmp"
        self.bin.mkdir()
        self.tmp.mkdir()
        program = self.bin / "waymark-lab"
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
        """Command lines of the stand-ins that run, by pid."""
        found = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                text = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.bin) in text:
                found[int(entry.parent.name)] = text
        return found

    def left_behind(self):
        return list(self.processes().values()) + [path.name for path in self.tmp.iterdir()]


@pytest.fixture
def quickstart(tmp_path):
    return lambda fake: Quickstart(tmp_path, fake)


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return value


def test_check_passes_when_all_go_on_without_the_killed_upstream(quickstart):
    run = quickstart("well")
    code, output = run.run("--yes", "--check")
    assert code == 0, output
    before, after = output.split("stub-1 was killed, and they go on:")
    told = r'client (\d): "hello from client \1"  ->  "(stub-\d): hello from client \1"'
    assert sorted(re.findall(told, before)) == [("1", "stub-1"), ("2", "stub-2"), ("3", "stub-3")]
    assert sorted(re.findall(told, after)) == [("1", "stub-2"), ("2", "stub-2"), ("3", "stub-3")]
    assert (run.bin / "waymark-lab.plan").read_text().count(": 0") == 5, "free ports alone"
    assert run.left_behind() == []


@pytest.mark.parametrize("fake, told", [
    ("same", "answer: stub-1: hello from client 3"),
    ("unready", "not every proxy had every upstream"),
    ("broken", "port 7999 is not free"),
    ("cut", "answer: (no answer)"),
    ("cut load", "clients of the load were cut off"),
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
    wait_for(run.processes)
    script.send_signal(signal.SIGTERM)
    script.communicate(timeout=60)
    assert script.returncode == 143
    assert run.left_behind() == []


class Shown:
    """What a script has written so far."""

    def __init__(self, script):
        self._output = script.stdout.fileno()
        os.set_blocking(self._output, False)
        self.text = ""

    def has(self, piece):
        with contextlib.suppress(BlockingIOError):
            while more := os.read(self._output, 65536):
                self.text += more.decode()
        return piece in self.text


def test_it_ends_with_a_lab_and_what_to_try(quickstart):
    run = quickstart("well")
    script = run.start("--yes")
    shown = Shown(script)
    wait_for(lambda: shown.has("Ctrl-C stops everything."))
    assert "http://127.0.0.1:1/#token=secret" in shown.text
    assert "  export WAYMARK_ADMIN=http://127.0.0.1:1 WAYMARK_TOKEN_FILE=/the/token\n" in shown.text
    for command in ("nc 127.0.0.1 ", "waymark-lab kill stub-1", "waymark-lab set stub-2 --delay 200ms", "waymark-lab ps"):
        assert f"  {command}" in shown.text
    plan = (run.bin / "waymark-lab.plan").read_text()
    assert "clients: 7999, admin: 8000, telemetry: 9464, registry: 8001, upstreams: 7001" in plan
    wait_for(lambda: len(run.processes()) == 2)
    assert any(" load " in command for command in run.processes().values()), "clients talk"
    script.send_signal(signal.SIGINT)
    assert script.wait(timeout=60) == 0
    assert run.left_behind() == []


def test_free_ports_are_of_a_lab_of_its_own(quickstart):
    run = quickstart("well")
    script = run.start("--yes", "--free-ports")
    shown = Shown(script)
    wait_for(lambda: shown.has("Ctrl-C stops everything."))
    assert (run.bin / "waymark-lab.plan").read_text().count(": 0") == 5
    (directory,) = re.findall(r"each waymark-lab with --dir (\S+):\n", shown.text)
    assert all(f"--dir {directory} " in command for command in run.processes().values())
    script.send_signal(signal.SIGINT)
    assert script.wait(timeout=60) == 0
    assert run.left_behind() == []


@pytest.mark.parametrize("how, code", [(signal.SIGTERM, 0), (signal.SIGKILL, 1)])
def test_it_ends_with_its_lab(quickstart, how, code):
    run = quickstart("well")
    script = run.start("--yes")
    shown = Shown(script)
    wait_for(lambda: shown.has("Ctrl-C stops everything."))
    (lab,) = [pid for pid, command in run.processes().items() if " up " in command]
    os.kill(lab, how)
    assert script.wait(timeout=60) == code
    assert shown.has("the lab has ended") == (code == 1)
    assert run.left_behind() == []


def test_an_unknown_argument_is_refused(quickstart):
    code, output = quickstart("well").run("--chekc")
    assert code == 2
    assert output.startswith("usage: ")
