"""What systemd does at the other end of $NOTIFY_SOCKET."""

import socket
import time

from harness.clock import PATIENCE, eventually


class ServiceManager:
    """Collects what a program tells. `where`: a path, or an abstract name after '@'."""

    def __init__(self, where, watchdog=None):
        self._where = where
        self._watchdog = watchdog
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + where[1:] if where.startswith("@") else where)
        self._socket.setblocking(False)
        self._told = []
        self._told_at = []

    @property
    def prefix(self):
        """Before the command of the program that is to tell."""
        watchdog = [] if self._watchdog is None else [f"WATCHDOG_USEC={int(self._watchdog * 1e6)}"]
        return ["env", f"NOTIFY_SOCKET={self._where}", *watchdog]

    @property
    def told(self):
        """Every message so far, each as a mapping of its lines."""
        while True:
            try:
                message = self._socket.recv(65536).decode()
            except BlockingIOError:
                return self._told
            self._told.append(dict(line.split("=", 1) for line in message.splitlines()))
            self._told_at.append(time.monotonic())

    def forget(self):
        """Only what comes from now on counts."""
        _ = self.told
        self._told.clear()
        self._told_at.clear()

    def order(self, *keys):
        """Which of these keys came, one after the other."""
        return [key for message in self.told for key in keys if key in message]

    @property
    def status(self):
        return next((each["STATUS"] for each in reversed(self.told) if "STATUS" in each), "")

    def wait(self, key, count=1, within=PATIENCE):
        """The last of at least `count` messages with this key."""

        def messages():
            found = [message for message in self.told if key in message]
            return found if len(found) >= count else None

        return eventually(messages, f"{count} messages with {key}", within)[-1]

    def wait_status(self, text):
        eventually(lambda: text in self.status, f"a status with {text!r}")

    def wait_silence(self, key, seconds):
        """Until no message with this key has come for so long."""
        since = time.monotonic()

        def silence():
            times = [at for message, at in zip(self.told, self._told_at) if key in message]
            return time.monotonic() - max(times, default=since) > seconds

        eventually(silence, f"{seconds} s without {key}")

    def stop(self):
        self._socket.close()
