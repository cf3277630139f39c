"""The package of the release build, and a fresh root that has what it depends on."""

import os
import pathlib
import re
import subprocess

import pytest

from fresh_root import FreshRoot

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WAYMARK_BUILD", ROOT / "build/release")).resolve()


class Package:
    def __init__(self, path):
        self.path = path

    def field(self, name):
        return subprocess.check_output(["dpkg-deb", "--field", self.path, name], text=True).strip()

    def depends(self):
        """The names alone."""
        return [re.match(r"\S+", each.strip()).group() for each in self.field("Depends").split(",")]

    def contents(self):
        """(mode, owner, path) of each of its files."""
        listing = subprocess.check_output(["dpkg-deb", "--contents", self.path], text=True)
        rows = [line.split(None, 5) for line in listing.splitlines()]
        return [(row[0], row[1], row[5].removeprefix(".")) for row in rows]


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """As `cpack -G DEB` makes it, without the package of the SDK, which takes longer to compress."""
    folder = tmp_path_factory.mktemp("package")
    command = ["cpack", "-G", "DEB", "-B", folder, "-D", "CPACK_COMPONENTS_ALL=programs;service"]
    made = subprocess.run(command, cwd=BUILD, text=True, capture_output=True)
    assert made.returncode == 0, made.stdout + made.stderr
    (path,) = folder.glob("*.deb")
    yield Package(path)
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture(scope="session")
def root(package, tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("only root can make and enter a fresh root")
    fresh = FreshRoot(tmp_path_factory.mktemp("root"), package.depends())
    yield fresh
    fresh.stop()
