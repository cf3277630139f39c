"""Links to an upstream as a proxy does and has one frame echoed.

The messages are written by hand, so that this needs no generated code: see
proto/waymark/link/v1/link.proto.
"""

import queue
import sys

import grpc

MARK = bytes(range(16))
HELLO = b"\x12\x04\x08\x01\x10\x01"  # hello { protocol_min: 1 protocol_max: 1 }


def field(number, value):
    return bytes([number << 3 | 2, len(value)]) + value


def main():
    frame = field(1, field(1, MARK) + field(5, b"ping"))  # events { mark payload }
    answer = field(1, field(1, MARK) + field(5, field(1, b"ping")))  # commands { mark send }
    outgoing = queue.Queue()
    with grpc.insecure_channel(sys.argv[1]) as channel:
        link = channel.stream_stream("/waymark.link.v1.UpstreamService/Link")
        call = link(iter(outgoing.get, None), timeout=10)
        outgoing.put(HELLO)
        next(call)  # welcome
        outgoing.put(frame)
        received = next(call)
        outgoing.put(None)
        if received != answer:
            sys.exit(f"expected {answer!r}, received {received!r}")


if __name__ == "__main__":
    main()
