"""How seconds go with pixels is learned from calls, and said only where it is no chance."""

from __future__ import annotations

from math import exp
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.pacing.work import ENOUGH, Work


def work_of(power: float, noise: float, count: int = 400, seed: int = 1) -> Work:
    """What so many calls teach whose seconds go by this power of pixels."""
    draws, work = Random(seed), Work()
    for _ in range(count):
        pixels = round(exp(draws.gauss(13, 0.8)))
        work = work.after(pixels, 1e-4 * pixels**power * exp(draws.gauss(0, noise)))
    return work


def test_nothing_is_said_of_a_few_calls() -> None:
    assert Work().slope is None
    assert work_of(1.0, 0.1, ENOUGH - 5).slope is None


@pytest.mark.parametrize("power", [0.3, 1.0, 1.7])
def test_the_power_is_found(power: float) -> None:
    assert work_of(power, 0.3).slope == pytest.approx(power, abs=0.1)


def test_what_may_be_chance_is_none() -> None:
    slopes = [work_of(0.0, 0.5, seed=seed).slope for seed in range(50)]
    assert slopes.count(0.0) >= 45


def test_pictures_of_one_size_tell_nothing_of_others() -> None:
    work = Work()
    for seconds in range(1, 100):
        work = work.after(1000, float(seconds))
    assert work.slope == 0.0


@given(st.lists(st.tuples(st.integers(-5, 10**9), st.floats(-1, 1e6)), max_size=80))
def test_whatever_comes_it_can_be_kept_and_taken_up_again(calls: list[tuple[int, float]]) -> None:
    work = Work()
    for pixels, seconds in calls:
        work = work.after(pixels, seconds)
    assert Work(*work.as_numbers) == work
    assert work.slope is None or abs(work.slope) < float("inf")
