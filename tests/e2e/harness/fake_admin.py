"""The admin API as waymarkctl sees it: canned resources over real HTTP, and a record of what was asked."""

import http.server
import json
import select
import threading
from urllib.parse import parse_qsl, urlsplit

from harness.clock import eventually

STARTED = "2024-05-01T12:00:00.000Z"


def upstream(number, **fields):
    return {
        "id": f"id-{number}",
        "pool": "default",
        "address": f"127.0.0.1:{50050 + number}",
        "name": f"127.0.0.1:{50050 + number}",
        "source": "api",
        "state": "ready",
        "admin_state": "ready",
        "weight": 1,
        "weight_percent": 100,
        "protocol": "link",
        "problem": "",
        "health": "SERVING",
        "state_since": STARTED,
        "failures": 0,
        "lease_expires_at": "",
        "metadata": {},
        "connections": 3,
        "links": [{"worker": 0, "state": "ready", "frames_sent": 10, "messages_received": 5}],
        **fields,
    }


def connection(number, **fields):
    return {
        "mark": f"00000000-0000-4000-8000-{number:012x}",
        "peer": f"10.0.0.1:{number}",
        "listener": "clients",
        "pool": "default",
        "upstream": "id-1",
        "upstream_address": "127.0.0.1:50051",
        "state": "active",
        "opened_at": STARTED,
        "last_frame_at": STARTED,
        "frames_up": number,
        "bytes_up": 10 * number,
        **fields,
    }


def event(kind, data, number=None):
    """An event of a stream."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {kind}\ndata: {json.dumps(data)}\n\n"


INFO = {
    "version": "9.8.7",
    "proxy_id": "edge-1",
    "boot_id": "b00",
    "pid": 42,
    "started_at": STARTED,
    "workers": 2,
    "ready": True,
    "connections": 1234,
    "max_connections": 20000,
}
POOL = {"name": "default", "balance": "round_robin", "upstreams": 2, "upstreams_ready": 1, "connections": 7}


class FakeAdmin:
    """`answers`: "METHOD /path" -> what it answers: a resource (200), (status, resource) with
    headers behind it if wanted, bytes as a resource, a Stream, or a function of the request that makes one of these."""

    def __init__(self):
        self.requests = []
        self.answers = {
            "GET /v1/info": INFO,
            "GET /v1/pools": {"pools": [POOL]},
            "GET /v1/pools/default": POOL,
            "GET /v1/upstreams": {"upstreams": [upstream(1), upstream(2)]},
        }
        self._ended = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = False
        self._server.block_on_close = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = "http://127.0.0.1:{}".format(self._server.server_port)

    def asked(self, method, path):
        """The requests of this method and path, without the query."""
        return [each for each in self.requests if (each.method, each.path) == (method, path)]

    def wait_asked(self, method, path, times=1):
        eventually(lambda: len(self.asked(method, path)) >= times, f"{times} of {method} {path}")

    def changes(self):
        return [each for each in self.requests if each.method != "GET"]

    def ended(self, within):
        """Waits so long for the end of the server; tells whether it came."""
        return self._ended.wait(within)

    def stop(self):
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Stream:
    """An answer of events: `pieces` at once; then nothing until the client leaves if `stays_open`, or
    an event every now and then if `ticks`."""

    def __init__(self, *pieces, stays_open=False, ticks=False):
        self.pieces = [piece.encode() for piece in pieces]
        self.stays_open = stays_open or ticks
        self.tick = event("tick", {}).encode() if ticks else b""


class Request:
    def __init__(self, handler, body):
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = dict(parse_qsl(parts.query))
        self.headers = handler.headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


def _handler_of(admin):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self, body)
            admin.requests.append(request)
            answer = admin.answers.get(f"{request.method} {request.path}")
            if callable(answer):
                answer = answer(request)
            if isinstance(answer, Stream):
                return self._stream(answer)
            if answer is None:
                answer = (404, {"code": "not_found", "message": f"nothing is at {request.path}", "details": []})
            status, resource, *headers = answer if isinstance(answer, tuple) else (200, answer)
            data = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers[0] if headers else {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve

        def _stream(self, stream):
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                for piece in stream.pieces:
                    self.wfile.write(piece)
                while stream.stays_open and not admin.ended(0.02) and not self._client_left():
                    self.wfile.write(stream.tick)
            except ConnectionError:
                pass  # the client left while it was written to

        def _client_left(self):
            return bool(select.select([self.connection], [], [], 0)[0])  # it has nothing more to say

        def log_message(self, *_):
            pass

    return Handler
