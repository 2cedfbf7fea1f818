"""How many of the pictures to come will need a call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.engine.looked import Looked


def looked(*windows: tuple[int, int], called: int = 0, in_vain: int = 0) -> Looked:
    """Windows by pictures and those without an answer, then calls; of those read, `in_vain` needed none."""
    one = Looked()
    for pictures, unanswered in windows:
        for _ in range(pictures - unanswered):
            one.ended_without_call()
        one.at(pictures, unanswered)
    for _ in range(in_vain):
        one.ended_without_call()
    for _ in range(called):
        one.called()
    return one


def test_before_anything_is_known_all_do() -> None:
    assert (Looked().unseen(0), Looked().seen(0)) == (1.0, 1.0)


def test_as_many_do_as_of_those_before() -> None:
    assert looked((32, 16), (32, 14), (32, 18)).unseen(0) == 0.5


def test_after_a_run_that_stopped_half_way_the_latest_tell() -> None:
    assert looked(*[(32, 0)] * 30, (32, 32), (32, 32)).unseen(0) == 1.0
    assert looked(*[(32, 32)] * 30, (32, 0), (32, 0)).unseen(0) == 0.0


def test_pictures_that_are_known_by_their_bytes_alone_are_told_from_those_that_were_read() -> None:
    moved = looked((32, 32), (32, 32), called=10, in_vain=30)
    assert moved.seen(0) == pytest.approx(0.25)
    assert moved.unseen(0) == pytest.approx(0.25)
    assert moved.seen(30) == pytest.approx(40 / 70)


def test_when_nothing_has_been_in_vain_for_a_while_nothing_will_be() -> None:
    assert looked((1000, 1000), called=64, in_vain=900).seen(0) == 1.0


steps = st.one_of(
    st.tuples(st.just("window"), st.integers(1, 32), st.integers(0, 32)),
    st.tuples(st.just("called"), st.just(0), st.just(0)),
    st.tuples(st.just("ended"), st.just(0), st.just(0)),
)


@given(st.lists(steps, max_size=200), st.integers(0, 50))
def test_it_is_a_share_in_whatever_order_things_are_told(
    told: list[tuple[str, int, int]], ready: int
) -> None:
    one = Looked()
    for what, pictures, unanswered in told:
        match what:
            case "window":
                one.at(pictures, min(pictures, unanswered))
            case "called":
                one.called()
            case _:
                one.ended_without_call()
        assert 0 <= one.seen(ready) <= 1
        assert 0 <= one.unseen(ready) <= 1
