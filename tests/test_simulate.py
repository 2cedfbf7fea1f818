"""Predictions: the real engine in virtual time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import Done, manyeyes
from manyeyes.lab.simulate import Scenario, simulate

scenarios = st.builds(
    Scenario,
    images=st.integers(1, 60),
    seconds=st.floats(0.1, 20),
    concurrency=st.integers(1, 20),
    strategy=st.sampled_from(["continuous", "batch", "sequential"]),
    cv=st.sampled_from([0.0, 0.5, 1.5]),
    rpm=st.one_of(st.none(), st.floats(1, 1000)),
    burst=st.integers(1, 5),
    batch_size=st.one_of(st.none(), st.integers(1, 20)),
    seed=st.integers(1, 100),
)


@settings(max_examples=60, deadline=None)
@given(scenarios)
def test_progress_has_one_entry_for_each_time_at_which_pictures_ended(scenario: Scenario) -> None:
    prediction = simulate(scenario)
    times = [progress.elapsed for progress in prediction.progress]
    counts = [progress.current for progress in prediction.progress]
    assert times == sorted(set(times))
    assert counts == sorted(set(counts))
    assert (times[-1], counts[-1]) == (prediction.seconds, scenario.images)
    assert prediction.progress[-1].message.startswith("Complete! Analyzed ")


@settings(max_examples=60, deadline=None)
@given(scenarios)
def test_a_configured_rate_is_never_refused(scenario: Scenario) -> None:
    assert simulate(scenario).rejections == 0


@settings(max_examples=40, deadline=None)
@given(scenarios)
def test_nothing_takes_longer_than_one_after_another(scenario: Scenario) -> None:
    prediction = simulate(scenario)
    assert prediction.seconds <= prediction.sequential_seconds + 1e-6
    assert 0 <= prediction.saved_per_cent <= 100


def test_the_same_seed_meets_the_same_latencies_whatever_the_strategy() -> None:
    base = Scenario(30, 3.0, 5, cv=0.5, seed=7)
    alike = [base, replace(base, strategy="batch", concurrency=8), replace(base, strategy="sequential")]
    sequential = {round(simulate(scenario).sequential_seconds, 6) for scenario in alike}
    assert len(sequential) == 1
    assert round(simulate(replace(base, seed=8)).sequential_seconds, 6) not in sequential


def test_without_a_barrier_uneven_pictures_take_less_time() -> None:
    continuous = simulate(Scenario(200, 2.0, 5, "continuous", cv=0.5))
    batch = simulate(Scenario(200, 2.0, 5, "batch", cv=0.5))
    assert continuous.seconds < 0.75 * batch.seconds
    assert continuous.seconds < 1.05 * continuous.sequential_seconds / 5


def test_bytes_may_bound_a_batch() -> None:
    prediction = simulate(Scenario(12, 3.0, 5, "batch", batch_bytes=7_000_000, size=2_000_000))
    assert [progress.current for progress in prediction.progress] == [3, 6, 9, 12]


def test_one_after_another_ignores_the_concurrency() -> None:
    assert simulate(Scenario(10, 3.0, 20, "sequential")).seconds == 30.0


# The command


def command(words: str, place: Path, **environment: str) -> Done:
    return manyeyes("simulate", *words.split(), place=place, **environment)


def test_the_command_prints_the_time_and_the_progress_at_each_change(tmp_path: Path) -> None:
    done = command("--images 44 --seconds 3 --concurrency 5 --strategy batch", tmp_path)
    assert done.code == 0
    assert done.out.count("Analyzing image") == 8
    assert "     3.000 s  Analyzing image 5 of 44...  5 (11 %)" in done.out
    assert "Complete! Analyzed 44 images." in done.out
    assert "27.000 s" in done.out
    assert "132.000 s" in done.out
    assert "(80 %)" in done.out


def test_json_is_one_object_with_the_seconds_and_the_progress(tmp_path: Path) -> None:
    found = command("--images 44 --seconds 3 --concurrency 5 --strategy batch --json", tmp_path).object
    assert (found["seconds"], found["sequentialSeconds"], found["savedPercent"]) == (27.0, 132.0, 80)
    lines = [(line["seconds"], line["current"], line["percentage"]) for line in found["progress"]]
    assert lines[0] == (3.0, 5, 11)
    assert lines[-1] == (27.0, 44, 100)
    assert len(lines) == 9


def test_a_rate_is_kept_to_and_refusals_are_counted(tmp_path: Path) -> None:
    found = command("--images 44 --seconds 3 --concurrency 5 --rpm 50 --burst 1 --json", tmp_path).object
    assert (found["seconds"], found["rejections"]) == (54.6, 0)


def test_the_environment_sets_what_no_flag_does(tmp_path: Path) -> None:
    found = command(
        "--images 44 --seconds 3 --json", tmp_path, ANALYSIS_CONCURRENCY="20", ANALYSIS_STRATEGY="batch"
    ).object
    assert found["seconds"] == 9.0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--concurrency 0", "--concurrency"),
        ("--seconds nan", "--seconds"),
        ("--cv inf", "--cv"),
        ("--rpm 0", "--rpm"),
        ("--images 0", "--images"),
    ],
)
def test_what_makes_no_sense_is_named_and_exits_with_two(words: str, named: str, tmp_path: Path) -> None:
    done = command(words, tmp_path)
    assert done.code == 2
    assert named in done.err
    assert "Traceback" not in done.err
