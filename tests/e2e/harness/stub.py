"""waymark-stub, as an upstream that can be killed, stopped and brought back."""

from harness.ports import free_address
from harness.process import Process, program


class Stub:
    def __init__(self, folder, name, *arguments, listen=None, prefix=()):
        self.name = name
        self._folder = folder
        self._arguments = arguments
        self._prefix = prefix
        self._starts = 0
        self._ended = []
        self._start(listen or free_address())

    def _start(self, listen, *more):
        self._starts += 1
        self.process = Process(
            self._folder,
            f"{self.name}-{self._starts}",
            [*self._prefix, program("waymark-stub"), "--listen", listen, "--id", self.name, *self._arguments, *more],
        )
        self.address = self.process.wait_for_line(r"listening on (\S+)").group(1)

    def kill(self):
        self.process.kill()

    def restart(self, *arguments):
        """After kill(); listens on the same port when this returns, with more arguments if there are any."""
        self._ended.append(self.process)
        self._start(self.address, *arguments)

    def stop(self):
        for process in [*self._ended, self.process]:
            process.stop()
