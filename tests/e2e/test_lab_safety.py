"""waymark-lab where something goes wrong, or somebody means ill."""

import contextlib
import http.client
import os
import pathlib
import resource
import subprocess
import threading

import pytest

from harness.clock import eventually, scaled
from harness.process import Process, program
from test_lab import Lab, gone, start  # noqa: F401  (a fixture)


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
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (135, 135))
    monkeypatch.setattr("test_lab.Process", lambda *arguments: Process(*arguments, preexec_fn=few))
    lab = start(upstreams=64)
    with Asker(lab.dir):
        assert lab.process.wait_exit() == 1
    assert "Too many open files" in lab.process.stderr
    assert list(lab.above.iterdir()) == []
