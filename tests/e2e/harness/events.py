"""Server-sent events of the admin API, read one at a time."""

import http.client
import json

from harness.clock import PATIENCE, scaled


class EventStream:
    """Open when it is there, or refused: `status` says."""

    def __init__(self, admin, path):
        host, _, port = admin.address.rpartition(":")
        self._connection = http.client.HTTPConnection(host, int(port), timeout=scaled(PATIENCE))
        self._connection.request("GET", path, headers={"Authorization": f"Bearer {admin.token}"})
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        if self.status != 200:
            self.refusal = json.loads(self._answer.read())
            self.close()

    def next(self):
        """(type, data) of the next event; None at the end of the stream. Comments are passed over."""
        fields = {}
        while line := self._answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.strip()
        if fields:
            return fields["event"], json.loads(fields["data"])
        return None if self._answer.isclosed() else self.next()

    def close(self):
        self._answer.close()
        self._connection.close()

    stop = close
