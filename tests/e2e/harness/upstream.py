"""An upstream of the link protocol that does what a test says, and remembers what it was told."""

import queue
import threading

import grpc

from harness import wire
from harness.clock import eventually
from harness.server import Server

_END = object()

# HealthCheckResponse, encoded: a package called grpc cannot be generated beside grpc itself.
_STATUS = {"SERVING": b"\x08\x01", "NOT_SERVING": b"\x08\x02"}


class Link:
    """One call of Link: a worker of a proxy."""

    def __init__(self, hello, metadata):
        self.hello = hello
        self.metadata = metadata
        self.outbox = queue.SimpleQueue()
        self.ended = threading.Event()

    def send(self, *commands):
        self.outbox.put(wire.link.FromUpstream(commands=commands))

    def send_bytes(self, message):
        """One gRPC message, sound or not."""
        self.outbox.put(message)

    def end(self):
        """The upstream ends the call, with OK."""
        self.outbox.put(_END)


class Upstream:
    """`opening`: the messages it begins with. `answer(event)`: its commands for each event.

    `health`: what grpc.health.v1 answers, which may be set while it runs; None: it has none. `tls`: of
    its Server.
    """

    def __init__(self, opening=None, answer=wire.pongs, address="127.0.0.1:0", health=None, tls=None):
        self.health = health
        self._opening = [wire.welcome()] if opening is None else opening
        self._answer = answer
        self._reading = threading.Event()
        self._reading.set()
        self._lock = threading.Lock()
        self._events = []
        self.last_seq = 0  # of the newest frame
        self.links = []
        method = grpc.stream_stream_rpc_method_handler(
            self._serve, wire.link.ToUpstream.FromString, _to_bytes
        )
        handlers = [grpc.method_handlers_generic_handler("waymark.link.v1.UpstreamService", {"Link": method})]
        if health is not None:
            check = grpc.unary_unary_rpc_method_handler(lambda *_: _STATUS[self.health], bytes, bytes)
            handlers.append(grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check}))
        self._server = Server(handlers, address, tls)
        self.address = self._server.address

    def _serve(self, requests, context):
        link = Link(next(requests).hello, dict(context.invocation_metadata()))
        self.links.append(link)
        threading.Thread(target=self._read, args=(requests, link), daemon=True).start()
        yield from self._opening
        while (message := link.outbox.get()) is not _END:
            yield message

    def _read(self, requests, link):
        try:
            for message in requests:
                for event in message.events:
                    with self._lock:
                        self._events.append(event)
                    self.last_seq = event.seq or self.last_seq
                commands = [command for event in message.events for command in self._answer(event)]
                if commands:
                    link.send(*commands)
                self._reading.wait()
        except grpc.RpcError:
            pass  # the proxy is gone, or stop() was called
        except Exception as fault:  # pylint: disable=broad-except
            if "cancel" not in str(fault).lower() and "terminat" not in str(fault).lower():
                raise
        finally:
            link.ended.set()
            link.end()

    # --- script ---

    @property
    def link(self):
        """Its newest link."""
        return eventually(lambda: self.links and self.links[-1], "a link")

    def send(self, *commands):
        self.link.send(*commands)

    def pause(self):
        """Reads no further message, so that flow control stops the proxy."""
        self._reading.clear()

    def resume(self):
        self._reading.set()

    def stop(self):
        self._server.stop()
        self._reading.set()

    # --- history ---

    def events(self, kind=None, mark=None):
        with self._lock:
            events = list(self._events)
        return [
            event
            for event in events
            if (kind is None or event.WhichOneof("kind") == kind) and (mark is None or event.mark == mark)
        ]

    def expect(self, kind, count=1, mark=None):
        """The events of this kind, once there are at least `count`."""
        eventually(lambda: len(self.events(kind, mark)) >= count, f"{count} times {kind}")
        return self.events(kind, mark)

    def mark_of(self, client):
        """The mark of a client whose Opened came, or comes, here."""

        def find():
            return [event for event in self.events("opened") if event.opened.peer == client.address]

        return eventually(find, f"Opened of {client.address}")[-1].mark

    def payloads(self, mark=None):
        return [event.payload for event in self.events("payload", mark)]


def _to_bytes(message):
    return message if isinstance(message, bytes) else message.SerializeToString()
