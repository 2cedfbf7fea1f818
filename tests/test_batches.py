"""Batches with a barrier, by count and by bytes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.engine.batches import Batches
from manyeyes.pacing.budget import Budget


def cut(size: int, budget: Budget | None, sizes: list[int]) -> list[list[int]]:
    """The batches that pictures of these sizes fall into, each ended before the next begins."""
    done: list[list[int]] = []
    current: list[int] = []

    def complete() -> None:
        done.append(current.copy())
        current.clear()

    batches = Batches(size, budget, complete)
    for position, each in enumerate(sizes):
        if not batches.try_take(position, each):
            before = list(range(position - len(current), position))
            assert [batches.ended(one) for one in before] == [False] * (len(before) - 1) + [True]
            assert batches.try_take(position, each)
        current.append(each)
    return [*done, current] if current else done


@given(st.integers(1, 20), st.integers(0, 100))
def test_every_batch_is_full_but_the_last(size: int, count: int) -> None:
    batches = cut(size, None, [1] * count)
    assert all(len(batch) == size for batch in batches[:-1])
    assert sum(map(len, batches)) == count


@given(st.integers(1, 10), st.lists(st.integers(1, 40), max_size=60), st.integers(10, 30))
def test_a_batch_fits_the_budget_or_is_one_picture(size: int, sizes: list[int], limit: int) -> None:
    batches = cut(size, Budget(limit), sizes)
    assert [one for batch in batches for one in batch] == sizes
    assert all(len(batch) <= size and (sum(batch) <= limit or len(batch) == 1) for batch in batches)


@given(st.integers(1, 10), st.lists(st.integers(1, 40), max_size=60), st.integers(10, 30))
def test_no_batch_is_smaller_than_it_must_be(size: int, sizes: list[int], limit: int) -> None:
    batches = cut(size, Budget(limit), sizes)
    for batch, following in pairwise(batches):
        assert len(batch) == size or sum(batch) + following[0] > limit


def test_a_picture_of_another_batch_does_not_open_the_barrier() -> None:
    batches = Batches(1, None, lambda: None)
    assert batches.try_take(7, 1)
    assert not batches.ended(6)
    assert not batches.try_take(8, 1)
    assert batches.ended(7)
    assert batches.try_take(8, 1)
