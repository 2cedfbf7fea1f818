"""The figures that the trained model is judged by."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

sys.path.insert(0, str(Path(__file__).parent.parent / "training"))

from calibration import fitted, nested
from figures import (
    among_first,
    calibration_error,
    interval,
    lowest_threshold,
    macro_recall,
    probabilities,
    right_when_sure,
)

SCORES = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]])
LABELS = np.array([0, 1, 2, 0])


def test_the_label_counts_as_found_among_the_highest_scores_only() -> None:
    assert among_first(SCORES, LABELS, 1).tolist() == [True, False, True, False]
    assert among_first(SCORES, LABELS, 2).tolist() == [True, True, True, False]
    assert among_first(SCORES, LABELS, 3).all()


def test_every_class_that_occurs_counts_the_same_in_macro_recall() -> None:
    assert macro_recall(SCORES, LABELS) == pytest.approx((1 / 2 + 0 + 1) / 3)
    assert macro_recall(SCORES[:1], LABELS[:1]) == 1.0


def test_answers_as_often_right_as_they_say_have_no_calibration_error() -> None:
    assert calibration_error(np.full(10, 0.7), np.arange(10) < 7, bins=1) == pytest.approx(0.0)
    assert calibration_error(np.full(10, 0.9), np.arange(10) < 7, bins=1) == pytest.approx(0.2)


def test_too_sure_here_does_not_make_up_for_too_unsure_there() -> None:
    sure = np.array([0.4] * 10 + [0.8] * 10)
    right = np.array([True] * 6 + [False] * 4 + [True] * 6 + [False] * 4)
    assert calibration_error(sure, right, bins=2) == pytest.approx(0.2)


@given(some.lists(some.tuples(some.floats(0, 1), some.booleans()), min_size=1, max_size=60))
def test_a_calibration_error_is_a_share(rows: list[tuple[float, bool]]) -> None:
    sure, right = (np.array(column) for column in zip(*rows, strict=True))
    assert 0 <= calibration_error(sure, right) <= 1 + 1e-9


def test_coverage_is_told_beside_the_share_right() -> None:
    sure, right = np.array([0.95, 0.92, 0.5, 0.3]), np.array([True, False, True, True])
    assert right_when_sure(sure, right, 0.9) == (0.5, 0.5)
    share, coverage = right_when_sure(sure, right, 0.99)
    assert np.isnan(share)
    assert coverage == 0.0


@given(
    some.lists(some.tuples(some.sampled_from([0.1, 0.5, 0.7, 0.9]), some.booleans()), min_size=1, max_size=40)
)
def test_a_threshold_keeps_its_promise_and_no_lower_one_would(rows: list[tuple[float, bool]]) -> None:
    sure, right = (np.array(column) for column in zip(*rows, strict=True))
    found = lowest_threshold(sure, right, 0.8)
    assert found == 1.0 or right[sure >= found].mean() >= 0.8
    assert all(right[sure >= lower].mean() < 0.8 for lower in sure if lower < found)


def test_an_interval_widens_where_few_senders_gave_many_photographs() -> None:
    right = np.repeat([1.0, 0.0], 50)
    each_alone = interval(lambda rows: float(right[rows].mean()), np.arange(100), repeats=200)
    ten_senders = interval(lambda rows: float(right[rows].mean()), np.arange(100) // 10, repeats=200)
    assert ten_senders[0] < each_alone[0] < 0.5 < each_alone[1] < ten_senders[1]


def _drawn(scale: float, shifts: list[float], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn from what they mean when multiplied and shifted."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(0, 3, (4000, 3))
    meant = probabilities(logits * scale + np.array(shifts))
    return logits, (meant.cumsum(1) > chance.random((4000, 1))).argmax(1)


def test_calibration_finds_the_scale_and_the_shifts_that_labels_were_drawn_with() -> None:
    found = fitted(*_drawn(0.5, [0.0, 0.6, -0.6], seed=1))
    assert found.scale == pytest.approx(0.5, abs=0.04)
    assert found.shifts - found.shifts.mean() == pytest.approx([0.0, 0.6, -0.6], abs=0.12)


def test_a_temperature_alone_leaves_the_order_of_answers() -> None:
    logits, labels = _drawn(0.5, [0.0, 0.6, -0.6], seed=1)
    found = fitted(logits, labels, shifted=False)
    assert (found.probabilities(logits).argmax(1) == logits.argmax(1)).all()


def test_calibrated_answers_are_as_often_right_as_they_say() -> None:
    logits, labels = _drawn(0.3, [0.0, 0.5, 0.0], seed=2)
    before = probabilities(logits)
    after = nested(logits, labels, np.arange(len(labels)) % 5, 0.8).probabilities
    errors = [calibration_error(given.max(1), given.argmax(1) == labels) for given in (before, after)]
    assert errors[0] > 0.1
    assert errors[1] < 0.03


def test_a_folds_own_labels_shape_nothing_of_its_answers() -> None:
    logits, labels = _drawn(0.5, [0.0, 0.6, -0.6], seed=3)
    folds = np.arange(len(labels)) % 5
    other = np.where(folds == 2, (labels + 1) % 3, labels)
    before, after = (nested(logits, truth, folds, 0.7) for truth in (labels, other))
    here = folds == 2
    assert (before.probabilities[here] == after.probabilities[here]).all()
    assert (before.thresholds[here] == after.thresholds[here]).all()
    assert (before.probabilities[~here] != after.probabilities[~here]).any()
