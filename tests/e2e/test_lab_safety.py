"""waymark-lab where something goes wrong, or somebody means ill."""

import contextlib
import http.client
import threading

import pytest

from harness.clock import scaled
from harness.process import Process


@pytest.fixture
def start(rig):
    return rig.lab


class Asker:
    """Asks for the processes of a lab, over and over from its first moment on."""

    def __init__(self, directory):
        self.answers = 0
        self._directory = directory
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        while not self._over.is_set():
            with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
                token = (self._directory / "token").read_text().strip()
                address = (self._directory / "api").read_text().removeprefix("http://")
                connection = http.client.HTTPConnection(address, timeout=scaled(15))
                connection.request("GET", "/v1/lab", headers={"Authorization": f"Bearer {token}"})
                self.answers += connection.getresponse().status == 200
                connection.close()


def test_a_lab_that_cannot_start_ends_though_somebody_asks(start, monkeypatch):
    few = lambda folder, name, command: Process(folder, name, ["prlimit", "--nofile=135:135", *command])
    monkeypatch.setattr("harness.lab.Process", few)
    lab = start(upstreams=64)
    with Asker(lab.dir):
        assert lab.process.wait_exit() == 1
    assert "Too many open files" in lab.process.stderr
    assert list(lab.above.iterdir()) == []


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_log_folder_where_others_can_write_is_refused(start, tmp_path, mode):
    logs = tmp_path / "logs"
    logs.mkdir()
    logs.chmod(mode)
    lab = start(logs=str(logs))
    assert lab.process.wait_exit() == 1
    assert f"logs: {logs} is there, and not a directory of this user alone" in lab.process.stderr
    assert list(logs.iterdir()) == []


def test_logs_stay_where_their_user_wants_them(start, tmp_path):
    lab = start(upstreams=0, logs=str(tmp_path / "deep" / "logs")).wait_up()
    assert "stub-1" not in lab.process.stdout
    lab.run("down")
    assert lab.process.wait_exit() == 0
    assert (tmp_path / "deep/logs").stat().st_mode & 0o077 == 0
    assert "proxy-1 has ended" in (tmp_path / "deep/logs/proxy-1.log").read_text()
