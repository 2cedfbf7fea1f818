"""A refusal that names no wait is told apart: too many calls in flight, or a quota that ran dry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from manyeyes.lab.scenario import Allowed, Scenario, Service
from manyeyes.lab.trial import trial
from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.limit import Ending, Sample
from manyeyes.pacing.silence import ENOUGH, LATELY, Silence

#: A second for each picture, ten a second, thirty at once, and refusals that say nothing.
BUCKET = Scenario(
    images=300,
    service=Service(seconds=1.0),
    slots=(),
    requests=Allowed(per_minute=600, burst=30, retry_after=False),
)
#: Twenty at once, and no more.
CAP = Scenario(images=300, service=Service(seconds=1.0), when_full="refuse")


def test_a_number_that_was_answered_before_cannot_be_the_cap() -> None:
    silence = Silence()
    for second in range(ENOUGH):
        assert not silence.is_quota(5.0, 20, 5.0)
        silence.answered(float(second), 20)
    assert silence.is_quota(6.0, 20, 6.2)
    assert not silence.is_quota(6.0, 22, 6.2)


def test_what_was_answered_long_ago_says_nothing() -> None:
    silence = Silence()
    for _ in range(ENOUGH):
        silence.answered(0.0, 20)
    assert silence.is_quota(LATELY - 1, 20, LATELY - 1)
    assert not silence.is_quota(LATELY + 1, 20, LATELY + 1)


def test_refused_calls_are_not_at_the_provider() -> None:
    silence = Silence()
    # Ten of thirty were refused together; then some end, and others are let in while refusals are under way.
    for number in range(21, 31):
        assert not silence.is_quota(0.0, number, 0.2)
    for _ in range(ENOUGH):
        silence.answered(0.1, 30)
    assert not silence.is_quota(1.0, 21, 1.2)


def test_a_cap_that_was_none_is_taken_back_but_only_soon() -> None:
    limit = AdaptiveLimit(limit=25.0, starting=False)
    capped = limit.after(Sample(0.0, 0.2, 25, Ending.PUSHED_BACK))
    assert (limit.value, capped.value) == (25, 24)
    assert capped.uncapped(1.0).value == 25
    assert capped.uncapped(60.0).value == 24


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_quota_that_refuses_in_silence_loses_nothing_and_is_found(seed: int) -> None:
    done = trial(BUCKET, "auto", seed)
    assert done.lost == 0
    assert done.makespan < 1.2 * done.bound
    assert done.refused < 0.15 * BUCKET.images


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_hard_cap_is_still_found_for_what_it_is(seed: int) -> None:
    done = trial(CAP, "auto", seed)
    assert done.lost == 0
    assert done.learned is not None
    assert done.learned.rate is None
    assert done.refused < 0.05 * CAP.images


def test_a_service_that_refuses_everything_is_not_taken_for_a_quota() -> None:
    closed = replace(BUCKET, images=20, requests=Allowed(per_minute=0.01, burst=1, retry_after=False))
    done = trial(closed, "fixed:5", 1)
    assert done.lost >= 19
