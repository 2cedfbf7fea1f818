"""What a benchmark's figures come to: the knee, the advice, the table."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.lab.bench import SEQUENTIAL, Call, Measured, Way
from manyeyes.lab.report import (
    FLAT,
    INFLATED,
    NEARLY,
    Knee,
    Row,
    as_object,
    knee_of,
    knowledge_from,
    most_at_once,
    recommendation,
    rows_of,
    table,
)
from manyeyes.pacing.knowledge import Knowledge

AUTO = Way("continuous", "auto")


def row(
    way: Way | int, throughput: float, p95: float = 0.6, at_once: int | None = None, refused: int = 0
) -> Row:
    """A row of 44 pictures."""
    if isinstance(way, int):
        way = SEQUENTIAL if way == 1 else Way("continuous", way)
    calls = way.calls if isinstance(way.calls, int) else at_once
    assert isinstance(calls, int)
    return Row(way, 44 / throughput, throughput, calls, refused, 0, p95, sequential=44 / 3)


def knee(*rows: Row) -> Knee:
    found = knee_of(rows)
    assert found is not None
    return found


# The knee


def test_row_12_the_knee_is_the_smallest_that_is_nearly_as_fast_as_the_best() -> None:
    found = knee(row(1, 3), row(5, 14), row(10, 26.2), row(15, 27.4), row(20, 27.5))
    assert (found.row.at_once, found.best.at_once, found.largest) == (10, 20, False)
    assert "Recommended: --concurrency 10, the smallest number within 5 % of the best, 26.2 of 27.5" in (
        recommendation([], found)
    )


def test_a_number_whose_latency_is_inflated_is_no_knee() -> None:
    found = knee(row(1, 3), row(5, 14, 0.7), row(10, 20, 0.91), row(20, 20.5, 1.8))
    assert found.row.at_once == 5
    said = recommendation([], found)
    assert "--concurrency 5, at 14 pictures a second; answers take 1.2 times as long" in said
    assert "20 are faster, 20.5 a second, but answers take 3.0 times as long there" in said


def test_where_the_largest_is_the_knee_it_is_said_that_more_may_be_faster() -> None:
    rows = [row(1, 3), row(5, 14), row(10, 26)]
    found = knee(*rows)
    assert found.largest
    assert recommendation(rows, found).endswith("More than was tried may be faster still.")
    no_gain = [*rows, row(AUTO, 26.3, at_once=19)]
    assert recommendation(no_gain, found).endswith("auto, told no number, came to 26.3 a second, 19 at once.")
    gain = [*rows, row(AUTO, 40, at_once=19)]
    assert recommendation(gain, found).endswith("More than was tried may be faster still.")


def test_where_nothing_is_gained_the_smallest_is_enough() -> None:
    found = knee(row(1, 3), row(5, 3.5), row(10, 3.6))
    assert (found.row.at_once, found.flat, found.largest) == (1, True, False)
    assert "more at once hardly gain anything: 20 % at best, with 10" in recommendation([], found)


def test_refusals_at_the_knee_are_told() -> None:
    rows = [row(1, 3), row(5, 14, refused=7)]
    assert "7 of its calls were refused for their rate" in recommendation(rows, knee(*rows))


def test_batches_and_rules_are_no_knee() -> None:
    found = knee(row(1, 3), row(3, 8), row(Way("batch", 5), 30), row(AUTO, 31, at_once=9))
    assert found.row.at_once == 3


@pytest.mark.parametrize(
    "rows",
    [[], [row(1, 3)], [row(1, 3), row(AUTO, 9, at_once=9)], [row(1, 3), row(5, 9, p95=0.0)]],
    ids=["nothing", "one", "one and auto", "no answer"],
)
def test_of_too_little_there_is_no_knee(rows: list[Row]) -> None:
    assert knee_of(rows) is None
    assert recommendation(rows, None) == "Too little was measured to recommend a concurrency."


measured_rows = st.lists(
    st.builds(
        row, st.integers(1, 60), st.floats(0.01, 1000), st.floats(0.001, 100), st.just(1), st.integers(0, 9)
    ),
    min_size=2,
    max_size=12,
    unique_by=lambda each: each.at_once,
)


@given(measured_rows)
def test_the_knee_is_what_it_is_said_to_be(rows: list[Row]) -> None:
    found = knee(*rows)
    least = min(rows, key=lambda each: each.at_once)
    assert found.row.p95 <= INFLATED * least.p95
    assert found.best.throughput == max(each.throughput for each in rows)
    if found.flat:
        assert found.row is least
        assert found.best.throughput < FLAT * least.throughput
    for other in rows:
        if other.at_once < found.row.at_once and found.row.throughput >= NEARLY * found.best.throughput:
            slow = other.throughput < NEARLY * found.best.throughput
            assert slow or other.p95 > INFLATED * least.p95
    assert recommendation(rows, found).startswith(f"Recommended: --concurrency {found.row.at_once}, ")
    assert "\n" not in recommendation(rows, found)


# The table


def test_the_table_fits_a_terminal_and_marks_the_knee() -> None:
    rows = [row(1, 3), row(Way("batch", 5), 9), row(5, 14), row(20, 33), row(AUTO, 34, at_once=31)]
    lines = table(rows, knee(*rows))
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.startswith("> ")] == [lines[4]]
    assert lines[0].split() == [
        "way", "seconds", "saved", "speed-up", "theory", "efficiency", "429s", "p95", "s"
    ]  # fmt: skip
    assert lines[4].split() == [
        ">", "continuous", "20", "1.33", "13.33", "91", "%", "11.0", "20", "55", "%", "0", "0.600"
    ]  # fmt: skip
    assert lines[1].split() == ["sequential", "14.67", "1.0", "1", "100", "%", "0", "0.600"]


def test_without_one_after_another_nothing_is_compared() -> None:
    calls = (Call(0.0, 2.0, "answered"), Call(0.0, 4.0, "answered"))
    (alone,) = rows_of([Measured(Way("continuous", 2), 2, 0, 4.0, calls, 0)])
    assert (alone.saved, alone.saved_per_cent, alone.speed_up, alone.efficiency) == (None, None, None, None)
    assert alone.throughput == 0.5
    assert table([alone], None)[1].split() == ["continuous", "2", "4.00", "2", "0", "4.000"]


def test_for_programs_there_is_every_figure() -> None:
    rows = [row(1, 3), row(5, 14)]
    told = as_object(rows, knee(*rows), "words")
    assert (told["recommended"], told["recommendation"]) == (5, "words")
    ways = told["ways"]
    assert isinstance(ways, list)
    assert ways[1] == {
        "way": "continuous 5",
        "seconds": 3.143,
        "savedSeconds": 11.524,
        "savedPercent": 79,
        "speedUp": 4.667,
        "theory": 5,
        "efficiency": 0.933,
        "imagesPerSecond": 14,
        "rejections": 0,
        "failed": 0,
        "p95Seconds": 0.6,
    }


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), max_size=30))
def test_no_more_calls_are_at_once_than_there_are(drawn: list[tuple[float, float]]) -> None:
    calls = [Call(began, began + seconds, "answered") for began, seconds in drawn]
    assert 1 <= most_at_once(calls) <= max(1, len(calls))


# What is kept


def trial(way: Way, seconds: list[float], knowledge: Knowledge | None = None) -> Measured:
    calls = tuple(Call(0.0, each, "answered") for each in seconds)
    return Measured(way, len(calls), 0, 1.0, calls, 0, knowledge=knowledge)


def test_later_runs_start_from_the_knee_and_from_unloaded_latencies() -> None:
    found = knee(row(1, 3), row(5, 14))
    trials = [trial(SEQUENTIAL, [1.0, math.e**2]), trial(Way("continuous", 5), [9.0])]
    assert knowledge_from(trials, found) == Knowledge(limit=5.0, baseline=1.0)
    learned = Knowledge(limit=31.0, baseline=3.0, rate=10.0, burst=30.0)
    assert knowledge_from([*trials, trial(AUTO, [9.0], learned)], found) == Knowledge(
        limit=5.0, baseline=1.0, rate=10.0, burst=30.0
    )
    assert knowledge_from([trial(AUTO, [9.0], learned)], None) == learned
