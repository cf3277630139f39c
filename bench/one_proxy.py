"""A stub and a proxy with one worker, for what is measured of one proxy alone."""

import json
import subprocess
import time
import urllib.request

import peers


class OneProxy:
    def __init__(self, binaries, directory):
        self.binaries = binaries
        self.port, self.telemetry, self.admin = (peers.free_port() for _ in range(3))
        self._directory = directory
        upstream = peers.free_port()
        configuration = {
            "workers": 1,
            "listeners": [{"name": "c", "bind": f"127.0.0.1:{self.port}", "pool": "p", "framing": "line"}],
            "pools": [{"name": "p", "upstreams": [f"127.0.0.1:{upstream}"]}],
            "telemetry": {"bind": f"127.0.0.1:{self.telemetry}"},
            "admin": {"bind": f"127.0.0.1:{self.admin}"},
            "state": str(directory / "state"),
        }
        path = directory / "waymark.yaml"
        path.write_text(json.dumps(configuration))
        self._processes = []
        self._start(binaries / "waymark-stub", "--listen", f"127.0.0.1:{upstream}", "--id", "stub")
        self._start(binaries / "waymark", "serve", "-c", path)
        deadline = time.monotonic() + peers.START_TIMEOUT
        while not self._ready():
            if time.monotonic() > deadline:
                raise peers.Failed((directory / "waymark.log").read_text()[-2000:])
            time.sleep(0.05)

    def _start(self, program, *arguments):
        with open(self._directory / f"{program.name}.log", "wb") as log:
            self._processes.append(
                subprocess.Popen([str(program), *map(str, arguments)], stdout=log, stderr=subprocess.STDOUT)
            )

    def _ready(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.telemetry}/readyz", timeout=5).status == 200
        except OSError:
            return False

    def metrics(self):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.telemetry}/metrics", timeout=10).read().decode()

    def stop(self):
        for process in reversed(self._processes):
            process.terminate()
            process.wait()
