"""Whoever listens to a run may fail, or stop it late; what was paid for is saved all the same."""

from __future__ import annotations

import asyncio

import pytest

from engine_world import DRESS, PAID, Told, album, analyze, analyzed, limiter_of, parts_of, plan_for, starts
from manyeyes.analyzers.scripted import Scripted
from manyeyes.engine.flow import NOTHING_LEFT
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.event import Ended, Event
from manyeyes.model.progress import Progress
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.quota import Quota
from manyeyes.store.memory import MemoryStore


def test_a_listener_that_raises_stops_the_run_and_loses_nothing_that_was_bought() -> None:
    script, store = Scripted(DRESS, seconds=3.0, traits=PAID), MemoryStore()

    def listen(_: Event, progress: Progress) -> None:
        if progress.current:
            raise RuntimeError("a bar of the caller's")

    async def main() -> None:
        async with script, store:
            parts = parts_of(album(30), script, store, limiter_of(5))
            async with Run(parts, plan_for(PAID), listeners=(listen,)) as run:
                await run.wait()

    with pytest.raises(RuntimeError, match="a bar of the caller's"):
        virtual_time.run(main())
    kept = [outcome for outcomes in store.outcomes.values() for outcome in outcomes]
    assert len(kept) == len(starts(script)) < 30


def test_a_run_that_is_told_to_stop_when_all_are_in_flight_is_complete() -> None:
    def stop_later(run: Run) -> None:
        asyncio.get_running_loop().call_later(1.0, run.stop, "asked to")

    told = analyze(album(4), Scripted(DRESS, seconds=3.0, traits=PAID), meanwhile=stop_later)
    assert told.report.stopped is None
    assert told.progress.message == "Complete! Analyzed 4 images."


def bound_by(limiter: Limiter, *, size: int = 1, memory: int = 100) -> list[str | None]:
    """What held the next call back, each time that one of twelve pictures had ended."""
    told = analyze(album(12, size=size), Scripted(DRESS, seconds=3.0), limiter=limiter, memory=memory)
    return [progress.binds for event, progress in told.events if isinstance(event, Ended)]


def test_what_holds_calls_back_is_told_after_each_picture() -> None:
    # While pictures wait, it is the places; when the last have gone, nothing is left to hold back.
    assert bound_by(limiter_of(5)) == ["concurrency"] * 10 + [NOTHING_LEFT] * 2
    assert bound_by(Limiter(FixedLimit(9), Quota.per_minute(10))) == ["requests"] * 11 + [NOTHING_LEFT]
    assert bound_by(limiter_of(50)) == [NOTHING_LEFT] * 12
    # Pictures of three bytes go one at a time into five.
    assert bound_by(limiter_of(50), size=3, memory=5) == ["bytes"] * 11 + [NOTHING_LEFT]


def test_a_run_that_pins_fewer_calls_than_others_beside_it_keeps_to_its_own() -> None:
    told = analyze(album(6), Scripted(DRESS, seconds=3.0), limiter=limiter_of(5), most_at_once=2)
    assert told.progress.elapsed == 9.0
    binds = [progress.binds for event, progress in told.events if isinstance(event, Ended)]
    assert binds[:3] == ["concurrency"] * 3


def test_runs_with_different_pins_keep_to_one_quota_together() -> None:
    async def both() -> list[Told]:
        limiter = Limiter(FixedLimit(4), Quota.per_minute(60))
        return await asyncio.gather(
            *(
                analyzed(album(30), Scripted(DRESS, seconds=0.5), limiter=limiter, most_at_once=most)
                for most in (3, 4)
            )
        )

    first, second = virtual_time.run(both())
    assert first.progress.analyzed == second.progress.analyzed == 30
    assert max(first.progress.at, second.progress.at) >= 59.0
