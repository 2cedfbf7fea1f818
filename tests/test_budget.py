"""The budget of bytes in hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.pacing.budget import Budget


@given(st.integers(1, 1000), st.lists(st.integers(0, 1500)))
def test_what_was_let_in_is_within_the_limit_or_alone(limit: int, sizes: list[int]) -> None:
    budget, inside = Budget(limit), list[int]()
    for size in sizes:
        if budget.fits(size):
            budget = budget.plus(size)
            inside.append(size)
            assert budget.used <= limit or inside == [0] * (len(inside) - 1) + [size]
    assert budget.used == sum(inside)


def test_an_item_larger_than_the_whole_budget_goes_alone() -> None:
    budget = Budget(10)
    assert budget.fits(11)
    assert not budget.plus(11).fits(1)
    assert not budget.plus(1).fits(11)


def test_the_budget_may_be_used_up_to_the_last_byte() -> None:
    assert Budget(10).plus(4).fits(6)
    assert not Budget(10).plus(4).fits(7)
