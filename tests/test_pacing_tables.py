"""The benchmark's table of the time left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from pacing_tables import eta_table, verdict


def check(told: float, low: float, high: float, share: float = 0.5) -> dict[str, Any]:
    return {"share": share, "told": told, "low": low, "high": high, "actual": 50.0, "total": 100.0}


def test_a_provider_that_changes_its_speed_stands_apart() -> None:
    cells = {
        ("P1", "auto"): [{"etas": [check(52, 45, 60), check(10, 5, 9, share=0.9)]}],
        ("P4 changes", "auto"): [{"etas": [check(10, 5, 15)]}],
        ("P1", "fixed:5"): [{"etas": [check(1, 1, 1)]}],
    }
    (text,) = eta_table(2_000, cells)
    lines = text.splitlines()
    assert "N = 2,000, auto:" in lines[0]
    assert lines[4] == "| all but P4 | 21.0 (50 %) | 2.0 (100 %) | 40.0 (0 %) |"
    assert lines[6] == "| P4 changes | 40.0 (0 %) | 40.0 (0 %) | not yet told |"
    assert "**Not met.**" in lines[-1]


@pytest.mark.parametrize(
    ("images", "told", "high", "met"),
    [(2_000, 54, 60, "Met"), (2_000, 54.1, 60, "Not met"), (2_000, 54, 49, "Not met"), (200, 90, 60, "Met")],
)
def test_the_verdict_is_that_of_the_goal(images: int, told: float, high: float, met: str) -> None:
    # Nine of ten intervals are to hold, or none.
    checks = [check(told, 40, high) for _ in range(9)] + [check(told, 60, 70)]
    assert verdict(images, checks).endswith(f"**{met}.**")
    assert "Goal" not in verdict(44, checks)
