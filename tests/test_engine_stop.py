"""How a run ends early: in good order, at once, or because no picture would fare better."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_world import (
    DRESS,
    PAID,
    Album,
    FailingStore,
    SlowStore,
    adds_up,
    album,
    analyze,
    analyzed,
    go_on,
    limiter_of,
    parts_of,
    plan_for,
    starts,
)
from manyeyes.analyzers.scripted import After, Lost, Scripted, Step
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.errors import AccessDenied, Broken, Overloaded, RateLimited, Refused, StoreError
from manyeyes.model.event import Ended, Event, RunEnded
from manyeyes.model.outcome import Outcome
from manyeyes.model.progress import Progress
from manyeyes.store.memory import MemoryStore


def at(seconds: float, act: Callable[[Run], Any]) -> Callable[[Run], Any]:
    """Do something with the run after so many seconds."""
    return lambda run: asyncio.get_running_loop().call_later(seconds, act, run)


def stop(run: Run) -> None:
    run.stop("asked to")


# Asked to stop


def test_what_is_in_flight_is_finished_and_saved_and_nothing_more_is_begun() -> None:
    script = Scripted(DRESS, seconds=3.0, traits=PAID)
    told = analyze(album(50), script, meanwhile=at(4.0, stop))
    assert told.report.stopped == "asked to"
    assert len(starts(script)) == told.progress.analyzed == 10
    assert told.progress.elapsed == 6.0
    assert len(told.store.outcomes[told.report.run]) == 10
    assert isinstance(told.events[-1][0], RunEnded)
    assert (told.progress.finished, told.progress.stopped) == (True, "asked to")
    assert told.store.beats[-1].state == "stopped"


def test_claims_of_what_was_not_begun_are_given_up() -> None:
    script = Scripted(DRESS, seconds=3.0, traits=PAID)
    told = analyze(album(50), script, meanwhile=at(4.0, stop))
    assert told.store.claims == {}
    assert told.store.open == {}


def test_running_again_answers_only_what_is_missing() -> None:
    async def main() -> None:
        script, store = Scripted(DRESS, seconds=3.0, traits=PAID), MemoryStore()
        await analyzed(album(50), script, store=store, meanwhile=at(4.0, stop))
        told = await analyzed(album(50), script, store=store)
        assert (told.progress.analyzed, told.progress.reused) == (50, 10)
        assert len(starts(script)) == 50

    virtual_time.run(main())


@settings(max_examples=80, deadline=None)
@given(st.floats(0, 30), st.integers(1, 8), st.sampled_from([0.0, 0.3]), st.booleans())
def test_a_stop_at_any_moment_keeps_all_that_was_bought(
    moment: float, concurrency: int, slow: float, barrier: bool
) -> None:
    async def main() -> None:
        steps: list[Step] = [
            After(3.0, DRESS),
            Lost(DRESS),
            Broken("reset"),
            RateLimited("429", retry_after=4.0),
        ]
        script = Scripted([*steps * 6, *[After(2.0, DRESS)] * 99], traits=PAID)
        store = SlowStore(slow) if slow else MemoryStore()
        limiter = limiter_of(concurrency)
        options: dict[str, Any] = {"store": store, "limiter": limiter, "barrier": barrier, "consent": go_on}
        first = await analyzed(album(20), script, meanwhile=at(moment, stop), **options)
        assert first.progress.current == first.progress.analyzed == len(first.outcomes)
        assert limiter.in_flight == 0
        assert store.claims == {}
        told = await analyzed(album(20), script, **options)
        assert adds_up(told, 20)
        assert told.progress.analyzed == 20
        assert len(script._work) == 20, "what the service carried out"

    virtual_time.run(main())


def test_the_first_reason_to_stop_is_the_one_that_is_told() -> None:
    def twice(run: Run) -> None:
        run.stop("first")
        run.stop("second")

    assert (
        analyze(album(50), Scripted(DRESS, seconds=3.0), meanwhile=at(1.0, twice)).report.stopped == "first"
    )


def test_a_stop_before_anything_has_begun() -> None:
    script = Scripted(DRESS, seconds=3.0)
    told = analyze(album(50), script, meanwhile=stop)
    assert (told.report.stopped, told.progress.current, starts(script)) == ("asked to", 0, [])


@pytest.mark.parametrize("seconds", [5.0, 5.5, 5.98, 6.5])
def test_a_stop_while_the_store_is_asked_what_is_known_ends_the_run(seconds: float) -> None:
    told = analyze(
        album(60, seconds_each=0.3),
        Scripted(DRESS, seconds=0.4, traits=PAID),
        store=SlowStore(),
        limiter=limiter_of(1),
        meanwhile=at(seconds, stop),
        group=3,
        barrier=True,
    )
    assert told.report.stopped == "asked to"


def test_a_stop_after_the_end_changes_nothing() -> None:
    async def main() -> None:
        parts = parts_of(album(3), Scripted(DRESS), MemoryStore(), limiter_of(5))
        async with Run(parts, plan_for(PAID)) as run:
            assert (await run.wait()).stopped is None
            run.stop("too late")
            run.end_now()
            assert (await run.wait()).stopped is None

    virtual_time.run(main())


# Cut short


def test_ending_at_once_waits_for_no_answer() -> None:
    script = Scripted(DRESS, seconds=300.0, traits=PAID)
    told = analyze(album(20), script, meanwhile=at(5.0, Run.end_now))
    assert told.report.stopped == "interrupted"
    assert told.progress.elapsed == 5.0
    assert told.store.beats[-1].state == "interrupted"
    # What was begun is looked for by the next run; what was only prepared is free.
    assert len(told.store.open) == len(starts(script)) == 5
    assert told.store.claims == {}


def test_a_second_interrupt_ends_what_the_first_let_finish() -> None:
    def interrupt(run: Run) -> None:
        asyncio.get_running_loop().call_later(4.0, run.stop, "interrupted")
        asyncio.get_running_loop().call_later(6.0, run.end_now)

    told = analyze(album(20), Scripted(DRESS, seconds=300.0), meanwhile=interrupt)
    assert (told.report.stopped, told.progress.elapsed) == ("interrupted", 6.0)


def test_leaving_the_block_early_finishes_what_is_in_flight() -> None:
    async def main() -> None:
        store = MemoryStore()
        parts = parts_of(album(20), Scripted(DRESS, seconds=3.0), store, limiter_of(5))
        async with Run(parts, plan_for(PAID), stream=True) as run:
            seen: list[Outcome] = []
            async for outcome in run:
                seen.append(outcome)
                break
        assert len(seen) == 1
        assert len(store.outcomes[run.id]) == run.progress.current >= 5
        assert run.progress.stopped == "left before its end"

    virtual_time.run(main())


def test_an_error_in_the_callers_block_is_the_callers() -> None:
    async def main() -> None:
        parts = parts_of(album(20), Scripted(DRESS, seconds=3.0), MemoryStore(), limiter_of(5))
        async with Run(parts, plan_for(PAID)):
            await asyncio.sleep(1)
            raise LookupError("the caller's own")

    with pytest.raises(LookupError, match="the caller's own"):
        virtual_time.run(main())


def test_cancelling_the_wait_ends_the_run_at_once() -> None:
    async def main() -> None:
        store = MemoryStore()
        parts = parts_of(album(20), Scripted(DRESS, seconds=300.0, traits=PAID), store, limiter_of(5))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(7), Run(parts, plan_for(PAID)) as run:
                await run.wait()
        assert asyncio.get_running_loop().time() == 7.0
        assert (store.beats[-1].state, store.claims, parts.limiter.in_flight) == ("interrupted", {}, 0)
        assert len(asyncio.all_tasks()) == 1

    virtual_time.run(main())


def test_outcomes_stream_as_they_end() -> None:
    async def main() -> list[tuple[str, float]]:
        script = Scripted({"0": After(5.0, DRESS), "1": After(2.0, DRESS), "2": Refused("no")})
        parts = parts_of(album(3), script, MemoryStore(), limiter_of(5))
        clock = asyncio.get_running_loop().time
        async with Run(parts, plan_for(PAID), stream=True) as run:
            return [(outcome.image.name, clock()) async for outcome in run]

    assert virtual_time.run(main()) == [("2", 0.0), ("1", 2.0), ("0", 5.0)]


# No picture would fare better


def test_access_denied_stops_the_run_and_saves_what_is_in_flight() -> None:
    script = Scripted({"2": AccessDenied("the token is wrong: set it"), "*": After(3.0, DRESS)}, traits=PAID)
    told = analyze(album(50), script)
    assert told.report.stopped == "the token is wrong: set it"
    assert told.progress.analyzed == 4
    assert told.progress.failed == 0
    assert told.store.claims == {}
    assert told.store.open == {}


def test_ten_of_the_first_twenty_calls_failing_for_one_reason_stop_the_run() -> None:
    told = analyze(album(50), Scripted(After(1.0, Broken("the line is down"))))
    assert told.report.stopped is not None
    assert told.report.stopped.startswith("10 of the first 20 calls failed for one reason")
    assert "the line is down" in told.report.stopped
    assert told.progress.failed == 0


def test_whoever_is_asked_may_go_on() -> None:
    asked: list[str] = []

    async def consent(question: str) -> bool:
        asked.append(question)
        return True

    script = Scripted([*[Broken("reset")] * 10, *[DRESS] * 90])
    told = analyze(album(50), script, consent=consent)
    assert told.report.stopped is None
    assert told.progress.analyzed == 50
    assert len(asked) == 1


def test_whoever_is_asked_may_say_no() -> None:
    async def consent(_: str) -> bool:
        await asyncio.sleep(60)
        return False

    script = Scripted(After(1.0, Broken("reset")))
    told = analyze(album(50), script, consent=consent)
    assert told.report.stopped is not None
    # Nothing was sent while the question stood.
    assert max(call.at for call in script.calls) < 60
    assert len(starts(script)) <= 14


def test_a_question_that_nobody_answers_does_not_hold_up_a_stop() -> None:
    async def consent(_: str) -> bool:
        await asyncio.Event().wait()
        return True

    told = analyze(album(50), Scripted(Broken("reset")), consent=consent, meanwhile=at(30.0, stop))
    assert (told.report.stopped, told.progress.elapsed) == ("asked to", 30.0)


@pytest.mark.parametrize(
    "error",
    [
        Refused("no"),
        RateLimited("429"),
        RateLimited("429", retry_after=1.0),
    ],
    ids=["refused", "unnamed 429", "named 429"],
)
def test_pictures_at_fault_and_a_provider_that_asks_to_wait_are_no_trouble(error: Exception) -> None:
    assert isinstance(error, Refused | RateLimited)
    script = Scripted({str(n): [error, DRESS] for n in range(30)})
    told = analyze(album(30), script)
    assert told.report.stopped is None
    assert adds_up(told, 30)


def test_a_service_that_stays_overloaded_is_trouble_although_it_names_its_waits() -> None:
    told = analyze(album(50), Scripted(Overloaded("503", retry_after=30.0)))
    assert told.report.stopped is not None
    assert "10 of the first 20 calls failed" in told.report.stopped


def test_corrupt_pictures_are_no_trouble() -> None:
    told = analyze(Album({str(n): f"corrupt {n}" for n in range(40)}), Scripted(DRESS))
    assert told.report.stopped is None
    assert told.progress.failed == 40


def test_nine_failures_for_one_reason_and_nine_for_another_are_no_trouble() -> None:
    script = Scripted([*[Broken("reset")] * 9, *[Overloaded("busy")] * 9, *[DRESS] * 90])
    assert analyze(album(40), script).progress.analyzed == 40


def test_failures_after_the_first_twenty_calls_are_no_trouble() -> None:
    script = Scripted([*[DRESS] * 20, *[Broken("reset")] * 15, *[DRESS] * 90])
    assert analyze(album(40), script).progress.analyzed == 40


# A store that fails


@pytest.mark.parametrize("method", ["known", "begin", "save", "keep_ticket", "begin_again"])
@pytest.mark.parametrize("after", [1, 4])
def test_a_store_that_fails_stops_the_run(method: str, after: int) -> None:
    async def main() -> None:
        store = FailingStore(method, after)
        steps = {str(n): ["I cannot say.", After(3.0, DRESS, ticket=True)] for n in range(100)}
        script = Scripted(steps, traits=PAID)
        told = await analyzed(album(100), script, store=store, consent=go_on)
        assert told.report.stopped == "the disk is full: free some space"
        assert told.progress.current == len(store.outcomes[told.report.run]) < 100
        bought = len(starts(script))
        # Nothing is begun after the store has failed, but for what was in flight at that moment.
        window = 32 if method == "known" else 1
        assert bought <= 2 * (after * window + 5)
        store.mended = True
        again = await analyzed(album(100), script, store=store, consent=go_on)
        assert again.progress.analyzed == 100
        # One question that was no use and one that was, for each; none of them twice.
        assert len(starts(script)) == 200

    virtual_time.run(main())


def test_a_store_that_fails_between_an_answer_and_its_keeping_loses_nothing() -> None:
    async def main() -> None:
        store, script = FailingStore("save", 3), Scripted(DRESS, seconds=3.0, traits=PAID)
        told = await analyzed(album(20), script, store=store)
        assert (told.progress.analyzed, len(starts(script))) == (2, 5)
        store.mended = True
        again = await analyzed(album(20), script, store=store)
        assert again.progress.analyzed == 20
        assert len(starts(script)) == 20

    virtual_time.run(main())


def test_a_free_analyzers_run_stops_too_when_the_store_fails() -> None:
    told = analyze(album(20), Scripted(DRESS), store=FailingStore("look_up", 3))
    assert told.report.stopped == "the disk is full: free some space"


def test_a_heartbeat_that_fails_stops_the_run() -> None:
    store = FailingStore("beat", 2, beat_every=5.0)
    told = analyze(album(20), Scripted(DRESS, seconds=3.0), store=store, limiter=limiter_of(1))
    assert told.report.stopped == "the disk is full: free some space"
    assert told.progress.analyzed == 4
    assert len(store.beats) == 1


def test_a_run_keeps_telling_that_it_is_alive() -> None:
    store = FailingStore("", 1, beat_every=5.0)
    analyze(album(20), Scripted(DRESS, seconds=3.0), store=store, limiter=limiter_of(1))
    states = [beat.state for beat in store.beats]
    assert states == ["running"] * 11 + ["complete"] or states == ["running"] * 12 + ["complete"]
    assert [beat.progress.current for beat in store.beats] == sorted(
        beat.progress.current for beat in store.beats
    )


def test_a_store_that_cannot_even_note_the_end_is_told_of() -> None:
    told = analyze(album(3), Scripted(DRESS), store=FailingStore("beat", 1))
    assert told.report.stopped == "the disk is full: free some space"
    assert told.progress.analyzed == 3


def test_a_store_that_opens_no_run_raises_its_error() -> None:
    class Closed(MemoryStore):
        async def open_run(self, *_: object) -> Any:
            raise StoreError("the store is closed")

    with pytest.raises(StoreError, match="the store is closed"):
        analyze(album(3), Scripted(DRESS), store=Closed())


# Listing that fails, and bugs


@pytest.mark.parametrize("error", [StoreError("elsewhere"), OSError(5, "the disk is gone")])
def test_a_listing_that_breaks_off_stops_the_run_in_good_order(error: Exception) -> None:
    pictures: dict[str, str | Exception] = {str(n): f"picture {n}" for n in range(7)}
    script = Scripted(DRESS, seconds=3.0)
    told = analyze(Album({**pictures, "x": error}, seconds_each=1.0), script)
    assert told.report.stopped == f"listing the pictures broke off: {error}"
    assert told.progress.total is None
    assert told.progress.analyzed == len(starts(script)) > 0


def test_a_bug_in_a_part_is_raised_as_itself_and_not_in_a_group() -> None:
    class Bug(Scripted):
        async def start(self, *of: object) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        analyze(album(20), Bug(DRESS))


def test_a_listener_that_raises_ends_the_run_with_its_error() -> None:
    def listen(event: Event, _: Progress) -> None:
        if isinstance(event, Ended):
            raise KeyError("a listener's own")

    async def main() -> None:
        store = MemoryStore()
        parts = parts_of(album(20), Scripted(DRESS, seconds=1.0), store, limiter_of(5))
        async with Run(parts, plan_for(PAID), listeners=(listen,)) as run:
            await run.wait()

    with pytest.raises(KeyError, match="a listener's own"):
        virtual_time.run(main())
