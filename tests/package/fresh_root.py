"""A Debian root of its own, made from the archive, with its own processes, mounts and network."""

import pathlib
import re
import subprocess

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# What package tools keep books in, and adduser its lock and the versions before.
_BOOKS = re.compile(r"(var/lib/(dpkg|apt|systemd)|var/cache|var/log|proc|tmp|run/adduser)(/|$)|etc/[a-z]+-$")

# In memory, and mounted for its own processes alone: it is gone when they are, and they end with the
# test, however that ends. The archive is reached before the network is left.
_HOLD = """
set -e
mount -t tmpfs -o mode=755,size=2G fresh-root "$1"
mmdebstrap --quiet --mode=root --variant=essential --dpkgopt=force-unsafe-io --include="$2" bookworm "$1" >&2
exec unshare --net --pid --ipc --uts --fork --kill-child --mount-proc="$1/proc" \
  bash -c 'ip link set lo up && echo up && read -r'
"""


def _run(*command):
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


class FreshRoot:
    """`packages`: what is there beside the essential ones. stop() must be called."""

    def __init__(self, folder, packages):
        self._folder = str(folder)
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "bash", "-c", _HOLD, "-", self._folder, ",".join(packages)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._holder.stdout.readline() == "up\n", "the root could not be made"
        children = f"/proc/{self._holder.pid}/task/{self._holder.pid}/children"
        self._init = pathlib.Path(children).read_text().strip()

    @property
    def folder(self):
        """As it is seen from here."""
        return pathlib.Path(f"/proc/{self._init}/root{self._folder}")

    def beside(self, *command):
        """A command of this machine, with the network of the root; `{root}` in it is its folder."""
        words = [str(word).replace("{root}", self._folder) for word in command]
        return ["nsenter", f"--target={self._init}", "--net", "--mount", *words]

    def inside(self, *command, user=None, environment=()):
        """A command of the root."""
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--inh-caps=-all"] if user else []
        enter = ["nsenter", f"--target={self._init}", "--net", "--pid", "--mount", "--ipc", "--uts"]
        env = ["env", "-i", f"PATH={_PATH}", "DEBIAN_FRONTEND=noninteractive", *environment]
        return [*enter, "chroot", self._folder, *env, *become, *map(str, command)]

    def run(self, *command, **options):
        return _run(*self.inside(*command, **options))

    def files(self):
        """Every path of the root but for the books that tools keep."""
        names = self.run("find", "/", "-xdev", "-printf", "%P\\n").splitlines()
        return {name for name in names if not _BOOKS.match(name)}

    def stop(self):
        self._holder.communicate("end\n", timeout=30)
