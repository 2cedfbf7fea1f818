"""The mission's table, row by row: what the old app had and what was planned, figure by figure."""

from __future__ import annotations

from typing import Any

import pytest

from engine_world import DRESS, Album, Told, album, analyze, limiter_of
from manyeyes.analyzers.modelled import Latency, Modelled, Rate, Service
from manyeyes.analyzers.scripted import After, Scripted
from manyeyes.lab.numbered import Inline, Numbered
from manyeyes.lab.simulate import Case, simulate
from manyeyes.model.errors import Refused
from manyeyes.model.event import Ended
from manyeyes.pacing.budget import Budget
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.quota import Quota


def batches(count: int, size: int, **options: Any) -> Told:
    """`count` pictures of 3 seconds, `size` at once, with a barrier."""
    return analyze(
        Numbered(count),
        Modelled(Latency(3.0)),
        preparer=Inline(),
        limiter=limiter_of(size),
        group=size,
        barrier=True,
        **options,
    )


def seconds(told: Told) -> float:
    return round(told.progress.elapsed, 3)


@pytest.mark.parametrize(("count", "expected"), [(44, 132.0), (50, 150.0), (100, 300.0), (200, 600.0)])
def test_row_1_one_after_another_takes_three_seconds_each(count: int, expected: float) -> None:
    told = analyze(Numbered(count), Modelled(Latency(3.0)), preparer=Inline(), limiter=limiter_of(1))
    assert seconds(told) == expected
    assert told.progress.analyzed == count


def test_row_2_fortyfour_pictures_in_batches_of_five_take_nine_batches() -> None:
    told = batches(44, 5)
    assert seconds(told) == 27.0
    assert [group.processed for group in told.groups] == [5, 10, 15, 20, 25, 30, 35, 40, 44]


@pytest.mark.parametrize(("count", "expected"), [(50, 30.0), (100, 60.0), (200, 120.0)])
def test_row_2_larger_portfolios_in_batches_of_five(count: int, expected: float) -> None:
    assert seconds(batches(count, 5)) == expected


def test_row_2_the_next_batch_waits_for_the_slowest_of_the_last() -> None:
    paces = {str(number): 9.0 if number == 2 else 1.0 for number in range(10)}
    told = analyze(
        album(10),
        Scripted({name: After(pace, DRESS) for name, pace in paces.items()}),
        group=5,
        barrier=True,
    )
    assert seconds(told) == 10.0
    assert [(group.processed, group.at) for group in told.groups] == [(5, 9.0), (10, 10.0)]


def test_row_2_the_time_saved_is_eighty_per_cent() -> None:
    prediction = simulate(Case(44, 3.0, concurrency=5, strategy="batch"))
    assert (prediction.seconds, prediction.sequential_seconds) == (27.0, 132.0)
    assert (prediction.saved_seconds, prediction.saved_per_cent) == (105.0, 80)


def test_row_2_a_batch_shrinks_until_its_bytes_fit() -> None:
    sizes = [4, 4, 4, 30, 1, 1, 1, 1, 1, 1]
    told = analyze(
        Numbered(10, sizes),
        Modelled(Latency(3.0)),
        preparer=Inline(),
        limiter=limiter_of(5),
        group=5,
        barrier=True,
        batch_budget=Budget(10),
    )
    # Two of 4 bytes, then one; the one of 30 goes alone; then five, and the last.
    assert [group.processed for group in told.groups] == [2, 3, 4, 9, 10]
    assert seconds(told) == 15.0


@pytest.mark.parametrize(("at_once", "expected"), [(3, 45.0), (10, 15.0), (20, 9.0)])
def test_row_3_concurrency_decides_how_long_it_takes(at_once: int, expected: float) -> None:
    assert seconds(batches(44, at_once)) == expected
    assert simulate(Case(44, 3.0, concurrency=at_once)).seconds == expected


def test_row_4_progress_after_every_picture() -> None:
    told = batches(44, 5)
    ended = [progress for event, progress in told.events if isinstance(event, Ended)]
    assert [progress.current for progress in ended] == list(range(1, 45))
    assert {progress.current_image for progress in ended[:5]} == {f"image-{n}.jpg" for n in range(1, 6)}
    at_changes = {round(progress.elapsed, 3): (progress.current, progress.percentage) for progress in ended}
    assert at_changes == {
        3.0: (5, 11),
        6.0: (10, 23),
        9.0: (15, 34),
        12.0: (20, 45),
        15.0: (25, 57),
        18.0: (30, 68),
        21.0: (35, 80),
        24.0: (40, 91),
        27.0: (44, 100),
    }


def test_row_4_a_failed_picture_is_progress_too_and_says_what_was_wrong() -> None:
    script = Scripted({"1": Refused("not this one"), "*": DRESS}, seconds=1.0)
    told = analyze(album(3), script, limiter=limiter_of(1))
    lines = [progress.as_json() for event, progress in told.events if isinstance(event, Ended)]
    assert [(line["current"], line["analyzed"], line["failed"]) for line in lines] == [
        (1, 1, 0),
        (2, 1, 1),
        (3, 2, 1),
    ]
    assert [line.get("error") for line in lines] == [None, "not this one", None]
    assert lines[1]["currentImage"] == "1"


def test_row_4_a_run_may_be_a_part_of_a_larger_bar() -> None:
    told = batches(44, 5, overall_range=(30, 50))
    overalls = [progress.overall for _, progress in told.events]
    assert overalls[0] == 30
    assert overalls[-1] == 50
    assert overalls == sorted(overalls)


def test_row_5_the_messages_are_those_that_people_know() -> None:
    messages = [progress.message for _, progress in batches(44, 5).events]
    assert messages[0] == "Starting analysis..."
    assert "Analyzing image 5 of 44..." in messages
    assert messages[-1] == "Complete! Analyzed 44 images."


def test_row_5_the_last_message_tells_of_failures() -> None:
    script = Scripted({"7": Refused("no"), "9": Refused("no"), "*": DRESS})
    told = analyze(album(44), script)
    assert told.progress.message == "Complete! Analyzed 42 of 44 images, 2 failed."


@pytest.mark.parametrize("barrier", [True, False], ids=["batch", "continuous"])
def test_row_6_nine_groups_for_fortyfour_pictures_at_five(barrier: bool) -> None:
    told = analyze(Numbered(44), Modelled(Latency(3.0)), preparer=Inline(), group=5, barrier=barrier)
    assert [(group.index, group.of, group.processed, group.total) for group in told.groups] == [
        (index, 9, min(44, 5 * index), 44) for index in range(1, 10)
    ]


def test_row_6_the_number_of_groups_is_unknown_while_listing_goes_on() -> None:
    told = analyze(album(10, seconds_each=1.0), Scripted(DRESS), group=5)
    assert [(group.index, group.of) for group in told.groups] == [(1, None), (2, 2)]


def test_row_7_failed_pictures_block_nobody_and_every_error_is_kept() -> None:
    contents = {str(n): ("corrupt" if n == 3 else "gone" if n == 4 else "") + f"{n}" for n in range(12)}
    script = Scripted({"5": Refused("declined"), "*": DRESS}, seconds=3.0)
    told = analyze(Album(contents), script)
    assert (told.progress.analyzed, told.progress.failed, told.progress.total) == (9, 3, 12)
    kinds = {name: outcome.kind for name, outcome in told.by_name.items() if hasattr(outcome, "kind")}
    assert kinds == {"3": "unreadable_image", "4": "unreadable_image", "5": "refused"}
    assert seconds(told) == 6.0
    assert len(told.store.outcomes[told.report.run]) == 12


def test_row_8_a_configured_rate_is_kept_without_a_single_refusal() -> None:
    prediction = simulate(Case(44, 3.0, concurrency=5, rpm=50, burst=1))
    assert round(prediction.seconds, 3) == 54.6
    assert prediction.rejections == 0


def test_row_8_what_headers_tell_is_learned_from_one_refusal_at_most() -> None:
    service = Service(rate=Rate(6, burst=1, announced=True))
    told = analyze(
        Numbered(10),
        Modelled(Latency(3.0), service=service),
        preparer=Inline(),
        limiter=Limiter(FixedLimit(5), listens_first=True),
    )
    assert told.progress.analyzed == 10
    # Ten calls at one in ten seconds: not a second is lost to refusals.
    assert seconds(told) == 93.0


def test_row_8_a_rate_of_fifty_a_minute_holds_for_every_window() -> None:
    told = analyze(
        Numbered(44),
        Modelled(Latency(3.0), service=Service(rate=Rate(50, burst=1))),
        preparer=Inline(),
        limiter=Limiter(FixedLimit(5), Quota.per_minute(50, 1)),
    )
    assert all(outcome.attempts == 1 for outcome in told.outcomes)
    assert seconds(told) == 54.6
