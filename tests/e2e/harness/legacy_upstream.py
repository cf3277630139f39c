"""An upstream of the ancestor's protocol that does what a test says."""

import queue
import threading

import grpc

from harness import wire
from harness.clock import eventually
from harness.server import Server

_END = object()


class LegacyUpstream:
    """`ready` and `live` are what it answers; both can be changed while it runs."""

    def __init__(self, ready=True, live=True, answer=None, address="127.0.0.1:0", tls=None):
        self.ready = ready
        self.live = live
        self.calls = []  # names of the methods, in the order they were called
        self.live_asked = 0
        self.frames = []
        self._answer = answer
        self._outbox = queue.SimpleQueue()
        self._streaming = threading.Event()
        legacy, empty = wire.legacy, wire.empty
        methods = {
            "ready": grpc.unary_unary_rpc_method_handler(
                self._ready, empty.Empty.FromString, legacy.ReadyResult.SerializeToString
            ),
            "live": grpc.stream_stream_rpc_method_handler(
                self._live, empty.Empty.FromString, legacy.LiveResult.SerializeToString
            ),
            "bidirectionalStreaming": grpc.stream_stream_rpc_method_handler(
                self._stream, legacy.InputStreamRequest.FromString, _to_bytes
            ),
        }
        name = "upstream.grpc.service.UpstreamPeerService"
        self._server = Server([grpc.method_handlers_generic_handler(name, methods)], address, tls)
        self.address = self._server.address

    def _ready(self, _request, _context):
        self.calls.append("ready")
        return wire.legacy.ReadyResult(time="now", ready=self.ready)

    def _live(self, requests, _context):
        self.calls.append("live")
        for _ in requests:
            self.live_asked += 1
            yield wire.legacy.LiveResult(time="now", live=self.live)

    def _stream(self, requests, _context):
        self.calls.append("bidirectionalStreaming")
        outbox = self._outbox = queue.SimpleQueue()
        self._streaming.set()
        threading.Thread(target=self._read, args=(requests, outbox), daemon=True).start()
        while (message := outbox.get()) is not _END:
            yield message

    def _read(self, requests, outbox):
        try:
            for frame in requests:
                self.frames.append(frame)
                if self._answer:
                    outbox.put(self._answer(frame))
        except Exception:  # pylint: disable=broad-except
            pass  # grpcio says so when the call is over
        finally:
            outbox.put(_END)

    def send(self, message):
        eventually(self._streaming.is_set, "the stream of frames")
        self._outbox.put(message)

    def expect_frames(self, count):
        eventually(lambda: len(self.frames) >= count, f"{count} frames")
        return list(self.frames)

    def stop(self):
        self._server.stop()


def reply(payload, **target):
    return wire.legacy.OutputStreamRequest(time="now", payload=payload, **target)


def echo(frame):
    return reply(frame.payload, client_uuid=frame.client_uuid)


def _to_bytes(message):
    return message if isinstance(message, bytes) else message.SerializeToString()
