"""waymark itself."""

import http.client
import json
import os
import pathlib

from harness.admin import Admin
from harness.client import Client
from harness.clock import PATIENCE, eventually, scaled
from harness.metrics import Metrics
from harness.process import Process, program

# Short, so that ending a proxy at the end of a test takes no seconds.
_DRAIN = {"timeout": "6s", "quiet": "100ms"}


def configuration(upstreams, framing="line", listener=None, pool=None, **top):
    """A configuration of one listener and one pool; the arguments replace or add fields."""
    return {
        "workers": 1,
        "listeners": [
            {"name": "clients", "bind": "127.0.0.1:0", "pool": "default", "framing": framing, **(listener or {})}
        ],
        "pools": [{"name": "default", "upstreams": list(upstreams), **(pool or {})}],
        "telemetry": {"bind": "127.0.0.1:0"},
        "drain": _DRAIN,
        **top,
    }


def write_configuration(folder, name, settings):
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(settings, indent=1))  # JSON is YAML
    return path


class Proxy:
    def __init__(self, folder, name, settings, prefix=(), arguments=()):
        settings = {"admin": {"bind": "127.0.0.1:0"}, "state": str(folder / f"{name}-state"), **settings}
        self._settings = settings
        self._path = write_configuration(folder, name, settings)
        # Only root may look into /proc/PID of a proxy that hides its memory.
        arguments = [*arguments, *([] if os.geteuid() == 0 else ["--traceable"])]
        self.process = Process(folder, name, [*prefix, program("waymark"), "serve", "-c", self._path, *arguments])
        self._clients = []

    def wait_started(self):
        started = self.wait_for_log("started")
        self._telemetry = started["telemetry"]
        self.admin = Admin(started["admin"], pathlib.Path(self._settings["state"]) / "admin.token")
        self.addresses = {line["listener"]: line["address"] for line in self.log("listening")}

    def rewrite(self, settings):
        """The configuration file says this from now on."""
        settings = {**settings, "admin": self._settings["admin"], "state": self._settings["state"]}
        # As a whole: the proxy may be reading it.
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(settings))
        fresh.replace(self._path)

    def write_text(self, text):
        self._path.write_text(text)

    # --- clients ---

    def client(self, listener="clients", **options):
        client = Client(self.addresses[listener], **options)
        self._clients.append(client)
        return client

    def clients(self, count):
        return [self.client() for _ in range(count)]

    # --- what it tells ---

    def log(self, event=None, **fields):
        """The lines of the log of this event that carry these fields."""
        written = self.process.stderr.rpartition("\n")[0]  # the last line may still be on its way
        lines = (json.loads(line) for line in written.splitlines() if line.startswith("{"))
        wanted = {**({"event": event} if event else {}), **fields}
        return [line for line in lines if wanted.items() <= line.items()]

    def wait_for_log(self, event, within=PATIENCE, **fields):
        return self.process.wait_for(
            lambda: self.log(event, **fields), f"a log line {event} {fields}", within
        )[0]

    def ending_of(self, client):
        """The log line of the end of this client's connection."""
        return self.wait_for_log("connection_ended", peer=client.address)

    def get(self, path):
        """(status, body) of the telemetry server."""
        host, _, port = self._telemetry.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=scaled(PATIENCE))
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self):
        status, text = self.get("/metrics")
        assert status == 200
        return Metrics(text)

    def total(self, name, **labels):
        return self.metrics().total(name, **labels)

    def wait_for_total(self, name, at_least=1, within=PATIENCE, **labels):
        return self.process.wait_for(
            lambda: self.total(name, **labels) >= at_least, f"{name} {labels} >= {at_least}", within
        )

    def wait_settled(self):
        """Until every frame read is written for good: none would come twice if a link were lost now."""
        eventually(lambda: self.total("link_outstanding_frames") == 0, "settled writes")

    def wait_for_upstreams(self, count):
        """Until exactly `count` upstreams are ready, seen by every worker."""
        links = count * self._settings["workers"]
        eventually(lambda: self.metrics().count("upstream_ready") == links, f"{count} ready upstreams")
        return self

    # --- its end ---

    def terminate(self, within=PATIENCE):
        return self.process.terminate(within)

    def stop(self):
        for client in self._clients:
            client.close()
        self.process.stop()
