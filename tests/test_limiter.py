"""The limiter: every gate holds, callers take turns, and nobody who leaves takes a place along."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.lab import virtual_time
from manyeyes.model.ask import Allowance
from manyeyes.model.errors import Overloaded, RateLimited
from manyeyes.pacing.limit import Ending, FixedLimit, Sample
from manyeyes.pacing.limiter import Gate, Limiter, Permit
from manyeyes.pacing.quota import Quota


def now() -> float:
    return asyncio.get_running_loop().time()


class Watched:
    """Callers of a limiter, and what was seen of them."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self.inside = 0
        self.most = 0
        self.sent: list[float] = []
        self.order: list[str] = []

    async def call(self, seconds: float, name: str = "") -> None:
        permit = await self.limiter.acquire()
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.sent.append(now())
        self.order.append(name)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.inside -= 1
            permit.release(Ending.ANSWERED)

    async def run(self, name: str, calls: int, seconds: float) -> float:
        """As a run does it: one permit at a time, then a task; gives the time at which all have ended."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(calls):
                permit = await self.limiter.acquire()
                self.order.append(name)
                tasks.create_task(self._hold(permit, seconds))
        return now()

    async def _hold(self, permit: Permit, seconds: float) -> None:
        await asyncio.sleep(seconds)
        permit.release(Ending.ANSWERED)


# Concurrency and turns


@given(st.integers(1, 8), st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), max_size=40))
def test_no_more_than_the_limit_are_ever_in_flight(limit: int, callers: list[tuple[float, float]]) -> None:
    async def main() -> Watched:
        watched = Watched(Limiter(FixedLimit(limit)))

        async def caller(after: float, seconds: float) -> None:
            await asyncio.sleep(after)
            await watched.call(seconds)

        await asyncio.gather(*(caller(*each) for each in callers))
        return watched

    watched = virtual_time.run(main())
    assert watched.most <= limit
    assert len(watched.sent) == len(callers)
    assert watched.limiter.in_flight == 0


def test_callers_are_served_in_the_order_they_came() -> None:
    async def main() -> list[str]:
        watched = Watched(Limiter(FixedLimit(2)))
        await asyncio.gather(*(watched.call(1.0, str(n)) for n in range(10)))
        return watched.order

    assert virtual_time.run(main()) == [str(n) for n in range(10)]


def test_five_pictures_do_not_wait_for_twenty_thousand() -> None:
    async def main() -> tuple[float, float]:
        watched = Watched(Limiter(FixedLimit(5)))
        many = asyncio.create_task(watched.run("many", 20_000, 1.0))
        await asyncio.sleep(10)
        few = await watched.run("few", 5, 1.0) - 10
        return few, await many

    few, many = virtual_time.run(main())
    # Every other place is theirs: five calls go within three rounds of five.
    assert few <= 4.0
    assert many == 4001.0


def test_two_runs_take_turns_however_many_pictures_each_has() -> None:
    async def main() -> list[str]:
        watched = Watched(Limiter(FixedLimit(3)))
        await asyncio.gather(watched.run("a", 300, 1.0), watched.run("b", 300, 1.0))
        return watched.order

    order = virtual_time.run(main())
    for begin in range(0, 600, 60):
        counts = Counter(order[begin : begin + 60])
        assert abs(counts["a"] - counts["b"]) <= 4


# Those who leave


@dataclass(frozen=True)
class Caller:
    comes: float
    stays: float
    patience: float


callers = st.lists(
    st.builds(Caller, comes=st.floats(0, 4), stays=st.floats(0, 4), patience=st.floats(0, 6)), max_size=30
)


@settings(max_examples=200)
@given(st.integers(1, 4), callers, st.one_of(st.none(), st.tuples(st.floats(5, 600), st.integers(1, 4))))
def test_whoever_leaves_at_any_moment_takes_no_place_along(
    limit: int, callers: list[Caller], pace: tuple[float, int] | None
) -> None:
    async def main() -> Watched:
        quota = None if pace is None else Quota.per_minute(*pace)
        watched = Watched(Limiter(FixedLimit(limit), quota))

        async def caller(one: Caller) -> None:
            await asyncio.sleep(one.comes)
            try:
                async with asyncio.timeout(one.patience):
                    await watched.call(one.stays)
            except TimeoutError:
                pass

        await asyncio.gather(*map(caller, callers))
        assert watched.limiter.in_flight == 0
        # Every place is free again.
        permits = [await watched.limiter.acquire() for _ in range(limit)]
        assert watched.limiter.binding(now()) is not None
        for permit in permits:
            permit.release(Ending.ANSWERED)
        return watched

    watched = virtual_time.run(main())
    assert watched.most <= limit
    assert watched.limiter.in_flight == 0


def test_a_turn_that_came_just_as_its_caller_left_goes_to_the_next() -> None:
    async def main() -> float:
        limiter = Limiter(FixedLimit(1))
        held = await limiter.acquire()
        first, second = (asyncio.create_task(limiter.acquire()) for _ in range(2))
        await asyncio.sleep(1)
        held.release(Ending.ANSWERED)
        # The permit is the first one's by now, though it has not run yet.
        first.cancel()
        (await second).release(Ending.ANSWERED)
        assert limiter.in_flight == 0
        return now()

    assert virtual_time.run(main()) == 1.0


def test_a_permit_is_released_once() -> None:
    async def main() -> None:
        limiter = Limiter(FixedLimit(1))
        permit = await limiter.acquire()
        permit.release(Ending.ANSWERED)
        permit.release(Ending.ANSWERED)
        assert limiter.in_flight == 0

    virtual_time.run(main())


# Rates


@settings(max_examples=60)
@given(st.floats(0.7, 6000), st.integers(1, 7), st.lists(st.floats(0, 3), min_size=1, max_size=40))
def test_a_rate_is_never_exceeded_and_no_time_is_lost(rate: float, burst: int, comes: list[float]) -> None:
    async def main() -> list[float]:
        watched = Watched(Limiter(FixedLimit(100), Quota.per_minute(rate, burst)))

        async def caller(after: float) -> None:
            await asyncio.sleep(after)
            await watched.call(0.0)

        await asyncio.gather(*map(caller, comes))
        return watched.sent

    sent = virtual_time.run(main())
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= burst + (sent[last] - sent[first]) * rate / 60 + 1e-6
    assert sent[-1] <= max(comes) + len(comes) * 60 / rate + 1e-6


@pytest.mark.parametrize("rate", [1 / 3, 7, 49.999999, 50, 600, 3000 / 7])
def test_odd_rates_do_not_make_the_clock_stand_still(rate: float) -> None:
    async def main() -> float:
        watched = Watched(Limiter(FixedLimit(5), Quota.per_minute(rate)))
        return await watched.run("", 500, 0.001)

    assert virtual_time.run(main()) == pytest.approx(499 * 60 / rate + 0.001)


# What the provider says


def test_a_named_wait_holds_for_everyone_and_ends_for_one_first() -> None:
    async def main() -> list[float]:
        watched = Watched(Limiter(FixedLimit(3)))
        refused = await watched.limiter.acquire()
        waiting = [asyncio.create_task(watched.call(0.0)) for _ in range(5)]
        await asyncio.sleep(1)
        refused.pushed_back(Overloaded("503", retry_after=7.0))
        refused.release(Ending.DEFERRED)
        assert watched.limiter.binding(now()) is Gate.COOL_DOWN
        waiting += [asyncio.create_task(watched.call(0.0)) for _ in range(5)]
        await asyncio.gather(*waiting)
        return watched.sent

    sent = virtual_time.run(main())
    assert sent[:5] == [0.0] * 5
    assert sent[5:] == [8.0, *[8.25] * 4]


def test_nobody_slips_through_between_a_refusal_and_its_cool_down() -> None:
    async def main() -> list[float]:
        watched = Watched(Limiter(FixedLimit(1)))
        refused = await watched.limiter.acquire()
        waiting = [asyncio.create_task(watched.call(0.0)) for _ in range(3)]
        await asyncio.sleep(1)
        refused.pushed_back(Overloaded("503", retry_after=7.0))
        refused.release(Ending.PUSHED_BACK)
        await asyncio.gather(*waiting)
        return watched.sent

    assert virtual_time.run(main()) == [8.0, 8.25, 8.25]


def test_the_longest_named_wait_counts() -> None:
    async def main() -> float:
        limiter = Limiter(FixedLimit(1))
        limiter.cool_down(9.0)
        limiter.cool_down(2.0)
        await limiter.acquire()
        return now()

    assert virtual_time.run(main()) == 9.0


def test_a_refusal_without_a_wait_holds_nobody_else() -> None:
    async def main() -> float:
        limiter = Limiter(FixedLimit(1))
        permit = await limiter.acquire()
        permit.pushed_back(RateLimited("429"))
        permit.release(Ending.PUSHED_BACK)
        await limiter.acquire()
        return now()

    assert virtual_time.run(main()) == 0.0


def test_where_headers_will_tell_one_call_goes_ahead_of_all() -> None:
    async def main() -> list[float]:
        watched = Watched(Limiter(FixedLimit(5), listens_first=True))
        first = await watched.limiter.acquire()
        assert watched.limiter.binding(now()) is Gate.FIRST_WORD
        others = [asyncio.create_task(watched.call(0.0)) for _ in range(4)]
        await asyncio.sleep(2)
        first.heard(Allowance(2, 10.0))
        await asyncio.gather(*others)
        first.release(Ending.ANSWERED)
        return watched.sent

    # Two are left, the others at one each ten seconds from when the first was sent.
    assert virtual_time.run(main()) == [2.0, 2.0, 10.0, 20.0]


def test_a_first_call_that_hears_nothing_lets_the_others_go() -> None:
    async def main() -> float:
        limiter = Limiter(FixedLimit(5), listens_first=True)
        first = await limiter.acquire()
        asyncio.get_running_loop().call_later(3, first.release, Ending.SAYS_NOTHING)
        for _ in range(5):
            await limiter.acquire()
        return now()

    assert virtual_time.run(main()) == 3.0


def test_headers_that_arrive_out_of_order_are_put_in_order() -> None:
    async def main() -> Gate | None:
        limiter = Limiter(FixedLimit(5))
        first, second = await limiter.acquire(), await limiter.acquire()
        second.heard(Allowance(0, 10.0))
        first.heard(Allowance(500, 10.0))
        return limiter.binding(now())

    assert virtual_time.run(main()) is Gate.REQUESTS


# What the limit hears


def test_the_limit_hears_of_each_call_when_and_how_it_ended() -> None:
    heard: list[Sample] = []

    class Listening(FixedLimit):
        def after(self, sample: Sample) -> Self:
            heard.append(sample)
            return self

    async def main() -> None:
        limiter = Limiter(Listening(2))
        first, second = await limiter.acquire(), await limiter.acquire()
        await asyncio.sleep(3)
        second.release(Ending.PUSHED_BACK)
        first.release(Ending.ANSWERED)

    virtual_time.run(main())
    assert heard == [
        Sample(0.0, 3.0, 2, Ending.PUSHED_BACK, at_limit=True),
        Sample(0.0, 3.0, 1, Ending.ANSWERED),
    ]


def test_a_raised_limit_lets_the_waiting_go() -> None:
    class Growing(FixedLimit):
        def after(self, sample: Sample) -> Self:
            return type(self)(3)

    async def main() -> int:
        limiter = Limiter(Growing(1))
        first = await limiter.acquire()
        waiting = [asyncio.create_task(limiter.acquire()) for _ in range(5)]
        await asyncio.sleep(0)
        first.release(Ending.ANSWERED)
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        return limiter.in_flight

    assert virtual_time.run(main()) == 3
