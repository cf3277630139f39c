"""A lab of waymark-lab, in a directory of its own."""

import json
import pathlib
import shutil
import socket
import subprocess
import tempfile

from harness.clock import scaled
from harness.process import Process, program

FREE_PORTS = {"clients": 0, "upstreams": 0, "admin": 0, "telemetry": 0, "registry": 0}


class Lab:
    """A lab in a directory of its own, which is short: sockets are in it."""

    def __init__(self, folder, **plan):
        self.above = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        self.dir = self.above / "run"
        file = folder / "lab.yaml"
        file.write_text(json.dumps({"ports": FREE_PORTS, **plan}))
        self.process = Process(
            folder,
            "lab",
            [program("waymark-lab"), "up", "--dir", self.dir, "-c", file, "--timeout", scaled(30)],
        )

    def wait_up(self):
        self.process.wait_for(lambda: "The lab is up" in self.process.stdout, "the lab", 30)
        return self

    def run(self, *arguments, code=0):
        done = subprocess.run(
            [program("waymark-lab"), "--dir", str(self.dir), *arguments],
            capture_output=True,
            text=True,
            timeout=scaled(60),
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    def members(self):
        """Name -> (kind, state, pid or None, address)."""
        found = {}
        for line in self.run("ps").splitlines()[1:]:
            name, kind, state, pid, _, address, *_ = line.split()
            found[name] = (kind, state, None if pid == "-" else int(pid), address)
        return found

    def pids(self):
        return [pid for _, _, pid, _ in self.members().values() if pid]

    def ask(self, payload, proxy="proxy-1"):
        host, port = self.members()[proxy][3].split(":")
        with socket.create_connection((host, int(port)), timeout=scaled(15)) as client:
            client.sendall(payload + b"\n")
            return client.makefile("rb").readline().rstrip(b"\n")

    def stop(self):
        try:
            self.process.stop()
        finally:
            shutil.rmtree(self.above, ignore_errors=True)
