"""What the tests of several files share, and how many run at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from manyeyes.imaging.threads import cores

# So that what fails there is told in full.
pytest.register_assert_rewrite("browser", "browser_world", "web_server")

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """What takes minutes is asked for by name."""
    parser.addoption("--all", action="store_true", help="also the tests that take long, such as in a browser")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless it was asked for."""
    if config.getoption("--all"):
        return
    for item in items:
        if item.get_closest_marker("takes_long") is not None:
            item.add_marker(pytest.mark.skip(reason="takes long; `scripts/test.sh --all` runs it"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of one file.

    For no longer: while it is there, its thread's event loop counts as running, and `asyncio.run` would fail.
    """
    from browser import chromium_of_the_system

    with chromium_of_the_system() as browser:
        yield browser
