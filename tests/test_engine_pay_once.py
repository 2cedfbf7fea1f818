"""Nothing is paid twice: not after a broken line, not after a crash, not when asking again."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_world import (
    DRESS,
    PAID,
    Album,
    SlowStore,
    adds_up,
    album,
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
from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.modelled import Faults, Latency, Modelled, Service
from manyeyes.analyzers.scripted import After, Lost, Scripted, Step
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.ask import Allowance, Ask, Reply
from manyeyes.model.errors import AccessDenied, Broken, OutOfTime, Overloaded, RateLimited, Refused
from manyeyes.model.image import Original, PreparedImage
from manyeyes.model.ticket import Intent, Ticket
from manyeyes.store.memory import MemoryStore

ONE = {"0": "picture"}
#: What becomes of a create whose line broke without a word, and that was not carried out: its search is
#: repeated, since a list may show what was bought a little late.
UNHEARD = ["start", "find", "find"]


# A broken line


def test_a_create_that_broke_off_is_looked_up_before_another_is_made() -> None:
    script = Scripted([Lost(DRESS)], seconds=3.0, traits=PAID)
    told = analyze(Album(ONE), script)
    assert methods(script, "0") == ["start", "find"]
    outcome = success(told.outcomes[0])
    assert (outcome.attempts, outcome.possibly_paid_twice) == (1, 0)


def test_a_create_that_was_not_carried_out_is_made_again() -> None:
    script = Scripted([Broken("reset"), DRESS], traits=PAID)
    told = analyze(Album(ONE), script)
    assert methods(script, "0") == [*UNHEARD, "start"]
    outcome = success(told.outcomes[0])
    assert (outcome.attempts, outcome.possibly_paid_twice) == (2, 0)


def test_an_analyzer_that_costs_nothing_is_simply_asked_again() -> None:
    script = Scripted([Broken("reset"), DRESS])
    told = analyze(Album(ONE), script)
    assert methods(script, "0") == ["start", "start"]
    assert told.progress.possibly_paid_twice == 0


def test_every_answer_that_was_lost_on_the_way_is_found() -> None:
    service = Modelled(Latency(2.0), service=Service(faults=Faults(lost=1.0)), paid=True)
    told = analyze(album(9), service)
    assert told.progress.analyzed == 9
    assert [outcome.attempts for outcome in told.outcomes] == [1] * 9
    assert told.progress.possibly_paid_twice == 0


def test_a_broken_search_is_repeated_before_anything_is_bought() -> None:
    class BadList(Scripted):
        broken = 2

        async def find(self, intent: Intent) -> Reply | Ticket | None:
            found = await super().find(intent)
            self.broken -= 1
            if self.broken >= 0:
                raise Broken("502")
            return found

    script = BadList([Lost(DRESS)], traits=PAID)
    told = analyze(Album(ONE), script)
    assert methods(script, "0") == ["start", "find", "find", "find"]
    assert success(told.outcomes[0]).attempts == 1


def test_what_stays_unknown_at_the_end_is_looked_for_by_the_next_run() -> None:
    class NoList(Scripted):
        works = False

        async def find(self, intent: Intent) -> Reply | Ticket | None:
            if not self.works:
                raise Broken("502")
            return await super().find(intent)

    async def main() -> None:
        script, store = NoList([Lost(DRESS)], traits=PAID), MemoryStore()
        first = await analyzed(Album(ONE), script, store=store)
        assert failure(first.outcomes[0]).kind == "broken"
        script.works = True
        second = await analyzed(Album(ONE), script, store=store)
        assert success(second.outcomes[0]).attempts == 1
        assert len(starts(script)) == 1

    virtual_time.run(main())


def test_an_answer_lost_at_the_last_try_is_looked_for_all_the_same() -> None:
    script = Scripted([*[Broken("reset")] * 4, Lost(DRESS)], traits=PAID)
    told = analyze(Album(ONE), script)
    assert methods(script, "0") == [*UNHEARD * 4, "start", "find"]
    assert success(told.outcomes[0]).attempts == 5


def test_after_the_last_try_nothing_more_is_bought() -> None:
    script = Scripted([Broken("reset")] * 6, traits=PAID)
    told = analyze(Album(ONE), script)
    assert methods(script, "0") == UNHEARD * 5
    assert failure(told.outcomes[0]).kind == "broken"
    assert told.store.open == {}


# Tickets


def test_a_status_check_that_breaks_off_loses_no_ticket() -> None:
    class Flaky(Scripted):
        checks = 0

        async def check(self, ticket: Ticket) -> Reply | Ticket:
            self.checks += 1
            if self.checks == 1:
                raise Broken("502")
            return await super().check(ticket)

    script = Flaky([After(3.0, DRESS, ticket=True)], traits=PAID)
    told = analyze(Album(ONE), script)
    assert starts(script) == ["0"]
    assert script.checks == 2
    assert success(told.outcomes[0]).attempts == 1


def test_work_that_failed_is_bought_again() -> None:
    script = Scripted([After(3.0, Broken("failed"), ticket=True), DRESS], traits=PAID)
    told = analyze(Album(ONE), script)
    # Its end is known: there is nothing to look for.
    assert methods(script, "0") == ["start", "check", "start"]
    assert success(told.outcomes[0]).attempts == 2


def test_work_that_was_refused_is_a_final_no() -> None:
    script = Scripted([After(3.0, Refused("declined"), ticket=True)], traits=PAID)
    told = analyze(Album(ONE), script)
    assert failure(told.outcomes[0]).kind == "refused"
    assert told.store.open == {}


def test_too_many_status_checks_hold_up_the_checks_and_not_the_creates() -> None:
    class Strict(Scripted):
        refusals = 3

        async def check(self, ticket: Ticket) -> Reply | Ticket:
            self.refusals -= 1
            if self.refusals >= 0:
                raise RateLimited("429", retry_after=4.0)
            return await super().check(ticket)

    script = Strict({"0": After(1.0, DRESS, ticket=True), "*": After(0.0, DRESS)}, traits=PAID)
    told = analyze(album(6), script, limiter=limiter_of(2))
    assert told.progress.analyzed == 6
    assert starts(script) == [str(n) for n in range(6)]
    # The creates went on meanwhile; the checks waited three times four seconds.
    assert max(call.at for call in script.calls if call.method == "start") == 0.0
    assert told.by_name["0"].seconds == 13.0
    assert told.by_name["0"].attempts == 1


def test_what_a_status_check_says_of_its_quota_is_not_said_of_creates() -> None:
    class Telling(Scripted):
        async def check(self, ticket: Ticket) -> Reply | Ticket:
            found = await super().check(ticket)
            return replace(found, allowance=Allowance(0, 1000.0))

    script = Telling(After(1.0, DRESS, ticket=True), traits=PAID)
    told = analyze(album(6), script, limiter=limiter_of(2))
    assert told.progress.elapsed == 3.0


def test_an_analyzer_without_a_price_may_give_tickets_too() -> None:
    script = Scripted(After(2.0, DRESS, ticket=True))
    told = analyze(album(3), script)
    assert told.progress.analyzed == 3
    assert told.store.open == {}


# Asking again


def test_a_question_asked_again_has_an_intent_of_its_own() -> None:
    script = Scripted(["I cannot say.", "Nor now.", DRESS], traits=PAID)
    told = analyze(Album(ONE), script)
    calls = [call for call in script.calls if call.method == "start"]
    assert len({call.intent.id for call in calls}) == 3
    assert [call.ask.correction is None for call in calls if call.ask] == [True, False, False]
    assert success(told.outcomes[0]).attempts == 3


def test_an_answer_lost_after_asking_again_is_not_mixed_up_with_the_first() -> None:
    script = Scripted(["I cannot say.", Lost(DRESS)], traits=PAID)
    told = analyze(Album(ONE), script)
    assert methods(script, "0") == ["start", "start", "find"]
    assert success(told.outcomes[0]).attempts == 2


# Crashes


BROKEN, BUSY = Broken("reset, nothing was done"), Overloaded("busy")
moments = st.lists(st.floats(0, 25), min_size=1, max_size=4)


class Surviving(Scripted):
    """A service that works on for whoever is gone: what was asked of it is bought."""

    def __init__(self, faults: list[Step]) -> None:
        super().__init__([*faults, *[After(3.0, DRESS)] * 200], traits=PAID)

    @property
    def bought(self) -> int:
        """Creates that were carried out."""
        return len(self._work)


faults = st.lists(
    st.one_of(
        st.just(After(3.0, DRESS)),
        st.just(After(7.0, DRESS, ticket=True)),
        st.just(Lost(DRESS)),
        st.just(BROKEN),
        st.just(RateLimited("429", retry_after=2.0)),
        st.just(BUSY),
    ),
    max_size=40,
)


async def cut_off(parts_store: MemoryStore, service: Analyzer, count: int, at: float) -> MemoryStore:
    """What is left of the store when a run is killed after so many seconds."""
    parts = parts_of(album(count), service, parts_store, limiter_of(5))
    async with Run(parts, plan_for(service.traits)) as run:
        ending = asyncio.create_task(run.wait())
        await asyncio.wait([ending], timeout=at)
        # A killed process writes nothing more: what the cancelled run still writes is thrown away.
        left = deepcopy(parts_store)
        run.end_now()
        await ending
    left.claims.clear()
    return left


@settings(max_examples=120, deadline=None)
@given(moments, st.integers(1, 14), faults, st.sampled_from([0.0, 0.25]))
def test_a_run_killed_at_any_moments_buys_every_answer_once(
    moments: list[float], count: int, faults: list[Step], slow: float
) -> None:
    async def main() -> None:
        script = Surviving(faults)
        store: MemoryStore = SlowStore(slow) if slow else MemoryStore()
        for at in moments:
            store = await cut_off(store, script, count, at)
        told = await analyzed(album(count), script, store=store, consent=go_on)
        assert adds_up(told, count)
        # A picture fails only where five creates in a row were not carried out.
        assert script.bought == told.progress.analyzed == len(store.answers)
        assert told.progress.possibly_paid_twice == 0
        assert 5 * told.progress.failed <= faults.count(BROKEN) + faults.count(BUSY)

    virtual_time.run(main())


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 20), st.integers(1, 14), faults)
def test_a_run_that_is_cancelled_leaves_nothing_behind_for_the_next(
    at: float, count: int, faults: list[Step]
) -> None:
    async def main() -> None:
        script, store = Surviving(faults), SlowStore()
        parts = parts_of(album(count), script, store, limiter_of(5))
        try:
            async with asyncio.timeout(at), Run(parts, plan_for(PAID)) as run:
                await run.wait()
        except TimeoutError:
            assert store.beats[-1].state == "interrupted"
        assert store.claims == {}
        assert parts.limiter.in_flight == 0
        told = await analyzed(album(count), script, store=store, consent=go_on)
        assert script.bought == told.progress.analyzed == len(store.answers)

    virtual_time.run(main())


class Counted(Modelled):
    """Counts the creates that were carried out."""

    done = 0

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        try:
            reply = await super().start(image, ask, intent)
        except Broken:
            self.done += await self.find(intent) is not None
            raise
        self.done += 1
        return reply


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 40), st.integers(1, 30), st.integers(1, 1000))
def test_a_modelled_service_carries_out_one_create_for_each_picture(at: float, count: int, seed: int) -> None:
    async def main() -> None:
        faults = Faults(broken=0.1, lost=0.2, overloaded=0.1)
        service = Counted(Latency(3.0, 0.5), seed=seed, service=Service(faults=faults), paid=True)
        store: MemoryStore = MemoryStore()
        store = await cut_off(store, service, count, at)
        told = await analyzed(album(count), service, store=store, retry_failed=True, consent=go_on)
        assert adds_up(told, count)
        assert service.done == len(store.answers) == told.progress.analyzed

    virtual_time.run(main())


def test_work_under_way_at_the_crash_is_followed_to_its_end() -> None:
    async def main() -> None:
        script, store = Surviving([After(30.0, DRESS, ticket=True)]), MemoryStore()
        store = await cut_off(store, script, 1, 10.0)
        told = await analyzed(album(1), script, store=store)
        assert methods(script, "0") == ["start", "check", "check"]
        assert told.progress.elapsed == pytest.approx(20.0)
        assert success(told.outcomes[0]).attempts == 1

    virtual_time.run(main())


def test_work_that_was_cancelled_while_we_were_away_is_bought_again() -> None:
    async def main() -> None:
        script, store = Surviving([After(30.0, OutOfTime("cancelled"), ticket=True)]), MemoryStore()
        store = await cut_off(store, script, 1, 10.0)
        await asyncio.sleep(60)
        told = await analyzed(album(1), script, store=store)
        assert told.progress.analyzed == 1
        assert starts(script) == ["0", "0"]

    virtual_time.run(main())


def test_a_picture_that_is_no_good_any_more_leaves_open_what_was_bought_for_it() -> None:
    async def main() -> None:
        script, store = Surviving([After(30.0, DRESS, ticket=True)]), MemoryStore()
        store = await cut_off(store, script, 1, 10.0)

        class Stricter(Album):
            async def prepare(self, original: Original) -> PreparedImage:
                return await super().prepare(replace(original, data=b"corrupt"))

        told = await analyzed(Stricter(album(1).pictures), script, store=store)
        assert failure(told.outcomes[0]).kind == "unreadable_image"
        assert sum(map(len, store.open.values())) > 0
        told = await analyzed(album(1), script, store=store, retry_failed=True)
        assert told.progress.analyzed == 1
        assert starts(script) == ["0"]

    virtual_time.run(main())


def test_access_denied_in_the_middle_of_work_keeps_the_ticket_for_the_next_run() -> None:
    class Expiring(Scripted):
        expired = True

        async def check(self, ticket: Ticket) -> Reply | Ticket:
            if self.expired:
                raise AccessDenied("the token has expired")
            return await super().check(ticket)

    async def main() -> None:
        script, store = Expiring([After(3.0, DRESS, ticket=True)], traits=PAID), MemoryStore()
        first = await analyzed(Album(ONE), script, store=store)
        assert first.report.stopped == "the token has expired"
        script.expired = False
        second = await analyzed(Album(ONE), script, store=store)
        assert second.progress.analyzed == 1
        assert starts(script) == ["0"]

    virtual_time.run(main())
