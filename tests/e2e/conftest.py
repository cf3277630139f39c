"""The rig every end-to-end test is given."""

import pytest

from harness.rig import Rig

LAST_WORDS = 6000  # characters


@pytest.fixture
def rig(tmp_path):
    with Rig(tmp_path) as started:
        yield started


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the programs of a failed test last logged is part of the failure."""
    report = (yield).get_result()
    folder = item.funcargs.get("tmp_path")
    if not report.failed or folder is None:
        return
    for log in sorted(folder.glob("*.err")):
        if text := log.read_text(errors="replace")[-LAST_WORDS:]:
            report.sections.append((f"{call.when}: {log.stem}", text))
