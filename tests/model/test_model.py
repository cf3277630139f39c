"""The model: the proxy's decisions keep their rules, and a fault in them is noticed."""

import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import faults  # noqa: E402

BUILD = os.environ["WAYMARK_BUILD"]


def test_no_schedule_breaks_a_rule():
    done = subprocess.run([f"{BUILD}/tests/waymark-model", "--seconds", "20"], capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def commands():
    return faults.commands_of(BUILD)


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault[0])
def test_a_fault_is_noticed(fault, commands, tmp_path):
    rule = faults.broken_rule(BUILD, tmp_path, commands, fault)
    assert faults.is_noticed(fault, rule), rule or "no rule broken"
