"""Quotas: what is configured is never exceeded, what headers announce is believed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.pacing.quota import Quota, Tokens, estimated

rates = st.floats(0.5, 6000)
bursts = st.integers(1, 50)
#: Seconds that pass before the next caller comes.
gaps = st.lists(st.floats(0, 120), min_size=1, max_size=60)


def started(quota: Quota, gaps: list[float]) -> list[float]:
    """When callers that came `gaps` apart were let go."""
    now, times = 0.0, []
    for gap in gaps:
        now += gap
        now += quota.wait(now)
        quota = quota.taken(now)
        times.append(now)
    return times


@given(rates, bursts, gaps)
def test_no_window_of_time_holds_more_than_burst_and_refill(
    rate: float, burst: int, gaps: list[float]
) -> None:
    times = started(Quota.per_minute(rate, burst), gaps)
    for first in range(len(times)):
        for last in range(first, len(times)):
            allowed = burst + (times[last] - times[first]) * rate / 60
            assert last - first + 1 <= allowed + 1e-6


@given(rates, bursts, gaps)
def test_nobody_waits_longer_than_the_rate_demands(rate: float, burst: int, gaps: list[float]) -> None:
    times = started(Quota.per_minute(rate, burst), gaps)
    came = 0.0
    for gap, (before, at) in zip(gaps[1:], pairwise(times), strict=True):
        came = before + gap
        assert at - came <= 60 / rate + 1e-6


def test_fifty_a_minute_is_one_each_twelve_tenths_of_a_second() -> None:
    assert started(Quota.per_minute(50), [0.0] * 4) == pytest.approx([0, 1.2, 2.4, 3.6])


def test_after_a_rest_a_burst_may_start_at_once() -> None:
    times = started(Quota.per_minute(60, burst=3), [0, 0, 0, 0, 100, 0, 0, 0])
    assert times == pytest.approx([0, 0, 0, 1, 101, 101, 101, 102])


def test_an_estimate_is_what_nearly_all_recent_answers_stayed_under() -> None:
    assert estimated((), 2000.0) == 2000.0
    assert estimated([*range(1, 101)], 0.0) == 95
    assert estimated([7.0], 0.0) == 7.0


@given(st.floats(100, 1e6), st.lists(st.tuples(st.floats(0, 5), st.floats(0, 3000)), max_size=60))
def test_what_is_reserved_and_then_settled_never_passes_the_quota(
    per_minute: float, calls: list[tuple[float, float]]
) -> None:
    """Where no answer uses more than was reserved for it, no span of time uses more than it may."""
    tokens, now = Tokens(Quota.per_minute(per_minute, per_minute / 12), first=3000.0), 0.0
    most, used_at = max(per_minute / 12, 3000.0), []
    for seq, (gap, used) in enumerate(calls):
        now += gap
        now += tokens.wait(now)
        reserved = tokens.estimate
        tokens = tokens.taken(now, seq, reserved)
        used_at.append((now, min(used, reserved)))
        tokens = tokens.settled(seq, used_at[-1][1])
    for first, (start, _) in enumerate(used_at):
        spent = 0.0
        for end, used in used_at[first:]:
            spent += used
            assert spent <= most + 3000.0 + (end - start) * per_minute / 60 + 1e-6


def test_what_was_reserved_for_a_call_that_failed_comes_back() -> None:
    tokens = Tokens(Quota.per_minute(6000, 1000), first=1000.0)
    assert tokens.taken(0.0, 1, 1000.0).wait(0.0) == pytest.approx(10.0)
    assert tokens.taken(0.0, 1, 1000.0).settled(1, None).wait(0.0) == 0.0


def test_what_a_call_left_unused_is_not_had_back_from_a_bucket_that_was_full_since() -> None:
    # 100 a second, 1,000 at once. The first reserves 500; at 4 s, 900 more are taken, of 900 there are.
    tokens = Tokens(Quota.per_minute(6000, 1000), recent=(500.0,))
    tokens = tokens.taken(0.0, 1, 500.0).taken(4.0, 2, 900.0).settled(1, 100.0)
    # Had the first taken 100, the bucket would have been full at 1 s: 100 of 1,000 are left at 4 s.
    assert tokens.quota.full_at == pytest.approx(13.0)
