"""A run that is paused sends nothing more, keeps what it has begun, and goes on as if nothing had been."""

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
    Told,
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
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import Broken, RateLimited
from manyeyes.model.event import Ended, GroupEnded, Paused, ProviderDown, Resumed, RunEnded, Waiting
from manyeyes.model.image import ImageRef, Original, PreparedImage
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Intent, Ticket
from manyeyes.pacing.hedge import Hedge
from manyeyes.store.memory import MemoryStore
from manyeyes.store.values import Purchase

Act = Callable[[Run], Any]


def at(*acts: tuple[float, Act]) -> Act:
    """Do things with the run after so many seconds each."""

    def begin(run: Run) -> None:
        for seconds, act in acts:
            asyncio.get_running_loop().call_later(seconds, act, run)

    return begin


def pause(run: Run) -> None:
    run.pause()


def resume(run: Run) -> None:
    run.resume()


def stop(run: Run) -> None:
    run.stop("asked to")


def news(told: Told) -> list[Paused | Resumed]:
    return [event for event, _ in told.events if isinstance(event, Paused | Resumed)]


def sent(script: Scripted) -> list[float]:
    return [call.at for call in script.calls if call.method == "start"]


def ends(told: Told) -> list[float]:
    return [event.at for event, _ in told.events if isinstance(event, Ended)]


# What goes on, and what does not


def test_what_is_in_flight_is_finished_and_nothing_is_sent_before_it_goes_on() -> None:
    script = Scripted(DRESS, seconds=3.0, traits=PAID)
    told = analyze(album(20), script, meanwhile=at((4, pause), (100, resume)))
    assert sent(script) == [0.0] * 5 + [3.0] * 5 + [100.0] * 5 + [103.0] * 5
    assert ends(told) == [3.0] * 5 + [6.0] * 5 + [103.0] * 5 + [106.0] * 5
    assert adds_up(told, 20)
    assert told.report.stopped is None


def test_it_is_told_with_what_is_in_flight_and_what_it_has_cost() -> None:
    told = analyze(album(20), Scripted(DRESS, seconds=3.0), meanwhile=at((4, pause), (100, resume)))
    paused, resumed = news(told)
    assert paused == Paused(5, 4.0)
    assert paused.message == "Paused. 5 in flight are finished first."
    assert isinstance(resumed, Resumed)
    # Two seconds of it were worked, by all five.
    assert (resumed.at, resumed.lost) == (100.0, 94.0)
    assert resumed.message == "Going on after the pause."


@pytest.mark.parametrize(
    ("in_flight", "message"), [(0, "Paused."), (1, "Paused. 1 in flight is finished first.")]
)
def test_a_few_in_flight_are_told_in_words(in_flight: int, message: str) -> None:
    assert Paused(in_flight, 0.0).message == message


def test_progress_says_that_it_is_paused_for_as_long_as_it_is() -> None:
    told = analyze(album(20), Scripted(DRESS, seconds=3.0), meanwhile=at((4, pause), (100, resume)))
    paused = [(progress.at, progress.as_json()) for _, progress in told.events if progress.paused]
    assert [moment for moment, _ in paused] == [4.0] + [6.0] * 6
    assert all(said["paused"] is True and said["bindingGate"] == "paused" for _, said in paused)
    others = [progress.as_json() for _, progress in told.events if not progress.paused]
    assert all("paused" not in said and said["bindingGate"] != "paused" for said in others)


def test_no_more_pictures_are_taken_in_hand() -> None:
    class Noting(Album):
        read_at: list[float]

        async def read(self, image: ImageRef) -> Original:
            self.read_at.append(asyncio.get_running_loop().time())
            return await super().read(image)

    pictures = Noting({str(number): f"picture {number}" for number in range(50)})
    pictures.read_at = []
    claims: list[int] = []

    def count(run: Run) -> None:
        claims.append(len(store.claims))

    store = MemoryStore()
    script = Scripted(DRESS, seconds=3.0, traits=PAID)
    analyze(
        pictures,
        script,
        store=store,
        meanwhile=at((4, pause), (5, count), (7, count), (99, count), (100, resume)),
    )
    assert not [moment for moment in pictures.read_at if 4.0 < moment < 100.0]
    # As many as may be in flight wait prepared, and twice the cores; their claims stay ours.
    assert claims == [14, 9, 9]
    assert len(starts(script)) == 50


def test_nothing_is_looked_up_either() -> None:
    async def main() -> None:
        store, script = SlowStore(1.0), Scripted(DRESS, traits=PAID)
        await analyzed(album(500), script, store=store)
        told = await analyzed(album(500), script, store=store, meanwhile=at((4.5, pause), (100, resume)))
        assert told.progress.reused == 500
        begun = told.progress.started_at
        # One window was being looked up, and the next ones are when it goes on.
        paused = [event for event in ends(told) if 4.5 < event - begun < 100.0]
        assert 0 < len(paused) <= 64
        assert max(ends(told)) - begun > 100.0

    virtual_time.run(main())


def test_a_run_that_is_paused_before_it_has_begun() -> None:
    def meanwhile(run: Run) -> None:
        run.pause()
        at((50, resume))(run)

    script = Scripted(DRESS, seconds=3.0)
    told = analyze(album(10), script, meanwhile=meanwhile)
    assert sent(script) == [50.0] * 5 + [53.0] * 5
    assert news(told)[0] == Paused(0, 0.0)


def test_a_call_that_waits_for_its_permit_does_not_go() -> None:
    script = Scripted(DRESS, seconds=3.0)
    told = analyze(album(2), script, limiter=limiter_of(1), meanwhile=at((1, pause), (50, resume)))
    assert sent(script) == [0.0, 50.0]
    assert told.progress.analyzed == 2


def test_a_retry_waits_for_the_end_of_the_pause() -> None:
    script = Scripted({"0": [RateLimited("429", retry_after=10.0), DRESS], "*": After(3.0, DRESS)})
    told = analyze(album(2), script, meanwhile=at((5, pause), (50, resume)))
    assert sent(script) == [0.0, 0.0, 50.0]
    assert told.progress.analyzed == 2


def test_no_second_call_is_made_for_what_is_slow() -> None:
    script = Scripted({"*": After(3.0, DRESS), "29": [After(60.0, DRESS), After(3.0, DRESS)]}, traits=PAID)
    options = {"limiter": limiter_of(10), "hedge": Hedge(enough=10)}
    told = analyze(album(30), script, meanwhile=at((7, pause), (20, resume)), **options)
    assert told.progress.elapsed == pytest.approx(23.0)
    assert sent(script)[-1] == pytest.approx(20.0)


def test_batches_go_on_with_the_next_one() -> None:
    script = Scripted(DRESS, seconds=3.0)
    told = analyze(album(20), script, barrier=True, meanwhile=at((4, pause), (100, resume)))
    assert sent(script) == [0.0] * 5 + [3.0] * 5 + [100.0] * 5 + [103.0] * 5
    groups = [event for event, _ in told.events if isinstance(event, GroupEnded)]
    assert [(group.index, group.processed, group.at) for group in groups] == [
        (1, 5, 3.0),
        (2, 10, 6.0),
        (3, 15, 103.0),
        (4, 20, 106.0),
    ]


def test_a_paused_run_takes_nothing_from_others_that_share_its_limiter() -> None:
    async def main() -> None:
        limiter, script = limiter_of(4), Scripted(DRESS, seconds=3.0)
        first = analyzed(album(40), script, limiter=limiter, meanwhile=at((0.5, pause), (100, resume)))
        second = analyzed(album(40), Scripted(DRESS, seconds=3.0), limiter=limiter)
        one, other = await asyncio.gather(first, second)
        assert (one.progress.analyzed, other.progress.analyzed) == (40, 40)
        # Two rounds of half the places at most, and all of them for the rest.
        assert other.progress.elapsed <= 33.0
        assert limiter.in_flight == 0

    virtual_time.run(main())


def test_what_another_run_gives_up_is_not_taken_during_a_pause() -> None:
    async def main() -> None:
        store, theirs, ours = MemoryStore(), *(Scripted(DRESS, seconds=5.0, traits=PAID) for _ in range(2))
        first = asyncio.create_task(
            analyzed(album(1), theirs, store=store, meanwhile=at((2, lambda run: run.end_now())))
        )
        await asyncio.sleep(0.25)
        told = await analyzed(album(1), ours, store=store, meanwhile=at((1, pause), (60, resume)))
        assert (await first).report.stopped == "interrupted"
        # What the other had begun is found, and taken when we go on.
        assert told.progress.analyzed == 1
        assert ours.calls[0].method == "find"
        assert min(call.at for call in ours.calls) >= 60.25
        assert not [event for event, _ in told.events if isinstance(event, Waiting)]

    virtual_time.run(main())


# What it does not spoil


def test_rate_and_time_left_are_those_of_a_run_without_a_pause() -> None:
    def course(meanwhile: Act) -> list[tuple[float | None, float | None]]:
        told = analyze(album(60), Scripted(DRESS, seconds=3.0), meanwhile=meanwhile)
        ended = [progress for event, progress in told.events if isinstance(event, Ended)]
        return [(progress.eta_seconds, progress.rate) for progress in ended]

    without = course(lambda run: None)
    paused = course(at((19, pause), (5000, resume)))
    assert paused[:30] == without[:30]
    # At 21 seconds what was in flight ends; while it is paused nobody can tell.
    assert paused[30:35] == [(None, None)] * 5
    for (left, rate), (left_without, rate_without) in zip(paused[35:], without[35:], strict=True):
        assert left == pytest.approx(left_without, abs=1e-3)
        assert rate == pytest.approx(rate_without)


def test_the_time_left_is_told_when_it_goes_on() -> None:
    told = analyze(album(60), Scripted(DRESS, seconds=3.0), meanwhile=at((19, pause), (5000, resume)))
    _, resumed = news(told)
    assert isinstance(resumed, Resumed)
    assert resumed.left is not None
    assert resumed.left.p50 == pytest.approx(15.0, abs=0.05)


def test_a_slow_one_in_flight_does_not_pass_for_work_of_all() -> None:
    script = Scripted({"*": After(3.0, DRESS), "4": After(50.0, DRESS)})
    told = analyze(album(40), script, meanwhile=at((2, pause), (50, resume)))
    resumed = news(told)[1]
    assert isinstance(resumed, Resumed)
    # One second of all five, and 47 of one in five.
    assert resumed.lost == pytest.approx(48 - 1 - 47 / 5)


def test_no_picture_runs_out_of_time_in_a_pause() -> None:
    script = Scripted([*[Broken("reset")] * 2, *[DRESS] * 9], traits=PAID)
    told = analyze(album(2), script, deadline=10.0, meanwhile=at((0.5, pause), (500, resume)))
    assert told.progress.analyzed == 2


@pytest.mark.parametrize(("until", "anew"), [(500, 0), (5000, 9)])
def test_what_is_bought_after_a_long_pause_is_bought_under_an_intent_of_now(until: int, anew: int) -> None:
    class Noting(MemoryStore):
        anew: int = 0

        async def begin_again(self, purchase: Purchase) -> Intent:
            self.anew += 1
            return await super().begin_again(purchase)

    store, script = Noting(), Scripted(DRESS, seconds=3.0, traits=PAID)
    told = analyze(album(30), script, store=store, meanwhile=at((4, pause), (until, resume)))
    # Nine were prepared when it was paused. The provider tells for an hour what became of an intent.
    assert store.anew == anew
    assert told.progress.analyzed == len({call.intent.id for call in script.calls}) == 30
    assert (store.open, store.claims) == ({}, {})


def test_a_provider_is_not_waited_for_while_nobody_asks_it() -> None:
    class Down(Scripted):
        async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
            if 20.0 <= asyncio.get_running_loop().time() < 720.0:
                raise Broken("connection refused", ended=True)
            return await super().start(image, ask, intent)

    script = Down(DRESS, seconds=3.0, traits=PAID)
    told = analyze(album(60), script, meanwhile=at((40, pause), (700, resume)), wait_at_most=120.0)
    assert (told.report.stopped, told.progress.analyzed) == (None, 60)
    assert len([event for event, _ in told.events if isinstance(event, ProviderDown)]) == 1


# What ends it


def test_a_stop_ends_a_paused_run_as_soon_as_nothing_is_in_flight() -> None:
    script, store = Scripted(DRESS, seconds=3.0, traits=PAID), MemoryStore()
    told = analyze(album(50), script, store=store, meanwhile=at((4, pause), (5, stop)))
    assert (told.report.stopped, told.progress.analyzed, told.progress.elapsed) == ("asked to", 10, 6.0)
    assert (store.beats[-1].state, store.claims, store.open) == ("stopped", {}, {})


def test_a_stop_ends_a_paused_run_at_once_where_nothing_is() -> None:
    told = analyze(album(50), Scripted(DRESS, seconds=3.0), meanwhile=at((4, pause), (60, stop)))
    assert (told.report.stopped, told.progress.analyzed, told.progress.elapsed) == ("asked to", 10, 60.0)
    over = told.progress
    assert (over.paused, over.binds, over.lost, over.finished) == (False, None, 54.0, True)
    assert over.rate == pytest.approx(10 / 6)


def test_ctrl_c_twice_ends_a_paused_run_now() -> None:
    async def main() -> None:
        script, store = Scripted(DRESS, seconds=30.0, traits=PAID), MemoryStore()
        parts = parts_of(album(20), script, store, limiter_of(5))
        async with Run(parts, plan_for(PAID)) as run:
            at((4, pause), (5, lambda run: run.end_now()))(run)
            assert (await run.wait()).stopped == "interrupted"
        assert asyncio.get_running_loop().time() == 5.0
        assert (store.beats[-1].state, store.claims, parts.limiter.in_flight) == ("interrupted", {}, 0)
        again = await analyzed(album(20), script, store=store)
        assert again.progress.analyzed == len(starts(script)) == 20

    virtual_time.run(main())


def test_leaving_a_paused_run_ends_it() -> None:
    async def main() -> None:
        parts = parts_of(album(20), Scripted(DRESS, seconds=3.0), MemoryStore(), limiter_of(5))
        async with Run(parts, plan_for(PAID)) as run:
            await asyncio.sleep(1.0)
            run.pause()
        assert (run.progress.stopped, run.progress.analyzed) == ("left before its end", 5)

    virtual_time.run(main())


def test_a_run_whose_last_calls_are_in_flight_ends_although_it_is_paused() -> None:
    told = analyze(album(10), Scripted(DRESS, seconds=3.0), meanwhile=at((4, pause)))
    assert (told.report.stopped, told.progress.analyzed, told.progress.paused) == (None, 10, False)
    assert told.store.beats[-1].state == "complete"


def test_a_question_may_stand_while_it_is_paused() -> None:
    async def consent(_: str) -> bool:
        await asyncio.sleep(60)
        return True

    script = Scripted([*[Broken("reset")] * 10, *[DRESS] * 90])
    told = analyze(album(50), script, consent=consent, meanwhile=at((30, pause), (200, resume)))
    assert told.progress.analyzed == 50
    assert not [moment for moment in sent(script) if 30.0 < moment < 200.0]


def test_pausing_what_has_ended_or_is_paused_or_is_stopping_does_nothing() -> None:
    async def main() -> None:
        events: list[Any] = []
        parts = parts_of(album(50), Scripted(DRESS, seconds=3.0), MemoryStore(), limiter_of(5))
        hear = (lambda event, _: events.append(event),)
        async with Run(parts, plan_for(PAID), listeners=hear) as run:
            at((1, resume), (4, pause), (5, pause), (10, resume), (11, stop), (12, pause), (12.5, resume))(
                run
            )
            await run.wait()
            run.pause()
            run.resume()
        assert [type(event) for event in events if isinstance(event, Paused | Resumed)] == [Paused, Resumed]
        assert isinstance(events[-1], RunEnded)
        assert not run.progress.paused

    virtual_time.run(main())


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(0, 30), min_size=2, max_size=6, unique=True),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.3]),
    st.booleans(),
)
def test_whenever_it_is_paused_every_picture_is_bought_once(
    moments: list[float], concurrency: int, slow: float, barrier: bool
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
        spans = list(zip(sorted(moments)[::2], sorted(moments)[1::2], strict=False))

        def meanwhile(run: Run) -> None:
            for begin, end in spans:
                asyncio.get_running_loop().call_later(begin, run.pause)
                asyncio.get_running_loop().call_later(end, run.resume)

        options: dict[str, Any] = {"store": store, "limiter": limiter, "barrier": barrier, "consent": go_on}
        told = await analyzed(album(20), script, meanwhile=meanwhile, **options)
        assert adds_up(told, 20)
        assert told.progress.analyzed == len(script._work) == 20
        assert (limiter.in_flight, store.claims, store.open) == (0, {}, {})
        held = [paused for _, paused in told.events if paused.paused]
        assert all(progress.eta_seconds is None for progress in held)
        assert 0.0 <= told.progress.lost <= sum(end - begin for begin, end in spans) + 1e-9

    virtual_time.run(main())


# Asked for by others


def beating(*wishes: tuple[float, str]) -> tuple[FailingStore, Act]:
    """A store that beats every two seconds, and who asks for what at which time."""
    store = FailingStore("", 1, beat_every=2.0)

    def begin(run: Run) -> None:
        for seconds, wish in wishes:
            asyncio.get_running_loop().call_later(seconds, store.want, run.id, wish)

    return store, begin


def test_others_pause_it_and_let_it_go_on_at_its_next_heartbeat() -> None:
    store, wishes = beating((3.5, "pause"), (20.5, "resume"))
    script = Scripted(DRESS, seconds=3.0)
    told = analyze(album(20), script, store=store, meanwhile=wishes)
    assert [event.at for event in news(told)] == [4.0, 22.0]
    assert sent(script) == [0.0] * 5 + [3.0] * 5 + [22.0] * 5 + [25.0] * 5
    # What was done is told at once, so that nobody waits for another heartbeat.
    assert [beat.progress.paused for beat in store.beats[:4]] == [False, False, True, True]


def test_a_wish_is_obeyed_once() -> None:
    store, wishes = beating((3.5, "pause"))
    script = Scripted(DRESS, seconds=3.0)

    def meanwhile(run: Run) -> None:
        wishes(run)
        at((30, resume))(run)

    told = analyze(album(20), script, store=store, meanwhile=meanwhile)
    assert [type(event) for event in news(told)] == [Paused, Resumed]
    assert told.progress.elapsed == 36.0


def test_others_stop_it() -> None:
    store, wishes = beating((3.5, "stop"))
    told = analyze(album(20), Scripted(DRESS, seconds=3.0), store=store, meanwhile=wishes)
    assert (told.report.stopped, told.progress.analyzed) == ("on request from elsewhere", 10)
    assert store.beats[-1].state == "stopped"


def test_a_stop_stands_whatever_else_is_asked() -> None:
    store, wishes = beating((3.2, "stop"), (3.4, "pause"), (3.6, "resume"))
    told = analyze(album(20), Scripted(DRESS, seconds=3.0), store=store, meanwhile=wishes)
    assert (told.report.stopped, news(told)) == ("on request from elsewhere", [])


def test_others_stop_what_is_paused() -> None:
    store, wishes = beating((3.5, "pause"), (20.5, "stop"))
    told = analyze(album(20), Scripted(DRESS, seconds=3.0), store=store, meanwhile=wishes)
    assert (told.report.stopped, told.progress.elapsed) == ("on request from elsewhere", 22.0)


def test_what_nobody_knows_is_not_obeyed() -> None:
    store, wishes = beating((3.5, "dance"))
    told = analyze(album(20), Scripted(DRESS, seconds=3.0), store=store, meanwhile=wishes)
    assert (told.report.stopped, news(told)) == (None, [])


def test_claims_are_kept_alive_during_a_pause() -> None:
    class Noting(FailingStore):
        renewed: int = 0

        async def renew(self, run: str) -> Any:
            self.renewed += 1
            return await super().renew(run)

    store = Noting("", 1, beat_every=2.0)
    script = Scripted(DRESS, seconds=3.0, traits=PAID)
    told = analyze(album(20), script, store=store, meanwhile=at((4, pause), (1004, resume)))
    assert told.progress.analyzed == 20
    assert store.renewed >= 500


def test_a_paused_run_tells_the_store_that_it_is() -> None:
    store = FailingStore("", 1, beat_every=2.0)
    analyze(album(20), Scripted(DRESS, seconds=3.0), store=store, meanwhile=at((5, pause), (15, resume)))
    said = [beat.as_json().get("paused") for beat in store.beats]
    assert said[:9] == [None, None, True, True, True, True, True, None, None]


def test_progress_folds_pauses_whatever_else_happens() -> None:
    paused = Progress(current=3, total=9, called=20, at=10.0).after(Paused(2, 10.0))
    assert (paused.rate, paused.binds) == (None, "paused")
    down = paused.after(ProviderDown("No word.", 600.0, 12.0))
    assert (down.binds, down.at) == ("paused", 12.0)
    going = down.after(Resumed(30.0, 20.0))
    assert (going.rate, going.binds, going.elapsed) == (2.0, None, 30.0)
