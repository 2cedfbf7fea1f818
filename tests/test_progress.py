"""Progress: a fold over events."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.event import (
    Ended,
    Event,
    GroupEnded,
    Listed,
    ProviderBack,
    ProviderDown,
    RunEnded,
    RunStarted,
    Skipped,
    Waiting,
)
from manyeyes.model.image import ImageRef, Locator, PassedOver
from manyeyes.model.outcome import Analyzed, Failed
from manyeyes.model.progress import Progress
from manyeyes.model.time_left import TimeLeft


def ref(name: str) -> ImageRef:
    return ImageRef(name, Locator(name), "1", 1)


def answered(name: str, *, reused: bool = False, attempts: int = 1) -> Analyzed:
    spent = 0 if reused else attempts
    return Analyzed(ref(name), name, 0, "ab", StyleDescriptor(), attempts=spent, reused=reused)


def failed(name: str, message: str = "no") -> Failed:
    return Failed(ref(name), name, 0, "ab", "refused", message, attempts=1)


def fold(*events: Event, overall_range: tuple[float, float] = (0, 100)) -> Progress:
    progress = Progress(overall_range=overall_range)
    for event in events:
        progress = progress.after(event)
    return progress


outcomes = st.one_of(
    st.builds(answered, st.text(max_size=3), reused=st.booleans(), attempts=st.integers(1, 5)),
    st.builds(failed, st.text(max_size=3)),
)


@given(st.lists(outcomes, max_size=50), st.integers(0, 50))
def test_counts_add_up_after_every_event(ends: list[Analyzed | Failed], more: int) -> None:
    total = len(ends) + more
    progress = fold(RunStarted("r", 0.0), Listed(total, 0.0))
    for at, outcome in enumerate(ends):
        before, progress = progress, progress.after(Ended(outcome, float(at)))
        assert progress.current == before.current + 1 == progress.analyzed + progress.failed
        assert progress.current_image == outcome.image.name
        assert (progress.error is None) == isinstance(outcome, Analyzed)
        assert progress.total == total
        assert progress.at == float(at)
    assert progress.reused == sum(isinstance(one, Analyzed) and one.reused for one in ends)
    assert progress.called == sum(one.attempts > 0 for one in ends)


@given(st.integers(0, 300), st.integers(1, 300))
def test_percentages_are_rounded_half_up(current: int, total: int) -> None:
    exact = Fraction(100 * current, total)
    assert Progress(current=current, total=total).percentage == int(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("current", "total", "expected"), [(1, 200, 1), (5, 44, 11), (15, 44, 34), (0, 0, 100)]
)
def test_percentages_that_people_know(current: int, total: int, expected: int) -> None:
    assert Progress(current=current, total=total).percentage == expected


def test_nothing_is_said_in_per_cent_before_the_total_is_known() -> None:
    progress = fold(RunStarted("r", 0.0), Ended(answered("a"), 1.0))
    assert progress.percentage is None
    assert progress.message == "Analyzing image 1..."
    assert progress.eta_seconds is None


def test_what_is_passed_over_counts_apart() -> None:
    progress = fold(Listed(2, 0.0), Skipped(PassedOver("notes.txt", "text"), 0.0), Ended(answered("a"), 1.0))
    assert (progress.passed_over, progress.current, progress.total) == (1, 1, 2)


def test_an_error_is_that_of_the_last_picture_only() -> None:
    progress = fold(Listed(2, 0.0), Ended(failed("a", "too dark"), 1.0))
    assert progress.as_json()["error"] == "too dark"
    assert "error" not in progress.after(Ended(answered("b"), 2.0)).as_json()


@given(st.integers(1, 40), st.floats(0, 100), st.floats(0, 100))
def test_the_larger_bar_moves_from_its_start_to_its_end(total: int, start: float, width: float) -> None:
    progress = fold(Listed(total, 0.0), overall_range=(start, start + width))
    seen = [progress.overall]
    for _ in range(total):
        progress = progress.after(Ended(answered("a"), 1.0))
        seen.append(progress.overall)
    assert seen == sorted(seen)
    assert seen[0] == round(start, 2)
    assert seen[-1] == pytest.approx(start + width, abs=0.0051)


def test_an_onboarding_uses_thirty_to_fifty() -> None:
    progress = fold(Listed(4, 0.0), Ended(answered("a"), 1.0), overall_range=(30, 50))
    assert progress.overall == 35.0


def test_the_messages_of_a_run() -> None:
    events: list[Event] = [RunStarted("r", 0.0), Listed(2, 0.0), Ended(answered("a"), 1.0)]
    assert fold(*events[:2]).message == "Starting analysis..."
    assert fold(*events).message == "Analyzing image 1 of 2..."
    well, ill = Ended(answered("b"), 2.0), Ended(failed("b"), 2.0)
    assert fold(*events, well, RunEnded(None, 2.0)).message == "Complete! Analyzed 2 images."
    assert fold(*events, ill, RunEnded(None, 2.0)).message == "Complete! Analyzed 1 of 2 images, 1 failed."
    assert fold(*events, RunEnded("interrupted", 2.0)).message == "Analyzing image 1 of 2..."


def test_the_rate_is_that_of_calls_and_is_told_after_ten() -> None:
    progress = fold(RunStarted("r", 100.0), Listed(60, 100.0))
    for n in range(20):
        progress = progress.after(Ended(answered(f"old {n}", reused=True), 100.0))
    for n in range(10):
        assert progress.rate is None
        progress = progress.after(Ended(answered(f"new {n}"), 102.0 + 2 * n))
    assert progress.rate == pytest.approx(0.5)


def test_the_time_left_runs_down_until_it_is_told_anew() -> None:
    left = TimeLeft(8.0, 10.0, 15.0, 100.0)
    progress = fold(RunStarted("r", 90.0), Listed(60, 91.0), Ended(answered("a"), 100.0, left=left))
    assert (progress.eta_seconds, progress.eta_interval) == (10.0, (8.0, 15.0))
    later = progress.after(Ended(answered("b"), 103.0, left=left))
    assert (later.eta_seconds, later.eta_interval) == (7.0, (5.0, 12.0))
    assert later.after(GroupEnded(1, 1, 1, 5, 104.0)).eta_seconds == 6.0
    overdue = later.after(Ended(answered("c"), 113.0, left=left))
    assert (overdue.eta_seconds, overdue.eta_interval) == (0.0, (0.0, 2.0))
    assert progress.after(Ended(answered("b"), 103.0)).eta_seconds is None


def test_a_listing_that_ends_late_tells_the_time_left() -> None:
    listed = Listed(60, 91.0, TimeLeft(8.0, 10.0, 15.0, 91.0))
    assert fold(Ended(answered("a"), 90.0), listed).eta_seconds == 10.0


def test_nobody_knows_the_time_left_while_the_provider_is_down() -> None:
    known = Progress(current=2, total=5, left=TimeLeft(1.0, 2.0, 3.0, 0.0))
    down = known.after(ProviderDown("Nobody is there.", 600.0, 3.0))
    assert (down.eta_seconds, down.after(ProviderBack(9.0)).eta_seconds) == (None, None)


def test_json_spells_the_interval_beside_the_time_left() -> None:
    progress = Progress(current=2, total=5, left=TimeLeft(1.04, 2.0, 3.26, 10.0), at=10.0)
    fields = progress.as_json()
    assert [fields[f"eta{name}Seconds"] for name in ("", "Low", "High")] == [2.0, 1.0, 3.3]
    assert Progress().as_json()["etaLowSeconds"] is None


def test_a_group_that_ends_changes_no_count() -> None:
    progress = fold(Listed(5, 0.0), Ended(answered("a"), 1.0))
    after = progress.after(GroupEnded(1, 1, 1, 5, 2.0))
    assert (after.current, after.current_image, after.at) == (1, "a", 2.0)


def test_json_speaks_camel_case() -> None:
    assert list(fold(Listed(1, 0.0), Ended(failed("a"), 1.0)).as_json()) == [
        "current",
        "total",
        "percentage",
        "currentImage",
        "analyzed",
        "failed",
        "reused",
        "overall",
        "sentBytes",
        "message",
        "elapsedSeconds",
        "etaSeconds",
        "etaLowSeconds",
        "etaHighSeconds",
        "bindingGate",
        "error",
    ]


def test_a_wait_for_another_run_says_for_whom_and_changes_no_count() -> None:
    waiting = Waiting(3, "process 4711", 12.0)
    assert waiting.message == "Waiting for 3 pictures that process 4711 is analyzing..."
    assert Waiting(1, "process 7 on eagle", 0).message.startswith(
        "Waiting for a picture that process 7 on eagle"
    )
    assert Progress(current=2, total=5).after(waiting) == Progress(current=2, total=5, at=12.0)


def test_while_the_provider_is_down_that_is_what_holds_calls_back() -> None:
    down = Progress(current=2, total=5, binds="concurrency").after(
        ProviderDown("Nobody is there.", 600.0, 3.0)
    )
    assert (down.binds, down.at) == ("down", 3.0)
    assert down.after(ProviderBack(9.0)).binds is None


_TIMES = st.floats(0, 1e5, allow_nan=False)


@given(
    st.builds(
        Progress,
        current=st.integers(0, 99),
        total=st.none() | st.integers(99, 200),
        current_image=st.none() | st.text(),
        analyzed=st.integers(0, 99),
        failed=st.integers(0, 99),
        reused=st.integers(0, 99),
        possibly_paid_twice=st.integers(0, 2),
        error=st.none() | st.text(min_size=1),
        at=_TIMES,
        sent_bytes=st.integers(0),
        binds=st.none() | st.sampled_from(["concurrency", "requests"]),
        left=st.none() | st.builds(TimeLeft, _TIMES, _TIMES, _TIMES, _TIMES),
        paused=st.booleans(),
        finished=st.booleans(),
        stopped=st.none() | st.just("interrupted"),
    )
)
def test_progress_is_read_back_from_json_as_it_was_told(progress: Progress) -> None:
    told = progress.as_json()
    read = Progress.from_json(told, finished=progress.finished, stopped=progress.stopped)
    assert read.as_json() == told


def test_what_is_no_progress_is_not_read_as_one() -> None:
    with pytest.raises(KeyError):
        Progress.from_json({"current": 1})
