"""A program under test: started with its output in files, always ended by its own pid."""

import os
import pathlib
import re
import signal
import subprocess

from harness.clock import PATIENCE, SCALE, eventually, scaled

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = pathlib.Path(os.environ.get("WAYMARK_BIN", REPOSITORY / "build/release/bin")).resolve()

_SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def growth_limit(mib):
    """Bytes a program's memory may grow by. Sanitizers keep what was freed for a while."""
    return (mib + (512 if SCALE > 2 else 0)) * 1024 * 1024


def program(name):
    return str(PROGRAMS / name)


class Process:
    """`stop()` must be called, and fails the test if the program ended in another way than expected."""

    def __init__(self, folder, name, command, ends_with=0, **options):
        self.name = name
        self._out = folder / f"{name}.out"
        self._err = folder / f"{name}.err"
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            self._child = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err, **options
            )
        self._expected = ends_with
        self._told_to_end = False

    @property
    def pid(self):
        return self._child.pid

    @property
    def stdout(self):
        return self._out.read_text(errors="replace")

    @property
    def stderr(self):
        return self._err.read_text(errors="replace")

    def running(self):
        return self._child.poll() is None

    def wait_for(self, condition, what, within=PATIENCE):
        """As eventually(), but gives up at once when the program is gone."""

        def check():
            value = condition()
            assert value or self.running(), f"{self.name} ended while waiting for {what}:\n{self.stderr}"
            return value

        return eventually(check, f"{self.name}: {what}", within)

    def wait_for_line(self, pattern):
        return self.wait_for(lambda: re.search(pattern, self.stdout), f"a line like {pattern!r}")

    def signal(self, number):
        self._told_to_end |= number in (signal.SIGTERM, signal.SIGINT)
        self._child.send_signal(number)

    def signal_hangup(self):
        self._child.send_signal(signal.SIGHUP)

    def kill(self):
        self._expected = -signal.SIGKILL
        self._child.kill()
        self._child.wait()

    def wait_exit(self, within=PATIENCE):
        """The exit code of a program that is ending by itself."""
        try:
            code = self._child.wait(timeout=scaled(within))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end:\n{self.stderr[-4000:]}") from None
        self._expected = code
        self._check_sanitizers()
        return code

    def terminate(self, within=PATIENCE):
        """SIGTERM, and the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_exit(within)

    def stop(self):
        try:
            if self.running() and not self._told_to_end:
                self.signal(signal.SIGCONT)
                self.signal(signal.SIGTERM)
            code = self._child.wait(timeout=scaled(2 * PATIENCE))
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise AssertionError(f"{self.name} ignored SIGTERM:\n{self.stderr[-4000:]}") from None
        self._check_sanitizers()
        assert code == self._expected, f"{self.name} exited with {code}:\n{self.stderr[-4000:]}"

    def _check_sanitizers(self):
        errors = self.stderr
        assert not _SANITIZER.search(errors), f"{self.name}:\n{errors}"

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS

    def resident_bytes(self):
        return int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE

    def has_listener(self):
        """Whether it listens on any TCP port."""
        sockets = {os.readlink(link) for link in pathlib.Path(f"/proc/{self.pid}/fd").iterdir()}
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any(row[3] == "0A" and f"socket:[{row[9]}]" in sockets for row in rows)

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))
