"""A real HAProxy in front of a listener, which sends it PROXY headers."""

import shutil
import signal

from harness.client import Client
from harness.clock import eventually
from harness.process import Process


class HaProxy:
    """`sends`: what is behind the address in its `server` line; `unique_id`: its unique-id-format."""

    def __init__(self, folder, name, address, target, sends, unique_id=None):
        binary = shutil.which("haproxy", path="/usr/sbin:/usr/bin")
        assert binary, "deploy/apt/test.txt names it"
        unique = f'  unique-id-format "{unique_id}"\n' if unique_id else ""
        settings = folder / f"{name}.cfg"
        settings.write_text(
            "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n"
            f"listen front\n  bind {address}\n{unique}  server one {target} {sends}\n"
        )
        self._address = address
        self._clients = []
        self.process = Process(folder, name, [binary, "-db", "-f", str(settings)], ends_with=-signal.SIGTERM)

    def client(self):
        def connected():
            try:
                return Client(self._address)
            except ConnectionRefusedError:
                return None

        client = eventually(connected, "HAProxy to listen")
        self._clients.append(client)
        return client

    def stop(self):
        for client in self._clients:
            client.close()
        self.process.stop()
