"""Predictions: the real engine in virtual time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import Done, manyeyes
from manyeyes.lab.simulate import Case, simulate

cases = st.builds(
    Case,
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
@given(cases)
def test_progress_has_one_entry_for_each_time_at_which_pictures_ended(case: Case) -> None:
    prediction = simulate(case)
    times = [progress.elapsed for progress in prediction.progress]
    counts = [progress.current for progress in prediction.progress]
    assert times == sorted(set(times))
    assert counts == sorted(set(counts))
    assert (times[-1], counts[-1]) == (prediction.seconds, case.images)
    assert prediction.progress[-1].message.startswith("Complete! Analyzed ")


@settings(max_examples=60, deadline=None)
@given(cases)
def test_a_configured_rate_is_never_refused(case: Case) -> None:
    assert simulate(case).rejections == 0


@settings(max_examples=40, deadline=None)
@given(cases)
def test_nothing_takes_longer_than_one_after_another(case: Case) -> None:
    prediction = simulate(case)
    assert prediction.seconds <= prediction.sequential_seconds + 1e-6
    assert 0 <= prediction.saved_per_cent <= 100


def test_the_same_seed_meets_the_same_latencies_whatever_the_strategy() -> None:
    base = Case(30, 3.0, 5, cv=0.5, seed=7)
    alike = [base, replace(base, strategy="batch", concurrency=8), replace(base, strategy="sequential")]
    sequential = {round(simulate(case).sequential_seconds, 6) for case in alike}
    assert len(sequential) == 1
    assert round(simulate(replace(base, seed=8)).sequential_seconds, 6) not in sequential


def test_without_a_barrier_uneven_pictures_take_less_time() -> None:
    continuous = simulate(Case(200, 2.0, 5, "continuous", cv=0.5))
    batch = simulate(Case(200, 2.0, 5, "batch", cv=0.5))
    assert continuous.seconds < 0.75 * batch.seconds
    assert continuous.seconds < 1.05 * continuous.sequential_seconds / 5


def test_bytes_may_bound_a_batch() -> None:
    prediction = simulate(Case(12, 3.0, 5, "batch", batch_bytes=7_000_000, size=2_000_000))
    assert [progress.current for progress in prediction.progress] == [3, 6, 9, 12]


def test_one_after_another_ignores_the_concurrency() -> None:
    assert simulate(Case(10, 3.0, 20, "sequential")).seconds == 30.0


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


# Policies in a scenario


def scenario_file(place: Path, text: str = '{"name": "ours", "images": 44, "seeds": [1, 3]}') -> str:
    (place / "ours.json").write_text(text)
    return "--scenario ours.json"


def test_policies_are_tried_under_every_seed(tmp_path: Path) -> None:
    words = f"{scenario_file(tmp_path)} --policy truth --policy fixed:5 --json"
    found = command(words, tmp_path).object
    assert (found["scenario"], found["images"], found["seeds"]) == ("ours", 44, [1, 3])
    truth, five = found["policies"]
    assert (truth["policy"], five["policy"]) == ("truth", "fixed:5")
    assert 1 <= truth["ratio"]["low"] <= truth["ratio"]["median"] < five["ratio"]["median"]
    assert truth["boundSeconds"] == five["boundSeconds"]
    assert (five["lost"], five["rejectionsPer100"]["high"], five["secondsTo90Percent"]) == (0, 0, None)


def test_the_command_line_says_which_seeds_and_how_many_pictures(tmp_path: Path) -> None:
    words = f"{scenario_file(tmp_path)} --policy fixed:5 --seeds 7 --images 20"
    found = command(f"{words} --json", tmp_path).object
    assert (found["images"], found["seeds"]) == (20, [7, 7])
    shown = command(words, tmp_path).out
    assert "ours: 20 images, 1 seed; at best it would take" in shown
    assert "fixed:5" in shown


def test_what_is_lost_is_said(tmp_path: Path) -> None:
    text = '{"images": 44, "slots": [[0, 2]], "when_full": "refuse", "seeds": [1, 2]}'
    shown = command(f"{scenario_file(tmp_path, text)} --policy fixed:40", tmp_path).out
    assert "fixed:40 lost " in shown


def test_ways_are_compared_with_one_after_another_and_with_the_bound(tmp_path: Path) -> None:
    rows = command("--images 44 --seconds 3 --compare --json", tmp_path).object["rows"]
    found = {row["policy"]: (row["seconds"], row["savedPercent"]) for row in rows}
    assert found["sequential"] == (132.0, 0)
    assert found["batch:5"] == (27.0, 80)
    assert found["bound"] == (6.6, 95)
    assert found["bound"][0] <= found["auto"][0] < 27


def test_without_a_number_the_four_portfolios_are_compared(tmp_path: Path) -> None:
    done = command("--compare", tmp_path)
    rows = [line.split() for line in done.out.splitlines()[1:]]
    batches = {row[0]: (row[2], row[3], row[4]) for row in rows if row[1] == "batch:5"}
    assert batches == {
        "44": ("27.000", "105.000", "80"),
        "50": ("30.000", "120.000", "80"),
        "100": ("60.000", "240.000", "80"),
        "200": ("120.000", "480.000", "80"),
    }


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--policy truth", "--policy has no meaning without"),
        ("--seeds 1-3", "--seeds has no meaning without"),
        ("--slots 4", "--slots has no meaning without"),
        ("--compare --rpm 3", "--rpm has no meaning with --compare"),
        ("--compare --seconds 0", "--seconds must be more than 0"),
        ("--scenario ours.json --concurrency 3", "--concurrency has no meaning with --scenario"),
        ("--scenario ours.json --compare", "--compare has no meaning with --scenario"),
        ("--scenario ours.json --policy swift", "--policy must be one of auto"),
        ("--scenario ours.json --seeds 3-1", "--seeds must be"),
        ("--scenario ours.json --seeds x", "--seeds must be"),
        ("--scenario none.json", "--scenario none.json cannot be read"),
        ("--scenario wrong.json", "wrong.json is no scenario: slots"),
        ("--scenario .", "--scenario . cannot be read"),
    ],
)
def test_what_cannot_be_tried_is_named(words: str, named: str, tmp_path: Path) -> None:
    scenario_file(tmp_path)
    (tmp_path / "wrong.json").write_text('{"slots": 20}')
    done = command(words, tmp_path)
    assert done.code == 2
    assert named in done.err
