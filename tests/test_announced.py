"""What headers announce is believed, and counted on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.pacing.announced import Announced


def test_nothing_is_refused_before_headers_have_spoken() -> None:
    announced = Announced()
    for _ in range(1000):
        assert announced.wait(0.0) == 0.0
        announced = announced.taken(0.0)


def test_what_is_left_is_counted_down() -> None:
    announced = Announced().heard(2, 5.0, used=1, sent_at=0.0, used_since=0)
    assert announced.wait(1.0) == 0.0
    announced = announced.taken(1.0).taken(1.0)
    assert announced.wait(1.0) == pytest.approx(4.0)


def test_calls_sent_since_the_headers_request_are_taken_off() -> None:
    announced = Announced().heard(3, 5.0, used=1, sent_at=0.0, used_since=3)
    assert announced.wait(1.0) == pytest.approx(4.0)


def test_once_nothing_is_left_one_call_goes_at_each_refill() -> None:
    announced = Announced().heard(0, 10.0, used=1, sent_at=0.0, used_since=0)
    assert announced.wait(0.0) == 10.0
    announced = announced.taken(10.0)
    assert announced.wait(10.0) == 10.0
    assert announced.wait(20.0) == 0.0


def test_headers_of_an_older_request_change_nothing() -> None:
    newest = Announced().heard(0, 10.0, used=7, sent_at=50.0, used_since=1)
    assert newest.heard(600, 1.0, used=6, sent_at=49.0, used_since=2) == newest
    assert newest.heard(9, 1.0, used=8, sent_at=51.0, used_since=0).wait(51.0) == 0.0


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 100), st.integers(0, 30)), max_size=40))
def test_the_newest_request_is_believed_in_whatever_order_headers_come(
    heard: list[tuple[int, int, int]],
) -> None:
    announced = Announced()
    for seq, remaining, since in heard:
        announced = announced.heard(remaining, 1.0, used=seq, sent_at=0.0, used_since=since)
    if heard:
        newest = max(seq for seq, _, _ in heard)
        assert announced.heard_of == newest
        *_, (_, remaining, since) = [one for one in heard if one[0] == newest]
        assert announced.remaining == remaining - since


def test_two_readings_tell_how_fast_it_refills() -> None:
    full = Announced().heard(29, 1.0, used=1, sent_at=-1.0, used_since=0)
    first = full.heard(20, 1.0, used=10, sent_at=0.0, used_since=0)
    # Fifteen more were sent in two seconds, and nine are left: four came in.
    later = first.heard(9, 1.0, used=25, sent_at=2.0, used_since=9)
    # Of the four one may have been there in part.
    assert later.rate == pytest.approx(1.5)
    assert later.wait(2.0) == pytest.approx(1 / 1.5)
    assert later.wait(2.7) == 0.0


def test_a_full_bucket_tells_nothing_of_its_rate() -> None:
    first = Announced().heard(599, 1.0, used=1, sent_at=0.0, used_since=0)
    assert first.heard(599, 1.0, used=2, sent_at=60.0, used_since=0).rate is None


def test_whoever_waits_is_let_go_in_the_end_however_much_was_sent_since() -> None:
    announced = Announced().heard(0, 2.0, used=1, sent_at=0.0, used_since=3)
    assert announced.wait(0.0) == pytest.approx(8.0)
    assert announced.wait(7.0) == pytest.approx(1.0)
    assert announced.wait(8.0) == 0.0
