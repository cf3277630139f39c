"""A TCP relay between a proxy and an upstream that can go silent or break."""

import socket
import struct
import threading


class Chaos:
    def __init__(self, target):
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._flowing = threading.Event()
        self._flowing.set()
        self._sockets = []
        self.watch = lambda data: None  # called with what passes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source, sink):
        try:
            while True:
                self._flowing.wait()
                data = source.recv(65536)
                self._flowing.wait()
                if not data:
                    break
                self.watch(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def blackhole(self):
        """Connections stay, and nothing passes any more."""
        self._flowing.clear()

    def heal(self):
        self._flowing.set()

    def cut(self):
        """Every connection breaks by RST."""
        for each in self._sockets:
            try:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                each.shutdown(socket.SHUT_RD)
            except OSError:
                pass
            each.close()
        self._sockets.clear()

    def stop(self):
        self._listener.close()
        self._flowing.set()
        self.cut()
