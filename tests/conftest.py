"""What the tests of several files share, and how many run at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from manyeyes.imaging.threads import cores

# However long an example takes on a busy machine, it is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: one more than there are cores, since many a test waits for a socket or a process."""
    return cores() + 1


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Where a test's archive will lie."""
    return tmp_path / "shop.zip"
