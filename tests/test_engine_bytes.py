"""Pictures in hand fit the byte budget, and towards the end of a portfolio the largest go first."""

from __future__ import annotations

import pytest

from engine_world import DRESS, analyze, limiter_of, starts
from manyeyes.analyzers.scripted import Scripted
from manyeyes.lab.numbered import Inline, Numbered
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.work import Work


def numbers(analyzer: Scripted) -> list[int]:
    """Pictures by number, from 1, in the order in which their answers were bought."""
    return [int(name.removeprefix("image-").removesuffix(".jpg")) for name in starts(analyzer)]


@pytest.mark.parametrize(("memory", "seconds"), [(99, 36.0), (100, 18.0), (200, 9.0), (10, 36.0)])
def test_no_more_bytes_are_in_hand_than_the_budget_has(memory: int, seconds: float) -> None:
    told = analyze(
        Numbered(12, 50),
        Scripted(DRESS, seconds=3.0),
        preparer=Inline(keeps_bytes=True),
        limiter=limiter_of(10),
        memory=memory,
    )
    assert (told.progress.analyzed, told.progress.elapsed) == (12, seconds)


def test_bytes_are_free_again_whatever_becomes_of_a_picture() -> None:
    script = {f"image-{number}.jpg": [DRESS] for number in (1, 2, 4, 5)}
    script["image-3.jpg"] = ["no JSON"] * 9
    told = analyze(
        Numbered(5, 60), Scripted(script, seconds=1.0), preparer=Inline(keeps_bytes=True), memory=100
    )
    assert (told.progress.analyzed, told.progress.failed) == (4, 1)


def test_a_small_portfolio_goes_largest_first() -> None:
    analyzer = Scripted(DRESS, seconds=1.0)
    analyze(Numbered(6, [200, 800, 400, 800, 100, 600]), analyzer, preparer=Inline(), limiter=limiter_of(1))
    assert numbers(analyzer) == [2, 4, 6, 3, 1, 5]


def test_a_large_portfolio_does_so_towards_its_end_only() -> None:
    analyzer, sizes = Scripted(DRESS, seconds=1.0), [100 * (number % 7 + 1) for number in range(28)]
    analyze(Numbered(28, sizes), analyzer, preparer=Inline(), limiter=limiter_of(1))
    order = numbers(analyzer)
    assert order[:20] == list(range(1, 21))
    assert [sizes[number - 1] for number in order[20:]] == sorted(sizes[20:], reverse=True)


def test_where_pixels_are_known_not_to_matter_it_goes_in_listing_order() -> None:
    work = Work()
    for number in range(100):
        work = work.after(1000 + number % 10 * 100, 3.0)
    analyzer = Scripted(DRESS, seconds=1.0)
    limiter = Limiter(FixedLimit(1), work=work)
    analyze(Numbered(4, [200, 800, 400, 600]), analyzer, preparer=Inline(), limiter=limiter)
    assert numbers(analyzer) == [1, 2, 3, 4]


def test_batches_go_in_listing_order() -> None:
    analyzer = Scripted(DRESS, seconds=1.0)
    analyze(Numbered(4, [200, 800, 400, 600]), analyzer, preparer=Inline(), group=2, barrier=True)
    assert numbers(analyzer) == [1, 2, 3, 4]


def test_a_batch_ends_also_while_bytes_hold_the_next_picture_back() -> None:
    told = analyze(
        Numbered(6, 60),
        Scripted(DRESS, seconds=3.0),
        preparer=Inline(keeps_bytes=True),
        limiter=limiter_of(3),
        group=3,
        barrier=True,
        memory=100,
    )
    assert (told.progress.analyzed, [group.processed for group in told.groups]) == (6, [3, 6])
