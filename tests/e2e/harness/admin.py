"""A client of the admin API, as an operator with curl would be one."""

import http.client
import json
import pathlib

from harness.clock import PATIENCE, scaled


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


class Admin:
    def __init__(self, address, token_file, context=None):
        """`context`: of ssl, for a proxy whose admin API talks TLS."""
        self.address = address
        self.context = context
        self.token_file = pathlib.Path(token_file)

    @property
    def token(self):
        return self.token_file.read_text().strip()

    def connect(self):
        host, _, port = self.address.rpartition(":")
        if self.context:
            return http.client.HTTPSConnection(host, int(port), timeout=scaled(PATIENCE), context=self.context)
        return http.client.HTTPConnection(host, int(port), timeout=scaled(PATIENCE))

    def raw(self, method, path, body=None, **headers):
        """(status, headers, body) of one request."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        status, _, text = self.raw(method, path, body, **headers)
        answer = json.loads(text)
        if status >= 300:
            raise Refused(status, answer)
        return answer

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None):
        return self.call("POST", path, {} if body is None else body)

    # --- upstreams ---

    def upstreams(self):
        return self.get("/v1/upstreams")["upstreams"]

    def upstream(self, address):
        """The one with this address that is not leaving."""
        (found,) = [each for each in self.upstreams() if each["address"] == address and each["state"] != "leaving"]
        return found

    def set(self, address, **change):
        return self.call("PATCH", "/v1/upstreams/" + self.upstream(address)["id"], change)

    def add(self, address, **more):
        return self.post("/v1/upstreams", {"address": address, **more})

    def remove(self, address):
        return self.call("DELETE", "/v1/upstreams/" + self.upstream(address)["id"])

    # --- connections ---

    def connections(self, query=""):
        return self.get("/v1/connections" + query)["connections"]
