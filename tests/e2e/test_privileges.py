"""What a running proxy has given up: capabilities, core files, and being looked at by its own user."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

from harness.process import program
from harness.proxy import configuration
from harness.rig import Rig

NET_BIND_SERVICE = 1 << 10
NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")


def as_nobody(*more):
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *more]


@pytest.fixture
def open_rig(monkeypatch):
    """A rig whose folder, programs included, is there for every user."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o777)
        shutil.copy(program("waymark"), folder)
        monkeypatch.setattr("harness.process.PROGRAMS", folder)
        with Rig(folder) as rig:
            yield rig


def threads(process):
    """/proc/PID/status of each thread, as mappings."""
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        yield {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def core_limit(pid):
    """Soft and hard, as text."""
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    return re.search(r"Max core file size\s+(\S+)\s+(\S+)", limits).groups()


def its_user_sees_its_memory(process):
    look = ["cat", f"/proc/{process.pid}/maps"]
    return subprocess.run([*as_nobody(), *look], capture_output=True).returncode == 0


@needs_root
def test_root_keeps_one_capability_in_every_thread(rig):
    process = rig.start_proxy(configuration([])).process
    for status in threads(process):
        for kind in ("CapPrm", "CapEff"):
            assert int(status[kind], 16) & ~NET_BIND_SERVICE == 0, (status["Name"], kind)
        assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
        assert status["NoNewPrivs"] == "1"


@needs_root
def test_root_is_warned_and_others_are_not(open_rig):
    assert open_rig.start_proxy(configuration([])).log("runs_as_root", level="warn")
    assert open_rig.start_proxy(configuration([]), as_nobody()).log("runs_as_root") == []


@needs_root
def test_a_user_with_the_capability_opens_a_low_port_also_at_a_reload(open_rig):
    capability = "+net_bind_service"
    # In a network of its own, where every port is free.
    prefix = ["unshare", "--net", *as_nobody(f"--inh-caps={capability}", f"--ambient-caps={capability}")]
    settings = configuration([], listener={"bind": "0.0.0.0:81"}, telemetry={"bind": "0.0.0.0:0"}, admin={"bind": "127.0.0.1:0"})
    proxy = open_rig.start_proxy(settings, prefix)
    settings["listeners"][0]["bind"] = "0.0.0.0:82"
    proxy.rewrite(settings)
    proxy.process.signal_hangup()
    proxy.wait_for_log("listening", address="0.0.0.0:82")


@needs_root
def test_no_core_file_and_its_user_does_not_see_its_memory(open_rig):
    process = open_rig.start_proxy(configuration([]), as_nobody()).process
    assert core_limit(process.pid) == ("0", "0")
    assert not its_user_sees_its_memory(process)


@needs_root
def test_traceable_leaves_both_as_they_were(open_rig):
    process = open_rig.start_proxy(configuration([]), as_nobody(), ["--traceable"]).process
    assert core_limit(process.pid) == core_limit("self")
    assert its_user_sees_its_memory(process)


def test_a_crash_leaves_no_core_file(rig):
    crash = rig.folder / "crash"
    crash.mkdir()
    prefix = ["bash", "-c", f'cd {crash} && ulimit -S -c "$(ulimit -H -c)" && exec "$@"', "-"]
    process = rig.start_proxy(configuration([]), prefix).process
    process.signal(signal.SIGQUIT)  # of those that dump core the one no sanitizer takes for itself
    assert process.wait_exit() == -signal.SIGQUIT
    assert list(crash.iterdir()) == []
