"""A program as somebody at a terminal meets it."""

import os
import pty
import select
import subprocess
import termios

from harness.clock import eventually


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command, environment=None):
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 100))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.child = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self._slave)
        os.close(self._master)

    def _take(self):
        while select.select([self._master], [], [], 0)[0]:
            self.seen += os.read(self._master, 65536).decode(errors="replace")

    def wait_for(self, text):
        def came():
            self._take()
            return text in self.seen

        eventually(came, f"{text!r} on the terminal")

    def type(self, text):
        os.write(self._master, text.encode())

    def settings(self):
        return termios.tcgetattr(self._slave)

    def wait(self):
        eventually(lambda: self._take() or self.child.poll() is not None, "its end")
        self._take()
        return self.child.returncode
