"""The rig of the end-to-end tests, and the table of what the fault runs found."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from field import Pace  # noqa: E402
from harness.rig import Rig  # noqa: E402
from table import Table  # noqa: E402

_TABLE = pytest.StashKey[Table]()


def pytest_addoption(parser):
    group = parser.getgroup("faults")
    group.addoption("--seconds", type=float, default=5, help="how long each fault run lasts (default: 5)")
    group.addoption("--connections", type=int, default=100, help="clients (default: 100)")
    group.addoption("--rate", type=float, default=1000, help="frames a second of all clients (default: 1000)")
    group.addoption("--away", type=float, default=3, help="seconds without any upstream (default: 3)")


def pytest_configure(config):
    config.stash[_TABLE] = Table()


def pytest_terminal_summary(terminalreporter, config):
    table = config.stash[_TABLE]
    if table.rows:
        terminalreporter.section("faults")
        terminalreporter.write_line(table.text())


@pytest.fixture
def rig(tmp_path):
    with Rig(tmp_path) as started:
        yield started


@pytest.fixture
def pace(request):
    return Pace(*(request.config.getoption(name) for name in ("seconds", "connections", "rate", "away")))


@pytest.fixture
def table(request):
    return request.config.stash[_TABLE]
