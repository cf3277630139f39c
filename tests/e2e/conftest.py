"""The rig every end-to-end test is given."""

import pytest

from harness.rig import Rig


@pytest.fixture
def rig(tmp_path):
    with Rig(tmp_path) as started:
        yield started
