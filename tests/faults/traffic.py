#!/usr/bin/python3
"""Clients that send numbered lines at an even pace and write down what became of each.

Shares no code with the proxy or its tests: frame N of connection C is the line "C:N " and bytes that
follow from these two numbers, so that an answer that is not exactly a frame of its own connection
is found out. A connection that is dropped is replaced by one with a number of its own.

SIGTERM ends the sending; the program ends when all is answered, or when nothing has come for
--settle seconds, and says how long it was itself kept from its work at most. The journal has a line for each of these:

  connected TIME C      sent TIME C N       answer TIME C N
  dropped TIME C WHY    foreign TIME C WHAT

TIME is CLOCK_MONOTONIC in nanoseconds. A frame is sent when the kernel has taken its last byte.
"""

import argparse
import select
import signal
import socket
import time
from collections import deque

BLOCK = bytes(range(ord("a"), ord("z") + 1)) * 64
CONNECT_TIMEOUT = 10


def line_of(connection, frame):
    size = (connection * 7919 + frame * 104729) % 700
    start = (connection * 31 + frame * 17) % 26
    return b"%d:%d %b\n" % (connection, frame, BLOCK[start : start + size])


class Connection:
    def __init__(self, number, target):
        self.number = number
        self.socket = socket.create_connection(target, timeout=CONNECT_TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.frames = 0
        self.unanswered = set()
        self.unsent = b""
        self.ends = deque()  # (bytes of unsent up to its end, frame), oldest first
        self.partial = b""  # of an answer

    def add_frame(self):
        self.frames += 1
        self.unanswered.add(self.frames)
        self.unsent += line_of(self.number, self.frames)
        self.ends.append((len(self.unsent), self.frames))

    def flush(self):
        """Sends what the kernel takes; answers the frames that are sent now."""
        sent = self.socket.send(self.unsent)
        self.unsent = self.unsent[sent:]
        self.ends = deque((end - sent, frame) for end, frame in self.ends)
        done = []
        while self.ends and self.ends[0][0] <= 0:
            done.append(self.ends.popleft()[1])
        return done

    def lines(self):
        """The whole lines that have come; raises ConnectionError at the end of the stream."""
        data = self.socket.recv(256 * 1024)
        if not data:
            raise ConnectionError("FIN")
        *lines, self.partial = (self.partial + data).split(b"\n")
        return lines


class Traffic:
    def __init__(self, options):
        host, _, port = options.target.rpartition(":")
        self._target = (host, int(port))
        self._options = options
        self._epoll = select.epoll()
        self._journal = open(options.journal, "w", encoding="ascii")
        self._by_descriptor = {}
        self._numbers = 0
        self._stopping = False
        self._last_news = self._last_pass = time.monotonic()
        self.lag = 0.0  # seconds
        self._places = [self._connect() for _ in range(options.connections)]

    def stop(self, *_):
        self._stopping = True

    def run(self):
        began, begun, pace = time.monotonic(), 0, 1 / self._options.rate
        self._last_pass = began
        while not self._stopping:
            now = time.monotonic()
            while began + begun * pace <= now:
                self._frame_from(begun % len(self._places))
                begun += 1
            self._serve(min(0.1, max(0.0, began + begun * pace - now)))
        self._last_news = time.monotonic()
        while self._unanswered() and time.monotonic() - self._last_news < self._options.settle:
            self._serve(0.1)
        self._journal.close()

    def _note(self, kind, *words):
        print(kind, time.monotonic_ns(), *words, file=self._journal)

    def _connect(self):
        self._numbers += 1
        connection = Connection(self._numbers, self._target)
        self._by_descriptor[connection.socket.fileno()] = connection
        self._epoll.register(connection.socket, select.EPOLLIN)
        self._note("connected", connection.number)
        return connection

    def _replace(self, connection, why):
        self._note("dropped", connection.number, str(why).replace(" ", "_"))
        self._epoll.unregister(connection.socket)
        del self._by_descriptor[connection.socket.fileno()]
        connection.socket.close()
        self._places[self._places.index(connection)] = self._connect()

    def _unanswered(self):
        return any(connection.unanswered for connection in self._places)

    def _frame_from(self, place):
        connection = self._places[place]
        if len(connection.unanswered) < self._options.in_flight:
            connection.add_frame()
            self._flush(connection)

    def _flush(self, connection):
        try:
            for frame in connection.flush():
                self._note("sent", connection.number, frame)
        except BlockingIOError:
            pass
        except OSError as failure:
            self._replace(connection, failure.strerror)
            return
        events = select.EPOLLIN | (select.EPOLLOUT if connection.unsent else 0)
        self._epoll.modify(connection.socket, events)

    def _serve(self, timeout):
        ready = self._epoll.poll(timeout)
        now = time.monotonic()
        self.lag = max(self.lag, now - self._last_pass - timeout)
        self._last_pass = now
        for descriptor, events in ready:
            connection = self._by_descriptor[descriptor]
            if events & select.EPOLLOUT:
                self._flush(connection)
            if events & ~select.EPOLLOUT and self._by_descriptor.get(descriptor) is connection:
                self._read(connection)

    def _read(self, connection):
        try:
            lines = connection.lines()
        except BlockingIOError:
            return
        except OSError as failure:
            self._replace(connection, failure.strerror or failure)
            return
        self._last_news = time.monotonic()
        for line in lines:
            self._take(connection, line)

    def _take(self, connection, line):
        number, _, frame = line.partition(b" ")[0].partition(b":")
        if number.isdigit() and frame.isdigit() and int(number) == connection.number:
            if 0 < int(frame) <= connection.frames and line + b"\n" == line_of(connection.number, int(frame)):
                connection.unanswered.discard(int(frame))
                self._note("answer", connection.number, int(frame))
                return
        self._note("foreign", connection.number, line[:40].decode("ascii", "replace").replace(" ", "_"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", required=True, metavar="HOST:PORT")
    parser.add_argument("--journal", required=True, metavar="FILE")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--rate", type=float, default=1000, help="frames a second over all connections")
    parser.add_argument("--in-flight", type=int, default=32, help="unanswered frames a connection may have")
    parser.add_argument("--settle", type=float, default=5, metavar="SECONDS")
    traffic = Traffic(parser.parse_args())
    signal.signal(signal.SIGTERM, traffic.stop)
    print("connected", flush=True)
    traffic.run()
    print(f"lag {traffic.lag:.3f}", flush=True)


if __name__ == "__main__":
    main()
