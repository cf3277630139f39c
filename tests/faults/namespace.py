"""A network namespace at the other end of a wire, of which either direction can be cut alone."""

import os
import subprocess

NOBODY = "02:00:00:00:00:01"  # a hardware address that nobody has: what is sent there is gone


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Namespace:
    """Needs root. Its names hold the pid, so that runs do not meet; the kernel frees all at its end."""

    def __init__(self):
        self.name = f"waymark-{os.getpid()}"
        # Of 198.18.0.0/15, which RFC 2544 sets aside for tests.
        place = os.getpid() % 2**14 * 4
        self.here, self.there = (f"198.18.{place // 256}.{place % 256 + host}" for host in (1, 2))
        self._near, self._far = f"wm{os.getpid()}n", f"wm{os.getpid()}f"
        _ip("netns", "add", self.name)
        try:
            self._connect()
        except subprocess.CalledProcessError as failure:
            _ip("netns", "del", self.name)
            raise AssertionError(f"{failure}: {failure.stderr}") from None

    def _connect(self):
        _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self.name)
        _ip("addr", "add", f"{self.here}/30", "dev", self._near)
        _ip("link", "set", self._near, "up")
        _ip("-n", self.name, "addr", "add", f"{self.there}/30", "dev", self._far)
        _ip("-n", self.name, "link", "set", self._far, "up")

    @property
    def prefix(self):
        """Runs the command behind it inside."""
        return ("ip", "netns", "exec", self.name)

    def cut_way_out(self):
        _ip("-n", self.name, "neigh", "replace", self.here, *self._lost_on(self._far))

    def cut_way_in(self):
        _ip("neigh", "replace", self.there, *self._lost_on(self._near))

    def heal(self):
        """Both ways, cut or not."""
        _ip("-n", self.name, "neigh", "flush", "nud", "permanent", "dev", self._far)
        _ip("neigh", "flush", "nud", "permanent", "dev", self._near)

    def _lost_on(self, device):
        return ("lladdr", NOBODY, "dev", device, "nud", "permanent")

    def stop(self):
        _ip("link", "del", self._near)  # and its other end
        _ip("netns", "del", self.name)
