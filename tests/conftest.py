"""Fixtures that the tests of several files share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Where a test's archive will lie."""
    return tmp_path / "shop.zip"
