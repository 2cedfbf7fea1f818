"""The time left that a run tells, in virtual time: against what it came to."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from engine_world import Album, Told, album, analyze, analyzed, go_on, limiter_of
from manyeyes.analyzers.modelled import Faults, Latency, Modelled, Service
from manyeyes.lab import virtual_time
from manyeyes.lab.simulate import Case, simulate
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import Overloaded, RateLimited
from manyeyes.model.event import Ended, Listed, ProviderDown
from manyeyes.model.image import PreparedImage
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Intent, Ticket
from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.store.memory import MemoryStore


def told(run: Told) -> list[Progress]:
    """The progress after each picture."""
    return [progress for event, progress in run.events if isinstance(event, Ended)]


def off_by(run: Told) -> list[float]:
    """How far the time left was off at each picture at which it was told, in seconds."""
    end = run.progress.elapsed
    return [
        progress.eta_seconds - (end - progress.elapsed)
        for progress in told(run)
        if progress.eta_seconds is not None
    ]


@pytest.mark.parametrize(("strategy", "batch_size"), [("continuous", None), ("batch", None), ("batch", 7)])
def test_where_all_calls_take_alike_it_is_exact_from_the_fifth_on(
    strategy: str, batch_size: int | None
) -> None:
    case = Case(44, 3.0, strategy=strategy, batch_size=batch_size)  # type: ignore[arg-type]
    prediction = simulate(case)
    left = {progress.current: progress.eta_seconds for progress in prediction.progress}
    for progress in prediction.progress:
        expected = prediction.seconds - progress.elapsed
        assert left[progress.current] == pytest.approx(expected, abs=0.05)


def test_one_after_another_too() -> None:
    run = analyze(album(20), Modelled(Latency(3.0)), limiter=limiter_of(1))
    assert [progress.eta_seconds for progress in told(run)][:4] == [None] * 4
    assert off_by(run) == pytest.approx([0.0] * 16, abs=0.05)


def test_a_configured_rate_is_kept_to() -> None:
    prediction = simulate(Case(44, 3.0, rpm=50, burst=1))
    off = [
        progress.eta_seconds - (prediction.seconds - progress.elapsed)
        for progress in prediction.progress
        if progress.eta_seconds is not None
    ]
    assert len(off) > 35
    assert max(map(abs, off)) < 1.2


def test_between_two_looks_it_runs_down_with_the_clock() -> None:
    run = analyze(album(300), Modelled(Latency(0.3, cv=0.5)), limiter=limiter_of(4))
    looks = {progress.left.at for progress in told(run) if progress.left is not None}
    assert 10 < len(looks) <= 60
    gaps = sorted(looks)
    # But for the last one, which is the end.
    assert all(after - before >= 1.0 for before, after in pairwise(gaps[:-1]))
    for before, after in pairwise(told(run)):
        if before.left is not None and before.left is after.left and before.eta_seconds and after.eta_seconds:
            assert after.eta_seconds == pytest.approx(before.eta_seconds - (after.at - before.at))


def test_at_the_end_nothing_is_left() -> None:
    last = told(analyze(album(3), Modelled(Latency(3.0))))[-1]
    assert (last.eta_seconds, last.eta_interval) == (0.0, (0.0, 0.0))


def test_answers_that_were_reused_are_no_speed_and_need_no_time() -> None:
    store = MemoryStore()

    async def both() -> tuple[Told, Told]:
        first = Album({str(n): f"picture {n}" for n in range(0, 200, 2)})
        every = Album({str(n): f"picture {n}" for n in range(200)})
        async with store:
            before = await analyzed(first, Modelled(Latency(2.0)), store=store)
            return before, await analyzed(every, Modelled(Latency(2.0)), store=store)

    _, run = virtual_time.run(both())
    assert run.progress.reused == 100
    assert run.progress.elapsed == pytest.approx(40.0)
    off = off_by(run)
    assert len(off) > 90
    assert max(map(abs, off)) < 10


def test_a_run_that_goes_on_half_way_does_not_take_the_rest_for_known() -> None:
    store = MemoryStore()

    async def both() -> Told:
        async with store:
            await analyzed(album(300), Modelled(Latency(2.0)), store=store)
            return await analyzed(album(600), Modelled(Latency(2.0)), store=store, limiter=limiter_of(10))

    run = virtual_time.run(both())
    later = [progress for progress in told(run) if progress.current >= 400]
    for progress in later:
        assert progress.eta_seconds == pytest.approx(
            run.progress.elapsed - progress.elapsed, rel=0.1, abs=0.5
        )


class Refusing(Modelled):
    """Refuses everything for a while at one point, and names how long."""

    def __init__(self, at: float, wait: float) -> None:
        super().__init__(Latency(2.0, cv=0.5))
        self.at, self.until = at, at + wait

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        now = asyncio.get_running_loop().time()
        if self.at <= now < self.until:
            raise RateLimited("Too many.", retry_after=self.until - now)
        return await super().start(image, ask, intent)


def test_a_wait_that_the_provider_names_is_in_it() -> None:
    run = analyze(album(200), Refusing(at=20.0, wait=60.0))
    held_up = [progress for progress in told(run) if 18 < progress.elapsed <= 23]
    assert run.progress.elapsed > 140
    last = held_up[-1]
    assert last.eta_seconds is not None
    assert last.eta_seconds > 80


class Down(Modelled):
    """Answers nobody between two times."""

    def __init__(self) -> None:
        super().__init__(Latency(2.0))

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        if 20.0 <= asyncio.get_running_loop().time() < 60.0:
            raise Overloaded("Come back later.")
        return await super().start(image, ask, intent)


def test_nobody_can_tell_while_the_provider_is_down() -> None:
    run = analyze(album(200), Down(), consent=go_on)
    down = next(i for i, (event, _) in enumerate(run.events) if isinstance(event, ProviderDown))
    assert run.events[down][1].eta_seconds is None
    assert run.events[down - 1][1].eta_seconds is not None
    after = [progress for progress in told(run) if progress.elapsed > 70]
    assert after[-10].eta_seconds is not None


def test_while_the_limit_still_grows_it_calibrates() -> None:
    limit = AdaptiveLimit(limit=2.0)
    run = analyze(album(400), Modelled(Latency(3.0, cv=0.3)), limiter=Limiter(limit))
    first = next(progress for progress in told(run) if progress.eta_seconds is not None)
    assert 0.2 <= first.current / 400 <= 0.3


def test_what_an_earlier_run_has_learned_shortens_that() -> None:
    limit = AdaptiveLimit(limit=20.0, starting=False, baseline=1.05)
    run = analyze(album(200), Modelled(Latency(3.0, cv=0.3)), limiter=Limiter(limit))
    assert told(run)[0].eta_seconds == pytest.approx(30.0, rel=0.3)


def test_a_listing_that_ends_late_tells_it_at_once() -> None:
    run = analyze(album(60, seconds_each=0.2), Modelled(Latency(1.0)))
    listed, progress = next((event, after) for event, after in run.events if isinstance(event, Listed))
    assert listed.left is not None
    before = [progress for event, progress in run.events[: run.events.index((listed, progress))]]
    assert all(each.eta_seconds is None for each in before)


def test_pictures_that_cannot_be_read_take_no_time() -> None:
    contents = {str(n): f"gone {n}" if n % 2 else f"picture {n}" for n in range(200)}
    run = analyze(Album(contents), Modelled(Latency(2.0)), consent=go_on)
    assert run.progress.failed == 100
    assert max(map(abs, off_by(run))) < 8


def test_calls_that_are_made_again_are_counted_in() -> None:
    # Half of all calls come to nothing, so that there are two for each picture.
    service = Service(faults=Faults(broken=0.5))
    run = analyze(album(400), Modelled(Latency(2.0), service=service), limiter=limiter_of(10), consent=go_on)
    half_way = told(run)[200]
    assert run.progress.elapsed > 130
    assert half_way.eta_seconds == pytest.approx(run.progress.elapsed - half_way.elapsed, rel=0.25)
