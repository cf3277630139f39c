"""An upstream that echoes every frame. Usage: echo.py [HOST:PORT], port 0 for a free one."""

import sys
from concurrent import futures

import grpc
from waymark.link.v1 import link_pb2 as wire
from waymark.link.v1 import link_pb2_grpc as service


class Echo(service.UpstreamServiceServicer):
    def Link(self, requests, context):
        """Serves one worker of one proxy: its Hello, our Welcome, then events in and commands out."""
        next(requests)
        yield wire.FromUpstream(welcome=wire.Welcome(protocol=1, upstream="echo"))
        for message in requests:
            commands = [command for event in message.events for command in answer(event)]
            if commands:
                yield wire.FromUpstream(commands=commands)


def answer(event):
    kind = event.WhichOneof("kind")
    if kind == "payload":
        send = wire.Send(payload=event.payload, reply_to=event.delivery or event.seq)
        yield wire.Command(mark=event.mark, send=send)
    elif kind == "half_closed":
        yield wire.Command(mark=event.mark, half_close=wire.HalfClose())
    elif kind == "ping":
        yield wire.Command(pong=wire.Pong(nonce=event.ping.nonce))


address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7001"
server = grpc.server(futures.ThreadPoolExecutor(max_workers=64))  # each link keeps a thread
service.add_UpstreamServiceServicer_to_server(Echo(), server)
port = server.add_insecure_port(address)
server.start()
print(f"listening on {address.rpartition(':')[0]}:{port}", flush=True)
server.wait_for_termination()
