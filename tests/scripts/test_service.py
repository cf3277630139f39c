"""deploy/systemd/waymark.service, as systemd reads it; none needs to run."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy/systemd/waymark.service"
MOST_EXPOSED = 1.5


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], text=True, capture_output=True)


def settings():
    """Every value of each setting, in order."""
    found = {}
    for line in UNIT.read_text().splitlines():
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found.setdefault(match.group(1), []).append(match.group(2))
    return found


def seconds(text):
    return float(re.fullmatch(r"(\d+)s", text).group(1))


def exposure(unit):
    out = analyze("security", "--offline=true", "--no-pager", unit).stdout
    return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", out).group(1))


def test_its_exposure():
    assert exposure(UNIT) <= MOST_EXPOSED


@pytest.mark.parametrize("without", ["SystemCallFilter", "CapabilityBoundingSet", "ProtectSystem", "User"])
def test_the_measure_notices_what_is_missing(tmp_path, without):
    lines = UNIT.read_text().splitlines(keepends=True)
    weaker = tmp_path / UNIT.name
    weaker.write_text("".join(line for line in lines if not line.startswith(without)))
    assert exposure(weaker) > exposure(UNIT)


def test_it_is_a_valid_unit(tmp_path):
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/bin/waymark", "/bin/true"))
    done = analyze("verify", "--man=no", copy)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_waits_longer_than_the_proxy_drains():
    drain = re.search(r"^drain: \{ timeout: (\w+) \}", (ROOT / "deploy/systemd/waymark.yaml").read_text(), re.M)
    assert seconds(settings()["TimeoutStopSec"][0]) > seconds(drain.group(1)) + 5
