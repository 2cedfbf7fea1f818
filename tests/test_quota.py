"""Quotas: what is configured is never exceeded, what headers announce is believed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.model.ask import Allowance
from manyeyes.pacing.quota import Announced, Quota

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


# What headers announce


def test_nothing_is_refused_before_headers_have_spoken() -> None:
    announced = Announced()
    for _ in range(1000):
        assert announced.wait(0.0) == 0.0
        announced = announced.taken(0.0)


def test_what_is_left_is_counted_down() -> None:
    announced = Announced().heard(Allowance(2, 5.0), seq=1, sent_at=0.0, sent_since=0)
    assert announced.wait(1.0) == 0.0
    announced = announced.taken(1.0).taken(1.0)
    assert announced.wait(1.0) == pytest.approx(4.0)


def test_calls_sent_since_the_headers_request_are_taken_off() -> None:
    announced = Announced().heard(Allowance(3, 5.0), seq=1, sent_at=0.0, sent_since=3)
    assert announced.wait(1.0) == pytest.approx(4.0)


def test_once_nothing_is_left_one_call_goes_at_each_refill() -> None:
    announced = Announced().heard(Allowance(0, 10.0), seq=1, sent_at=0.0, sent_since=0)
    assert announced.wait(0.0) == 10.0
    announced = announced.taken(10.0)
    assert announced.wait(10.0) == 10.0
    assert announced.wait(20.0) == 0.0


def test_headers_of_an_older_request_change_nothing() -> None:
    newest = Announced().heard(Allowance(0, 10.0), seq=7, sent_at=50.0, sent_since=1)
    assert newest.heard(Allowance(600, 1.0), seq=6, sent_at=49.0, sent_since=2) == newest
    assert newest.heard(Allowance(9, 1.0), seq=8, sent_at=51.0, sent_since=0).wait(51.0) == 0.0


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 100), st.integers(0, 30)), max_size=40))
def test_the_newest_request_is_believed_in_whatever_order_headers_come(
    heard: list[tuple[int, int, int]],
) -> None:
    announced = Announced()
    for seq, remaining, since in heard:
        announced = announced.heard(Allowance(remaining, 1.0), seq=seq, sent_at=0.0, sent_since=since)
    if heard:
        newest = max(seq for seq, _, _ in heard)
        assert announced.heard_of == newest
        *_, (_, remaining, since) = [one for one in heard if one[0] == newest]
        assert announced.remaining == remaining - since
