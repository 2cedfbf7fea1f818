"""Which picture goes next, by bytes: the first that fits, nobody passed over for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.engine.ahead import MOST_SKIPS, WINDOW, Ahead
from manyeyes.engine.job import Picture
from manyeyes.model.image import ImageRef, Locator, as_listed
from manyeyes.pacing.budget import Budget


def pictures(sizes: list[int], pixels: list[int] | None = None) -> list[Picture]:
    """Pictures `0`, `1`, … of so many bytes, one pixel high where pixels are given."""
    return [
        Picture(
            ImageRef(str(at), Locator(str(at)), "1", size, (pixels[at], 1) if pixels else None), str(at), at
        )
        for at, size in enumerate(sizes)
    ]


def ahead_of(
    sizes: list[int], limit: int, pixels: list[int] | None = None, *, in_order: bool = False
) -> Ahead:
    ahead = Ahead(Budget(limit), as_listed, in_order=in_order)
    ahead.add(pictures(sizes, pixels))
    return ahead


def taken(ahead: Ahead) -> list[int]:
    """Positions of all that can be taken now, in order."""
    positions = []
    while (picture := ahead.next(lambda _: True)) is not None:
        positions.append(picture.position)
    return positions


def test_the_first_that_fits_goes_and_those_that_do_not_wait() -> None:
    ahead = ahead_of([6, 6, 3, 9, 1], 10)
    assert taken(ahead) == [0, 2, 4]
    assert (len(ahead), ahead.is_full) == (2, True)
    ahead.free(0)
    assert taken(ahead) == [1]
    for position in (1, 2, 4):
        ahead.free(position)
    assert taken(ahead) == [3]
    assert not ahead.is_full


def test_what_is_sent_takes_less_than_what_was_read() -> None:
    ahead = ahead_of([9, 6], 10)
    assert taken(ahead) == [0]
    ahead.hold(0, 4)
    assert taken(ahead) == [1]


def test_a_picture_larger_than_the_budget_goes_alone() -> None:
    ahead = ahead_of([1, 50, 1], 10)
    assert taken(ahead) == [0, 2]
    ahead.free(0)
    assert taken(ahead) == []
    ahead.free(2)
    assert taken(ahead) == [1]
    ahead.add(pictures([1]))
    assert taken(ahead) == []


def test_batches_keep_the_order_of_the_listing() -> None:
    assert taken(ahead_of([6, 6, 3], 10, in_order=True)) == [0]


def test_who_may_not_go_yet_is_not_taken_in_hand() -> None:
    ahead = ahead_of([4, 4], 10)
    assert ahead.next(lambda _: False) is None
    assert (len(ahead), ahead.is_full) == (2, False)
    assert taken(ahead) == [0, 1]


def test_nobody_is_looked_for_beyond_the_window() -> None:
    ahead = ahead_of([10] * (WINDOW + 1) + [1], 10)
    ahead.next(lambda _: True)
    assert taken(ahead) == []


def test_the_largest_by_pixels_go_first_and_equals_keep_their_order() -> None:
    ahead = ahead_of([1] * 5, 10, [3, 9, 3, 7, 9])
    ahead.sort()
    assert taken(ahead) == [1, 4, 3, 0, 2]


@given(st.lists(st.integers(1, 12), min_size=2, max_size=200), st.integers(4, 20))
def test_every_picture_is_taken_within_a_bounded_number_of_skips(sizes: list[int], limit: int) -> None:
    # Small ones come for as long as anybody waits: only the count of skips lets a large one in.
    ahead, inside, skips = Ahead(Budget(limit), as_listed, in_order=False), list[Picture](), 0
    ahead.add(pictures([limit, *sizes, *[1] * 500]))
    ahead.hold(-1, 1)
    while inside or not skips:
        if (picture := ahead.next(lambda _: True)) is not None:
            if picture.position == 0:
                break
            inside.append(picture)
            skips += 1
            assert skips <= MOST_SKIPS
            assert sum(one.image.size for one in inside) + 1 <= limit
        else:
            ahead.free(inside.pop(0).position)
    ahead.free(-1)
    for one in inside:
        ahead.free(one.position)
    if skips == MOST_SKIPS:
        picture = ahead.next(lambda _: True)
        assert picture is not None
        assert picture.position == 0
