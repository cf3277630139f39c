"""A TCP server that is no gRPC server: says one thing to everyone and holds the line."""

import socket
import threading


class Impostor:
    def __init__(self, greeting=b"", hang_up=False):
        self._greeting = greeting
        self._hang_up = hang_up
        self._held = []
        self.visits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                caller, _ = self._listener.accept()
                self.visits += 1
                caller.sendall(self._greeting)
            except OSError:
                return
            if self._hang_up:
                caller.close()
            else:
                self._held.append(caller)

    def stop(self):
        self._listener.close()
        for caller in self._held:
            caller.close()
