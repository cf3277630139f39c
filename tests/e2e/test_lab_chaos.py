"""waymark-lab chaos: faults of a seed, a verdict, and one that is able to be bad."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

from harness.clock import scaled
from harness.process import Process, program

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

import checker  # noqa: E402
from history import Served, read_clients, read_upstream  # noqa: E402

PATIENCE = 90  # seconds: the faults, and a minute at most for what is still to come


class Chaos:
    """A run of some seconds; with this seed nothing is done to stub-2."""

    SEED = ("--for", "5s", "--seed", "7")

    def __init__(self, folder, *arguments):
        self._above = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        self.dir = self._above / "run"
        self.process = Process(
            folder,
            "chaos",
            [
                *(program("waymark-lab"), "chaos", "--dir", self.dir, *self.SEED),
                *("--timeout", scaled(30), *arguments),
            ],
        )

    def wait_begun(self):
        self.process.wait_for(lambda: "Seed 7: 24 clients" in self.process.stdout, "the first fault", 30)
        return self

    def run(self, *arguments):
        command = [program("waymark-lab"), "--dir", str(self.dir), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), check=False)
        assert done.returncode == 0, done.stderr

    def wait_verdict(self, code):
        assert self.process.wait_exit(within=PATIENCE) == code, self.process.stdout + self.process.stderr
        assert not self.dir.exists()
        return self.process.stdout

    def stop(self):
        try:
            self.process.stop()
        finally:
            shutil.rmtree(self._above, ignore_errors=True)


@pytest.fixture
def chaos(rig):
    return lambda *arguments: rig.keep(Chaos(rig.folder, *arguments))


def lab(*arguments):
    command = [program("waymark-lab"), "chaos", *(str(argument) for argument in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), check=False)


def figure(report, name):
    return int(re.search(rf"^  {name} +(\d+)", report, re.M).group(1))


def test_the_guarantee_holds_under_the_faults_of_a_seed(chaos, tmp_path):
    journals = tmp_path / "journals"
    report = chaos("--journals", journals).wait_verdict(0)
    assert "The guarantee has held: at least once" in report
    shown = lab(*Chaos.SEED, "--dry-run").stdout
    assert shown and shown == "".join(line for line in report.splitlines(True) if line.startswith("t+"))

    # The checker of tests/faults, which shares no code with this one, finds the same.
    clients = read_clients((journals / "clients.journal").read_text())
    served = Served()
    for name in ("stub-1", "stub-2", "stub-3"):
        read_upstream((journals / f"{name}.journal").read_text(), served)
    verdict = checker.check(clients, served)
    assert len(clients) == 24
    assert verdict.frames == figure(report, "frames sent") > 0
    assert verdict.flagged == figure(report, "given again")
    assert verdict.count("lost") == figure(report, "answers withheld")
    assert verdict.count("doubled") == figure(report, "answered again")
    assert verdict.count("given up") == figure(report, "given up, reported")
    for column in ("unflagged", "order", "crossed", "dropped"):
        assert verdict.count(column) == 0, verdict.report()


def test_an_upstream_that_lies_is_found_out(chaos):
    run = chaos().wait_begun()
    run.run("set", "stub-2", "--reply", "template:{payload}!")
    report = run.wait_verdict(1)
    assert "The guarantee is BROKEN:" in report and "has held" not in report
    assert re.search(r'^  crossed: client \d+: was answered "\d+:\d+ ', report, re.M)
    assert "seed 7 has the same faults at the same times again" in run.process.stderr


def test_clients_that_are_cut_off_are_told(chaos):
    run = chaos().wait_begun()
    run.run("kill", "proxy-1")
    report = run.wait_verdict(1)
    assert re.search(r"^  dropped: client 1: was disconnected: ", report, re.M)
    assert "  dropped: 19 more" in report
    assert "proxy-1 is stopped: killed by SIGKILL" in report


def test_one_that_is_ended_has_no_verdict(chaos):
    run = chaos().wait_begun()
    run.process.signal(signal.SIGINT)
    assert "The guarantee" not in run.wait_verdict(1)
    assert "the lab was ended before there was a verdict" in run.process.stderr


@pytest.mark.parametrize(
    "plan, arguments, says",
    [
        ({}, ("--for", "0s"), "--for: 0s is out of range, allowed: 1s to 30m"),
        ({}, ("--for", "soon"), "--for: "),
        ({"upstreams": 1}, (), "upstreams: 1, but chaos is due at least 2"),
        ({"framing": "raw"}, (), "framing: raw, but chaos sends lines"),
        ({"reply": "upper"}, ("--dry-run",), "reply: upper, but chaos knows answers by echo alone"),
        ({"upstream": 3}, (), "\"upstream\": unknown field"),
        ({}, ("--journals", "."), "stub-1.journal is there already, of another run"),
    ],
)
def test_what_cannot_be_is_a_usage_error(tmp_path, monkeypatch, plan, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.yaml").write_text(json.dumps(plan))
    (tmp_path / "stub-1.journal").write_text("")
    done = lab("-c", "lab.yaml", *arguments)
    assert done.returncode == 2 and says in done.stderr, done.stderr
