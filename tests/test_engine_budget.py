"""A run under a budget: not a call more, and nothing that was bought before is left behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_world import (
    DRESS,
    PAID,
    Album,
    Told,
    album,
    analyzed,
    go_on,
    limiter_of,
    parts_of,
    plan_for,
    starts,
)
from manyeyes.analyzers.capped import Capped
from manyeyes.analyzers.scripted import After, Lost, Scripted
from manyeyes.analyzers.scripted import Step as Scripting
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.errors import Broken, RateLimited
from manyeyes.model.outcome import Analyzed
from manyeyes.pacing.hedge import Hedge
from manyeyes.store.memory import MemoryStore

BOUGHT = ("21", "24", "27", "29")


async def killed(script: Scripted, store: MemoryStore, names: tuple[str, ...], seconds: float) -> None:
    """A run of these pictures of an album, as its process is killed."""
    source = Album({name: f"picture {name}" for name in names})
    async with Run(parts_of(source, script, store, limiter_of(5)), plan_for(PAID)) as run:
        await asyncio.sleep(seconds)
        run.end_now()
        await run.wait()


async def goes_on(script: Scripted, store: MemoryStore, budget: int, **plan: Any) -> Told:
    """The run of all thirty that goes on, with so many calls left."""
    return await analyzed(album(30), Capped(script, budget), store=store, consent=go_on, **plan)


def buys(script: Scripted) -> int:
    return len(starts(script))


def bought(script: Scripted, name: str) -> bool:
    """Whether an answer for the picture was paid for: its provider lists one."""
    intents = [call.intent for call in script.calls if call.method == "start" and call.name == name]
    return any(script.has_work(intent) for intent in intents)


@pytest.mark.parametrize("barrier", [False, True])
@pytest.mark.parametrize("budget", [0, 1, 7])
def test_what_an_earlier_run_bought_is_fetched_though_the_budget_is_used_up(
    budget: int, *, barrier: bool
) -> None:
    async def main() -> None:
        script, store = Scripted(After(9.0, DRESS, ticket=True), traits=PAID), MemoryStore()
        await killed(script, store, BOUGHT, 1.0)
        assert buys(script) == len(BOUGHT)
        told = await goes_on(script, store, budget, barrier=barrier, group=4)
        assert buys(script) == len(BOUGHT) + budget
        assert told.progress.analyzed == len(BOUGHT) + budget
        assert set(BOUGHT) <= told.by_name.keys()
        assert told.report.stopped == (
            f"the budget of {budget} calls is used up: start again with more to go on"
        )
        assert (store.open, store.claims) == ({}, {})

    virtual_time.run(main())


def test_a_budget_that_nothing_was_bought_before_ends_the_run_at_once() -> None:
    async def main() -> None:
        script, store = Scripted(DRESS, seconds=2.0, traits=PAID), MemoryStore()
        source = album(10_000)
        told = await analyzed(source, Capped(script, 3), store=store)
        assert told.progress.analyzed == buys(script) == 3
        assert told.progress.elapsed == 2.0
        assert "is used up" in str(told.report.stopped)

    virtual_time.run(main())


def test_a_call_that_was_turned_away_is_left_to_another_picture() -> None:
    async def main() -> None:
        script = Scripted({"0": [RateLimited("slow down", retry_after=500), DRESS], "*": DRESS}, traits=PAID)
        told = await analyzed(album(8), Capped(script, 4))
        assert told.progress.analyzed == 4

    virtual_time.run(main())


def test_an_answer_that_was_lost_on_the_way_is_looked_for_after_the_last_call() -> None:
    async def main() -> None:
        script = Scripted([Lost(DRESS), DRESS, DRESS], seconds=1.0, traits=PAID)
        told = await analyzed(album(8), Capped(script, 3))
        assert told.progress.analyzed == buys(script) == 3

    virtual_time.run(main())


def test_a_slow_call_is_not_given_up_because_a_second_one_may_not_be_paid() -> None:
    async def main() -> None:
        script = Scripted({"29": After(60.0, DRESS), "*": After(1.0, DRESS)}, traits=PAID)
        told = await analyzed(album(30), Capped(script, 30), hedge=Hedge(enough=10))
        assert told.progress.analyzed == buys(script) == 30
        assert told.report.stopped is None

    virtual_time.run(main())


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0, 12),
    st.integers(0, 12),
    st.lists(
        st.sampled_from([After(2.0, DRESS), After(5.0, DRESS, ticket=True), Lost(DRESS), Broken("reset")]),
        min_size=1,
        max_size=6,
    ),
)
def test_after_a_kill_at_any_moment_all_that_was_bought_is_answered(
    moment: float, budget: int, steps: list[Scripting]
) -> None:
    async def main() -> None:
        script = Scripted([*steps * 210], seconds=1.0, traits=PAID)
        store = MemoryStore()
        await killed(script, store, tuple(str(number) for number in range(8, 20)), moment)
        before = buys(script)
        told = await goes_on(script, store, budget)
        assert buys(script) - before <= budget
        ends = [outcome for outcomes in store.outcomes.values() for outcome in outcomes]
        answered = {outcome.image.name for outcome in ends if isinstance(outcome, Analyzed)}
        if "is down" not in str(told.report.stopped):
            assert {name for name in starts(script) if bought(script, name)} <= answered
            assert told.report.stopped is None or buys(script) - before == budget

    virtual_time.run(main())
