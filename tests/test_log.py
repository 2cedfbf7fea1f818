"""The log of runs: what is worth a line, and what stands in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from manyeyes.cli.log import run_log
from manyeyes.model.event import Ended, Event, GroupEnded, Paused, Resumed, RunEnded
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.model.time_left import TimeLeft
from manyeyes.store.values import RunRecord
from store_samples import analyzed, failed

RUN = RunRecord("r" * 26, Portfolio("p" * 26, "photos"), 0.0)
NOTHING = Progress()


def logged(path: Path, *events: Event, progress: Progress = NOTHING) -> list[dict[str, Any]]:
    """The lines that these events make at the usual level."""
    with run_log(path, "json", "info") as log:
        assert log is not None
        for event in events:
            log(event, progress)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_what_was_possibly_paid_twice_has_a_line_and_a_count(tmp_path: Path) -> None:
    once, twice = analyzed(RUN, 1), analyzed(RUN, 2, possibly_paid_twice=1)
    never = replace(failed(RUN, 3), possibly_paid_twice=2)
    ended = RunEnded(None, 9.0)
    lines = logged(
        tmp_path / "run.log",
        *(Ended(outcome, 1.0) for outcome in (once, twice, never)),
        ended,
        progress=Progress(possibly_paid_twice=3),
    )
    assert [(line["event"], line.get("name"), line.get("possiblyPaidTwice")) for line in lines] == [
        ("Image analyzed", "2.jpg", 1),
        ("Image failed", "3.jpg", 2),
        ("Run ended", None, 3),
    ]


def test_what_was_not_paid_twice_is_not_spoken_of(tmp_path: Path) -> None:
    lines = logged(tmp_path / "run.log", Ended(failed(RUN, 3), 1.0), RunEnded(None, 9.0))
    assert all("possiblyPaidTwice" not in line for line in lines)


def test_what_holds_calls_back_has_a_line_when_it_changes(tmp_path: Path) -> None:
    group = GroupEnded(1, 9, 5, 44, 3.0)
    with run_log(tmp_path / "run.log", "json", "info") as log:
        assert log is not None
        for gate in (None, "requests", "requests", "concurrency", None):
            log(group, Progress(binds=gate))
    lines = [json.loads(line) for line in (tmp_path / "run.log").read_text("utf-8").splitlines()]
    assert [line["by"] for line in lines if line["event"] == "Held back"] == ["requests", "concurrency", None]


def test_the_time_left_has_a_line_at_each_tenth_of_the_way(tmp_path: Path) -> None:
    path, left = tmp_path / "run.log", TimeLeft(8.04, 10.0, 15.0, 100.0)
    with run_log(path, "json", "info") as log:
        assert log is not None
        for current in range(1, 41):
            known = left if current > 5 else None
            log(
                Ended(analyzed(RUN, current), 101.0),
                Progress(current=current, total=40, left=known, at=101.0),
            )
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    # The first tenth went by before anything was known, and at the end there is nothing to tell.
    assert len(lines) == 9
    assert [(line["event"], line["seconds"], line["low"], line["high"]) for line in lines[:1]] == [
        ("Time left", 9.0, 7.0, 14.0)
    ]


def test_a_pause_and_its_end_have_a_line_each(tmp_path: Path) -> None:
    lines = logged(tmp_path / "run.log", Paused(5, 4.0), Resumed(100.0, 94.00049))
    assert [(line["event"], line.get("inFlight"), line.get("lostSeconds")) for line in lines] == [
        ("Paused", 5, None),
        ("Resumed", None, 94.0),
    ]
