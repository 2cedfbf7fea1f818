"""What nobody can know is bought again and counted openly; what can be known is not asked twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine_world import (
    DRESS,
    PAID,
    Album,
    analyze,
    analyzed,
    failure,
    go_on,
    limiter_of,
    methods,
    parts_of,
    plan_for,
    starts,
    success,
)
from manyeyes.analyzers.scripted import After, Lost, Scripted, Step
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import AccessDenied, Broken, OutOfTime, Overloaded, Untraceable
from manyeyes.model.image import PreparedImage
from manyeyes.model.ticket import Intent, Ticket
from manyeyes.pacing.retry import LISTED_AFTER
from manyeyes.store.memory import MemoryStore

ONE = {"0": "picture"}


class Forgetful(Scripted):
    """A service that keeps no list."""

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        await super().find(intent)
        raise Untraceable("there is no list")


class Late(Scripted):
    """A service whose list shows a create so many seconds after it was made."""

    def __init__(self, *steps: Step, listed_after: float) -> None:
        super().__init__(list(steps), traits=PAID)
        self._listed_after = listed_after
        self._made: dict[str, float] = {}

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        try:
            return await super().start(image, ask, intent)
        finally:
            self._made[intent.id] = self.calls[-1].at

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        found = await super().find(intent)
        return found if self.calls[-1].at >= self._made[intent.id] + self._listed_after else None


def times(script: Scripted) -> list[tuple[str, float]]:
    return [(call.method, call.at) for call in script.calls]


# Nobody can know


def test_where_nobody_can_know_it_is_counted_openly() -> None:
    script = Forgetful([Broken("reset"), DRESS], traits=PAID)
    told = analyze(Album(ONE), script)
    # That it was not found is no reason to look twice.
    assert methods(script, "0") == ["start", "find", "start"]
    assert success(told.outcomes[0]).possibly_paid_twice == 1
    assert told.progress.possibly_paid_twice == 1


def test_every_create_that_nobody_can_trace_counts() -> None:
    script = Forgetful([Broken("reset"), Broken("reset"), DRESS], traits=PAID)
    told = analyze(Album(ONE), script)
    assert success(told.outcomes[0]).possibly_paid_twice == 2


def test_what_cannot_be_traced_after_the_last_try_is_counted_with_the_failure() -> None:
    script = Forgetful([Broken("reset")] * 5, traits=PAID)
    told = analyze(Album(ONE), script)
    assert failure(told.outcomes[0]).possibly_paid_twice == 5
    assert told.store.open == {}


async def left_open(script: Scripted, store: MemoryStore, count: int = 1) -> None:
    """A run that is killed while its calls are under way."""
    parts = parts_of(Album({str(n): f"picture {n}" for n in range(count)}), script, store, limiter_of(5))
    async with Run(parts, plan_for(script.traits)) as run:
        await asyncio.sleep(1.0)
        run.end_now()
        await run.wait()


@pytest.mark.parametrize("ticket", [False, True])
def test_what_another_account_may_have_bought_is_not_looked_for_but_counted(ticket: bool) -> None:
    async def main() -> None:
        store, before = MemoryStore(), replace(PAID, payer="A")
        await left_open(Scripted([After(9.0, DRESS, ticket=ticket)], traits=before), store)
        (((intent, kept),),) = store.open.values()
        assert (intent.payer, kept is not None) == ("A", ticket)
        script = Scripted([DRESS], traits=replace(PAID, payer="B"))
        told = await analyzed(Album({"0": "picture 0"}), script, store=store)
        assert methods(script, "0") == ["start"]
        assert success(told.outcomes[0]).possibly_paid_twice == 1

    virtual_time.run(main())


def test_what_was_counted_before_the_run_had_to_stop_is_counted_by_the_next() -> None:
    async def main() -> None:
        store, traits = MemoryStore(), replace(PAID, payer="B")
        await left_open(Scripted([After(9.0, DRESS)], traits=replace(PAID, payer="A")), store)
        denied = Scripted([AccessDenied("no credit")], traits=traits)
        first = await analyzed(Album({"0": "picture 0"}), denied, store=store)
        assert (first.report.stopped, first.outcomes) == ("no credit", [])
        second = await analyzed(Album({"0": "picture 0"}), Scripted([DRESS], traits=traits), store=store)
        assert second.progress.possibly_paid_twice == 1

    virtual_time.run(main())


def test_what_the_same_account_bought_is_found_under_its_own_name() -> None:
    async def main() -> None:
        store = MemoryStore()
        script = Scripted([After(9.0, DRESS)], traits=replace(PAID, payer="A"))
        await left_open(script, store)
        told = await analyzed(Album({"0": "picture 0"}), script, store=store)
        assert starts(script) == ["0"]
        assert success(told.outcomes[0]).possibly_paid_twice == 0

    virtual_time.run(main())


# A list that lags behind


def test_a_broken_create_is_not_looked_for_at_once() -> None:
    script = Scripted([Lost(DRESS)], seconds=3.0, traits=PAID)
    analyze(Album(ONE), script)
    assert times(script) == [("start", 0.0), ("find", 3.0 + LISTED_AFTER)]


@pytest.mark.parametrize("late", [0.0, 1.0, 3.9])
def test_what_is_listed_late_is_bought_once(late: float) -> None:
    script = Late(Lost(DRESS), listed_after=late)
    told = analyze(Album(ONE), script)
    assert starts(script) == ["0"]
    assert told.progress.analyzed == 1
    looks = 1 if late <= LISTED_AFTER else 2
    assert told.progress.elapsed == pytest.approx(LISTED_AFTER * looks)


def test_a_break_without_a_word_is_looked_for_twice_and_a_clean_no_once() -> None:
    silent = Scripted([Broken("reset"), DRESS], traits=PAID)
    analyze(Album(ONE), silent)
    looks = [at for method, at in times(silent) if method == "find"]
    assert looks == pytest.approx([LISTED_AFTER, 2 * LISTED_AFTER])
    clean = Scripted([Broken("502", heard=True), DRESS], traits=PAID)
    analyze(Album(ONE), clean)
    assert times(clean) == [("start", 0.0), ("find", LISTED_AFTER), ("start", LISTED_AFTER)]


def test_an_analyzer_that_costs_nothing_does_not_wait_for_a_list() -> None:
    script = Scripted([Broken("reset"), DRESS])
    analyze(Album(ONE), script)
    assert script.calls[-1].at < LISTED_AFTER


# Ends that are known


@pytest.mark.parametrize("end", [Broken("E1000", ended=True), Overloaded("E003", ended=True)])
@pytest.mark.parametrize("ticket", [False, True])
def test_a_known_end_is_not_looked_for(end: Broken | Overloaded, ticket: bool) -> None:
    script = Scripted([After(1.0, end, ticket=ticket), DRESS], traits=PAID)
    told = analyze(Album(ONE), script, consent=go_on)
    assert "find" not in methods(script, "0")
    assert starts(script) == ["0", "0"]
    assert told.progress.analyzed == 1
    # Nor is there anything to wait for.
    assert told.progress.elapsed < 1.0 + LISTED_AFTER


def test_what_the_provider_stopped_leaves_nothing_to_look_for() -> None:
    script = Scripted([After(1.0, OutOfTime("stopped"), ticket=True)], traits=PAID)
    told = analyze(Album(ONE), script)
    assert failure(told.outcomes[0]).kind == "out_of_time"
    assert told.store.open == {}


def test_of_two_creates_left_open_the_one_that_ended_does_not_hide_the_other() -> None:
    async def main() -> None:
        script, store = Scripted([After(5.0, DRESS)], traits=PAID), MemoryStore()
        await left_open(script, store)
        (left,) = store.open.values()
        ended = replace(left[0][0], id="x" * 26)
        left.insert(0, (ended, Ticket(ended, ended.id, 0.0)))

        class Ended(Scripted):
            async def check(self, ticket: Ticket) -> Reply | Ticket:
                if ticket.intent.id == ended.id:
                    raise Broken("E1000", ended=True)
                return await script.check(ticket)

            async def find(self, intent: Intent) -> Reply | Ticket | None:
                assert intent.id != ended.id
                return await script.find(intent)

        told = await analyzed(Album({"0": "picture 0"}), Ended([], traits=PAID), store=store)
        assert told.progress.analyzed == 1
        assert starts(script) == ["0"]

    virtual_time.run(main())
