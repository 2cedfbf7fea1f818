"""Calls that end out of turn are told in the order they were sent."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.pacing.limit import Ending, Sample
from manyeyes.pacing.send_order import Call, SendOrder


def ended(call: Call, at: float) -> None:
    call.sample = Sample(call.sent_at, at, 1, Ending.ANSWERED)


def test_a_short_call_waits_for_a_long_one_that_was_sent_before_it() -> None:
    order = SendOrder()
    long, short = order.sent(0.0, 1), order.sent(1.0, 2)
    ended(short, 2.0)
    assert list(order.due(2.0, inf)) == []
    ended(long, 9.0)
    assert [sample.seconds for sample in order.due(9.0, inf)] == [9.0, 1.0]


def test_a_call_that_goes_on_too_long_is_told_as_it_stands_and_only_once() -> None:
    order = SendOrder()
    long, short = order.sent(0.0, 1), order.sent(1.0, 2)
    ended(short, 2.0)
    first, second = order.due(12.0, 10.0)
    assert (first.censored, first.seconds) == (True, 12.0)
    assert (second.censored, second.seconds) == (False, 1.0)
    ended(long, 50.0)
    assert list(order.due(50.0, 10.0)) == []


@given(st.lists(st.floats(0.1, 20), min_size=1, max_size=40), st.floats(1, 30))
def test_every_call_is_told_once_in_the_order_it_was_sent(seconds: list[float], patience: float) -> None:
    order, told = SendOrder(), []
    calls = [order.sent(float(seq), 1) for seq in range(len(seconds))]
    ends = sorted((seq + each, seq) for seq, each in enumerate(seconds))
    for at, seq in ends:
        ended(calls[seq], at)
        told += list(order.due(at, patience))
    told += list(order.due(1e9, 0.0))
    assert [sample.sent_at for sample in told] == [float(seq) for seq in range(len(seconds))]
    assert all(sample.seconds >= patience for sample in told if sample.censored)
