"""A raw TCP client with deadlines."""

import select
import socket
import struct
import time

from harness.clock import PATIENCE, scaled


class Client:
    def __init__(self, address, receive_buffer=None):
        host, _, port = address.rpartition(":")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(scaled(PATIENCE))
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pending = b""
        self.address = "{}:{}".format(*self._socket.getsockname())

    def send(self, data):
        self._socket.sendall(data)

    def dribble(self, data, piece=1):
        for start in range(0, len(data), piece):
            self.send(data[start : start + piece])

    def push(self, data):
        """Sends what the kernel takes without waiting; answers the number of bytes."""
        writable = select.select([], [self._socket], [], 0)[1]
        return self._socket.send(data) if writable else 0

    def receive(self, count):
        """Exactly `count` bytes."""
        while len(self._pending) < count:
            piece = self._socket.recv(256 * 1024)
            assert piece, f"the end came after {len(self._pending)} of {count} bytes: {self._pending[-80:]!r}"
            self._pending += piece
        data, self._pending = self._pending[:count], self._pending[count:]
        return data

    def receive_line(self):
        while b"\n" not in self._pending:
            piece = self._socket.recv(256 * 1024)
            assert piece, f"the end came in a line: {self._pending!r}"
            self._pending += piece
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def receive_to_end(self):
        """Everything up to the FIN; a RST raises ConnectionResetError."""
        pieces = [self._pending]
        self._pending = b""
        while piece := self._socket.recv(256 * 1024):
            pieces.append(piece)
        return b"".join(pieces)

    def ask(self, line):
        self.send(line + b"\n")
        return self.receive_line()

    def exchange(self, data):
        """Sends all of it, reading at the same time; answers as many bytes as were sent."""
        received = bytearray(self._pending)
        self._pending = b""
        rest = memoryview(data)
        end = time.monotonic() + scaled(2 * PATIENCE)
        while len(received) < len(data):
            writers = [self._socket] if rest else []
            readable, writable, _ = select.select([self._socket], writers, [], scaled(PATIENCE))
            assert readable or writable, f"nothing moved after {len(received)} of {len(data)} bytes"
            assert time.monotonic() < end, f"only {len(received)} of {len(data)} bytes came back"
            if writable:
                rest = rest[self.push(rest[:65536]) :]
            if readable:
                piece = self._socket.recv(256 * 1024)
                assert piece, f"the end came after {len(received)} of {len(data)} bytes"
                received += piece
        return bytes(received)

    def is_silent(self):
        """Nothing to read now, not even an end."""
        return not self._pending and not select.select([self._socket], [], [], 0)[0]

    def was_reset(self):
        """Whether the connection is gone by a RST, which throws away what was not read."""
        try:
            while select.select([self._socket], [], [], 0)[0]:
                if not self._socket.recv(256 * 1024):
                    return False
            return False
        except ConnectionResetError:
            return True

    def end_writing(self):
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self._socket.close()
