"""The table of goals: the worst scenario counts, and what is missed is said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from pacing_goals import GOALS, POOLED, WARM, judged, needs


def row(file: str, policy: str, images: int, makespan: float, **more: Any) -> dict[str, Any]:
    plain = {"seed": 1, "bound": 10.0, "refused": 0, "lost": 0, "extra_calls": 0, "etas": []}
    latency = {"p99_after_start": 5.0, "p99_unloaded": 5.0}
    told = {"file": file, "scenario": file, "policy": policy, "images": images, "makespan": makespan}
    return {**plain, **latency, **told, **more}


def lines(*rows: dict[str, Any]) -> dict[str, list[str]]:
    """Cells of each line of the table, by its goal."""
    table, _ = judged(rows)
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    return {first: rest for first, *rest in cells}


def test_the_worst_scenario_counts_and_is_named() -> None:
    rows = [row(file, "truth", 44, 10.0) for file in ("p1-20-slots", "p2-bucket")]
    rows += [row("p1-20-slots", WARM, 44, 10.2), row("p2-bucket", WARM, 44, 11.0)]
    assert lines(*rows)["warm, N = 44: over truth"] == ["≤ 1.06", "1.10", "p2-bucket", "MISSED"]
    assert judged(rows)[1]


def test_what_was_reached_passes_and_what_was_not_tried_is_left_out() -> None:
    rows = [row("p1-20-slots", "truth", 44, 10.0), row("p1-20-slots", WARM, 44, 10.6)]
    assert list(lines(*rows)) == ["warm, N = 44: over truth", "the same, warm"]
    assert not judged(rows)[1]


def test_a_single_lost_picture_is_a_goal_missed() -> None:
    found = lines(row("p1-20-slots", "auto", 200, 10.0, lost=1), row("p1-4-slots", "auto", 200, 10.0))
    assert found["every scenario, every seed ends: pictures lost"][-1] == "MISSED"


@pytest.mark.parametrize(("refused", "verdict"), [(2, "pass"), (12, "pass"), (13, "MISSED")])
def test_with_low_credit_two_refusals_are_free_and_then_one_a_minute(refused: int, verdict: str) -> None:
    found = lines(row("r-low-credit", "auto", 44, 600.0, refused=refused))
    assert found["low credit: 429s a minute after two"][-1] == verdict


def test_intervals_may_hold_too_much_as_well_as_too_little() -> None:
    check = {"share": 0.5, "told": 5.0, "low": 1.0, "high": 9.0, "actual": 5.0, "total": 10.0}
    found = lines(row("p1-20-slots", "auto", 2_000, 10.0, etas=[check]))
    assert found["ETA, N = 2,000: per cent in its interval"] == ["≥ 75, ≤ 92", "100", "all", "MISSED"]


def test_no_more_is_tried_than_goals_are_about() -> None:
    assert needs("p2-bucket", "configured", 2_000)
    assert not needs("p1-20-slots", "configured", 2_000)
    assert not needs("p2-bucket", "auto:20", 44)
    assert len({goal.name for goal in (*GOALS, *POOLED)}) >= len(GOALS) + len(POOLED) - 1
