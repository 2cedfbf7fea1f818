"""Whatever happens to the pictures of a run, the counts add up, and nothing is told that is not kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_world import (
    DRESS,
    PAID,
    Album,
    Journal,
    NotingStore,
    Told,
    adds_up,
    album,
    analyze,
    go_on,
    limiter_of,
    parts_of,
    plan_for,
)
from manyeyes.analyzers.modelled import Faults, Latency, Modelled, Rate, Service
from manyeyes.analyzers.scripted import SCRIPTED, After, Lost, Scripted, Step
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.ask import Reply
from manyeyes.model.errors import Broken, OutOfTime, Overloaded, RateLimited, Refused
from manyeyes.model.event import Ended, Listed, RunEnded, RunStarted, Skipped
from manyeyes.model.image import PassedOver
from manyeyes.pacing.budget import Budget
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter

ERRORS = [
    Broken("reset"),
    Refused("declined"),
    OutOfTime("cancelled"),
    Overloaded("busy"),
    RateLimited("429"),
    RateLimited("429", retry_after=2.0),
    Overloaded("503", retry_after=0.0),
]
ends = st.sampled_from([DRESS, "I cannot say.", Reply("{", truncated=True), *ERRORS])
steps: st.SearchStrategy[Step] = st.one_of(
    ends,
    st.builds(After, st.floats(0, 9), ends, ticket=st.booleans()),
    st.builds(Lost, st.just(DRESS)),
)
contents = st.sampled_from(["a", "b", "c", "d", "e", "f", "corrupt 1", "corrupt 2", "gone"])


@st.composite
def scripts(draw: st.DrawFn, names: list[str]) -> dict[str, list[Step]]:
    """For each picture some steps, and then nothing but dresses."""
    return {name: [*draw(st.lists(steps, max_size=6)), *[DRESS] * 9] for name in names}


strategies = st.sampled_from(
    [
        {"group": 5},
        {"group": 3, "barrier": True},
        {"group": 4, "barrier": True, "batch_budget": Budget(2_500_000)},
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(contents, max_size=24), st.integers(1, 20), strategies, st.booleans())
def test_every_picture_ends_once_and_the_counts_add_up(
    data: st.DataObject, listed: list[str], concurrency: int, strategy: dict[str, Any], paid: bool
) -> None:
    pictures = {str(number): content for number, content in enumerate(listed)}
    script = Scripted(data.draw(scripts(list(pictures))), traits=PAID if paid else SCRIPTED)

    told = analyze(
        Album(pictures), script, limiter=limiter_of(concurrency), deadline=20.0, consent=go_on, **strategy
    )
    assert told.report.stopped is None
    assert adds_up(told, len(pictures))
    assert_ends_match_the_bytes(told, listed)
    assert_progress_is_monotone(told)
    assert sum(group.processed for group in told.groups[-1:]) == len(pictures)


def assert_ends_match_the_bytes(told: Told, listed: list[str]) -> None:
    """Equal bytes have equal ends; what cannot be prepared has failed."""
    for content in set(listed):
        ends = {
            getattr(outcome, "kind", "analyzed")
            for outcome in told.outcomes
            if listed[outcome.position] == content
        }
        assert len(ends) == 1
        if content.startswith(("corrupt", "gone")):
            assert ends == {"unreadable_image"}


def assert_progress_is_monotone(told: Told) -> None:
    before = told.events[0][1]
    for event, progress in told.events[1:]:
        assert progress.current == before.current + isinstance(event, Ended)
        assert progress.at >= before.at
        assert progress.analyzed >= before.analyzed
        assert progress.failed >= before.failed
        assert progress.current == progress.analyzed + progress.failed
        before = progress


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 60),
    st.integers(1, 20),
    st.builds(
        Faults,
        broken=st.floats(0, 0.15),
        lost=st.floats(0, 0.15),
        overloaded=st.floats(0, 0.15),
        refused=st.floats(0, 0.15),
        nonsense=st.floats(0, 0.15),
    ),
    st.integers(1, 100),
    st.booleans(),
)
def test_a_service_by_the_numbers_loses_no_picture(
    count: int, concurrency: int, faults: Faults, seed: int, announced: bool
) -> None:
    service = Service(slots=7, queues=False, rate=Rate(120, burst=5, announced=announced), faults=faults)

    told = analyze(
        album(count),
        Modelled(Latency(3.0, 0.5), seed=seed, service=service, paid=True),
        limiter=Limiter(FixedLimit(concurrency), listens_first=announced),
        consent=go_on,
    )
    assert adds_up(told, count)
    assert told.progress.possibly_paid_twice == 0


def test_a_run_tells_its_events_in_order() -> None:
    told = analyze(Album({"a": "1", "notes": PassedOver("notes", "text"), "b": "2"}), Scripted(DRESS))
    kinds = [type(event) for event, _ in told.events]
    assert kinds[0] is RunStarted
    assert kinds[-1] is RunEnded
    assert kinds.count(Listed) == kinds.count(Skipped) == 1
    assert (told.progress.total, told.progress.passed_over) == (2, 1)


@pytest.mark.parametrize("pictures", [{}, {"notes": PassedOver("notes", "text")}])
def test_a_portfolio_without_pictures_is_complete_at_once(pictures: dict[str, PassedOver]) -> None:
    told = analyze(Album(pictures), Scripted(DRESS))
    assert adds_up(told, 0)
    assert (told.progress.percentage, told.progress.finished, told.report.stopped) == (100, True, None)


def test_a_listed_picture_that_is_gone_when_read_has_failed() -> None:
    told = analyze(Album({"a": "1", "b": "gone"}), Scripted(DRESS))
    assert adds_up(told, 2)
    assert (told.progress.analyzed, told.progress.failed) == (1, 1)


def test_only_the_first_pictures_are_taken_where_a_number_is_given() -> None:
    told = analyze(album(50), Scripted(DRESS), most=7)
    assert adds_up(told, 7)
    assert sorted(told.by_name, key=int) == [str(n) for n in range(7)]


@settings(max_examples=30, deadline=None)
@given(st.lists(contents, min_size=1, max_size=20), st.integers(1, 8))
def test_what_is_told_has_been_kept_before(listed: list[str], concurrency: int) -> None:
    journal = Journal()

    async def main() -> None:
        pictures = Album({str(number): content for number, content in enumerate(listed)})
        parts = parts_of(
            pictures, Scripted(DRESS, seconds=1.0), NotingStore(journal), limiter_of(concurrency)
        )
        async with Run(parts, plan_for(SCRIPTED), listeners=(journal.hear,)) as run:
            await run.wait()

    virtual_time.run(main())
    kept: set[str] = set()
    told: list[str] = []
    for what, picture in journal.lines:
        if what == "kept":
            kept.add(picture)
        else:
            assert picture in kept
            told.append(picture)
    assert len(told) == len(set(told)) == len(listed)


def test_the_last_thing_told_is_that_the_store_knows_of_the_end() -> None:
    told = analyze(album(3), Scripted(DRESS))
    assert told.store.beats[-1].state == "complete"
    assert told.store.beats[-1].progress == told.progress
