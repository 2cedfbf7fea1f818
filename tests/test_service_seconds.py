"""What calls take, as far as those that ended and those that go on can tell."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.pacing.service import Prior, Service, censored_fit, kaplan_meier
from manyeyes.pacing.speed import Guess, agreed, even_span, measured

NONE = np.zeros(0)


def lognormal(n: int, seed: int = 1) -> np.ndarray:
    return np.exp(1.0 + 0.5 * np.random.default_rng(seed).standard_normal(n))


def test_a_fit_to_calls_that_all_ended_is_that_of_the_book() -> None:
    seconds = lognormal(400)
    mean, deviation = censored_fit(seconds, NONE)
    assert mean == pytest.approx(np.log(seconds).mean())
    assert deviation == pytest.approx(np.log(seconds).std())


def test_calls_that_go_on_put_the_fit_right() -> None:
    seconds, now = lognormal(2000), math.e
    ended, ages = seconds[seconds <= now], np.full(int((seconds > now).sum()), now)
    mean, deviation = censored_fit(ended, ages)
    assert mean == pytest.approx(1.0, abs=0.05)
    assert deviation == pytest.approx(0.5, abs=0.08)
    assert np.log(ended).mean() < 0.65


def test_a_prior_counts_for_a_few_calls() -> None:
    prior = Prior(0.0, 0.5, 8)
    assert censored_fit(NONE, NONE, prior) == pytest.approx((0.0, 0.5))
    assert censored_fit(np.full(8, math.exp(2.0)), NONE, prior)[0] == pytest.approx(1.0)
    assert censored_fit(np.full(800, math.exp(2.0)), NONE, prior)[0] == pytest.approx(2.0, abs=0.03)


def test_without_anything_there_is_no_fit() -> None:
    with pytest.raises(ValueError, match="nothing has ended"):
        censored_fit(NONE, np.array([1.0]))


def test_the_product_limit_of_the_textbook() -> None:
    # 1, 2 and 4 ended, 3 and 5 go on: 4/5, 3/5, and half of that at 4.
    times, ended = kaplan_meier(np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0]))
    assert times.tolist() == [1, 2, 3, 4, 5]
    assert ended.tolist() == pytest.approx([0.2, 0.4, 0.4, 0.7, 0.7])


def test_stragglers_count_though_no_log_normal_knows_them() -> None:
    seconds = lognormal(500)
    seconds[::100] *= 10
    service = Service.of(seconds, NONE, *censored_fit(seconds, NONE))
    assert (service.points > 20).mean() == pytest.approx((seconds > 20).mean(), abs=0.003)
    assert (Service.of(seconds[1:15], NONE, 1.0, 0.5).points > 20).sum() == 0
    assert service.points.tolist() == sorted(service.points.tolist())


def test_what_has_gone_on_for_long_goes_on_longer_than_the_rest() -> None:
    service = Service.of(lognormal(300), NONE, 1.0, 0.5)
    rng = np.random.default_rng(1)
    left = service.left(np.array([0.0, 2.0, 100.0]), 2000, rng)
    assert left.min() >= 0
    assert left[:, 0].mean() == pytest.approx(service.mean, rel=0.05)
    longer = service.points[service.points > 2.0]
    assert left[:, 1].mean() == pytest.approx(longer.mean() - 2.0, rel=0.05)
    assert left[:, 2].mean() > 10


def test_calls_met_at_work_are_the_longer_ones() -> None:
    service = Service.of(lognormal(300), NONE, 1.0, 0.5)
    met = service.under_way((20_000,), np.random.default_rng(1))
    # The mean residual of a renewal process: mean × (1 + cv²) / 2.
    assert met.mean() == pytest.approx(service.mean * (1 + service.cv**2) / 2, rel=0.03)


def test_a_surer_guess_weighs_more_and_guesses_that_differ_make_it_less_sure() -> None:
    alike = agreed([Guess.at(2.0, 0.1), Guess.at(2.0, 0.1)])
    assert alike.speed == pytest.approx(2.0)
    assert alike.error == pytest.approx(0.1 / math.sqrt(2))
    apart = agreed([Guess.at(2.0, 0.02), Guess.at(3.0, 0.2)])
    assert 2.0 < apart.speed < 2.05
    assert apart.error > 0.02


def test_a_span_reaches_back_to_where_the_speed_was_another() -> None:
    slow, fast = np.arange(0, 200.0, 1.0), np.arange(200.0, 300.0, 0.1)
    assert even_span(slow, 0.3, 5) == len(slow) - 1
    both = np.concatenate([slow, fast])
    assert 600 <= even_span(both, 0.3, 5) <= 1100
    assert even_span(NONE, 0.3, 5) <= 0


@settings(max_examples=50)
@given(st.integers(2, 30), st.integers(1, 20))
def test_waves_are_counted_whole(waves: int, places: int) -> None:
    ends = np.repeat(np.arange(1.0, waves + 1) * 3.0, places)
    assert measured(ends, len(ends) - 1, 3.0 * waves, 3.0, 0) == pytest.approx(places / 3)


def test_calls_that_end_at_this_very_moment_count_as_ended() -> None:
    ends = np.array([3.0] * 5 + [6.0] * 5 + [9.0])
    assert measured(ends, 10, 9.0, 3.0, overdue=4) == pytest.approx(5 / 3)
    assert measured(np.array([3.0, 3.0]), 1, 3.0, 3.0, 0) is None
    assert measured(NONE, 0, 3.0, 3.0, 0) is None
