"""When to try again, and when to give up."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    BadReply,
    Broken,
    OutOfTime,
    Overloaded,
    Pushback,
    RateLimited,
    Refused,
)
from manyeyes.pacing.retry import Retry, named_wait

RNG = Random(1)
passing = st.sampled_from([Broken("reset"), RateLimited("429"), Overloaded("529"), Pushback("slow down")])


@given(st.integers(1, 4), passing, st.randoms())
def test_the_wait_is_drawn_from_nothing_up_to_a_bound_that_doubles(
    attempt: int, error: AnalyzerError, rng: Random
) -> None:
    delay = Retry().delay(attempt, error, rng)
    assert delay is not None
    assert 0 <= delay <= 0.5 * 2 ** (attempt - 1)


def test_the_draws_fill_the_whole_range() -> None:
    rng = Random(3)
    delays = [Retry().delay(3, Broken("reset"), rng) or 0.0 for _ in range(2000)]
    assert min(delays) < 0.02
    assert max(delays) > 1.98
    assert sum(delays) / len(delays) == pytest.approx(1.0, abs=0.05)


@given(passing, st.integers(1, 60))
def test_no_wait_is_longer_than_the_ceiling(error: AnalyzerError, attempt: int) -> None:
    delay = Retry(attempts=100, ceiling=7.0).delay(attempt, error, RNG)
    assert delay is not None
    assert delay <= 7.0


@given(passing, st.integers(5, 100))
def test_five_tries_are_enough(error: AnalyzerError, attempt: int) -> None:
    assert Retry().delay(attempt, error, RNG) is None


@given(st.integers(1, 1000), st.floats(0.001, 3600))
def test_a_wait_that_is_named_is_kept_to_the_letter_however_often(attempt: int, wait: float) -> None:
    assert Retry().delay(attempt, RateLimited("429", retry_after=wait), RNG) == wait


def test_a_service_that_names_waits_for_ever_is_given_up_all_the_same() -> None:
    overloaded = Overloaded("503", retry_after=30.0)
    assert [Retry().delay(attempt, overloaded, RNG) for attempt in (1, 4, 5)] == [30.0, 30.0, None]


def test_a_named_wait_of_nothing_uses_up_a_try_like_any_other() -> None:
    nothing = RateLimited("429", retry_after=0.0)
    assert named_wait(nothing) is None
    assert Retry().delay(5, nothing, RNG) is None


@pytest.mark.parametrize("error", [Refused("no"), OutOfTime("late"), AccessDenied("no credit")])
def test_what_will_not_change_is_not_tried_again(error: AnalyzerError) -> None:
    assert Retry().delay(1, error, RNG) is None


def test_an_answer_outside_the_schema_is_asked_about_at_once() -> None:
    assert Retry().delay(1, BadReply("no JSON"), RNG) == 0.0
    assert Retry().delay(5, BadReply("no JSON"), RNG) is None
