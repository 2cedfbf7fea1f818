"""The fakes that ship: one does as it is told, the other behaves by the numbers."""

import asyncio
import math
import statistics
from collections import Counter
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer_contract import ASK, AnalyzerContract, intent, picture
from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.modelled import Faults, Latency, Modelled, Rate, Service
from manyeyes.analyzers.scripted import After, Lost, Scripted
from manyeyes.lab import virtual_time
from manyeyes.model.ask import Allowance, Reply, Usage
from manyeyes.model.descriptor import parse_descriptor
from manyeyes.model.errors import AccessDenied, AnalyzerError, Broken, Overloaded, RateLimited, Refused
from manyeyes.model.ticket import Ticket

DRESS = '{"garment_type": "dress"}'


class TestScriptedKeepsTheContract(AnalyzerContract):
    run = staticmethod(virtual_time.run)

    def opened(self) -> AbstractAsyncContextManager[Analyzer]:
        return Scripted(DRESS, seconds=1.0)


class TestScriptedWithTicketsKeepsTheContract(AnalyzerContract):
    run = staticmethod(virtual_time.run)

    def opened(self) -> AbstractAsyncContextManager[Analyzer]:
        return Scripted({"*": After(2.0, DRESS, ticket=True)})


class TestModelledKeepsTheContract(AnalyzerContract):
    run = staticmethod(virtual_time.run)

    def opened(self) -> AbstractAsyncContextManager[Analyzer]:
        return Modelled(Latency(3.0, cv=0.5), service=Service(slots=4, rate=Rate(600, burst=600)))


class TestModelledWithoutLatencyKeepsTheContract(AnalyzerContract):
    run = staticmethod(virtual_time.run)

    def opened(self) -> AbstractAsyncContextManager[Analyzer]:
        return Modelled(Latency(0.0), paid=True)


async def ending(call: Awaitable[Reply | Ticket | None]) -> Reply | Ticket | AnalyzerError | None:
    """What a call ended in, an error of ours too."""
    try:
        return await call
    except AnalyzerError as error:
        return error


def endings(
    analyzer: Scripted | Modelled, *numbers: int, at_once: bool = False
) -> tuple[list[Reply | Ticket | AnalyzerError | None], float]:
    """How starts for these pictures ended, one after the other or all at once, and when the last did."""

    async def main() -> tuple[list[Reply | Ticket | AnalyzerError | None], float]:
        async with analyzer:
            calls = [ending(analyzer.start(picture(n), ASK, intent(i))) for i, n in enumerate(numbers)]
            found = list(await asyncio.gather(*calls)) if at_once else [await call for call in calls]
        return found, asyncio.get_running_loop().time()

    return virtual_time.run(main())


# Scripted


def test_each_picture_follows_its_own_script() -> None:
    slow = RateLimited("slow", retry_after=30)
    found, seconds = endings(Scripted({"1.jpg": [slow, DRESS], "*": "{}"}, seconds=2.0), 1, 2, 1, 2)
    assert isinstance(found[0], RateLimited)
    assert found[0].retry_after == 30
    assert found[1:] == [Reply("{}"), Reply(DRESS), Reply("{}")]
    assert seconds == 8.0


def test_a_sequence_is_followed_in_the_order_of_the_starts() -> None:
    reply = Reply(DRESS, Usage(1, 2), truncated=True)
    found, _ = endings(Scripted(["{}", reply]), 5, 4)
    assert found == [Reply("{}"), reply]


def test_a_start_beyond_the_script_stops_the_run_and_says_why() -> None:
    for script in ({"1.jpg": [DRESS]}, [DRESS]):
        (_, error), _ = endings(Scripted(script), 1, 1)
        assert isinstance(error, AccessDenied)
        assert "'1.jpg'" in str(error)


def test_a_lone_error_is_raised_afresh_each_time() -> None:
    (one, other), _ = endings(Scripted({"*": Refused("no")}), 1, 1)
    assert isinstance(one, Refused)
    assert isinstance(other, Refused)
    assert one is not other


def test_every_call_is_recorded_with_its_time() -> None:
    scripted = Scripted({"*": After(5.0, DRESS, ticket=True)})

    async def main() -> None:
        async with scripted:
            ticket = await scripted.start(picture(1), ASK, intent(1))
            assert isinstance(ticket, Ticket)
            assert ticket.check_after == 5.0
            early = await scripted.check(ticket)
            assert isinstance(early, Ticket)
            await asyncio.sleep(5)
            assert await scripted.check(ticket) == Reply(DRESS)
            await scripted.cancel(ticket)
            assert await scripted.find(intent(1)) is None

    virtual_time.run(main())
    assert [(call.method, call.name, call.at) for call in scripted.calls] == [
        ("start", "1.jpg", 0.0),
        ("check", "1.jpg", 0.0),
        ("check", "1.jpg", 5.0),
        ("cancel", "1.jpg", 5.0),
        ("find", "1.jpg", 5.0),
    ]
    assert [call.ask for call in scripted.calls[:2]] == [ASK, None]


def test_a_lost_answer_is_broken_and_found() -> None:
    async def main() -> Reply | Ticket | None:
        async with Scripted({"*": Lost(DRESS)}, seconds=1.0) as scripted:
            with pytest.raises(Broken):
                await scripted.start(picture(1), ASK, intent(1))
            return await scripted.find(intent(1))

    assert virtual_time.run(main()) == Reply(DRESS)


def test_work_that_was_cut_off_is_found_and_errors_are_not() -> None:
    async def main() -> None:
        async with Scripted([After(4.0, DRESS), Broken("reset")]) as scripted:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await scripted.start(picture(1), ASK, intent(1))
            ticket = await scripted.find(intent(1))
            assert isinstance(ticket, Ticket)
            assert ticket.check_after == 3.0
            await asyncio.sleep(ticket.check_after)
            assert await scripted.check(ticket) == Reply(DRESS)
            with pytest.raises(Broken):
                await scripted.start(picture(2), ASK, intent(2))
            assert await scripted.find(intent(2)) is None

    virtual_time.run(main())


def test_a_ticket_may_end_in_an_error() -> None:
    async def main() -> None:
        async with Scripted({"*": After(1.0, Refused("no"), ticket=True)}) as scripted:
            ticket = await scripted.start(picture(1), ASK, intent(1))
            assert isinstance(ticket, Ticket)
            await asyncio.sleep(1)
            with pytest.raises(Refused):
                await scripted.check(ticket)
            assert await scripted.find(intent(1)) is None

    virtual_time.run(main())


# Modelled: time


def test_without_spread_every_call_takes_exactly_its_seconds() -> None:
    found, seconds = endings(Modelled(Latency(3.0)), *range(9), at_once=True)
    assert seconds == 3.0
    assert all(isinstance(reply, Reply) for reply in found)


@given(st.floats(0.001, 100), st.floats(0.01, 3))
def test_half_of_the_calls_are_faster_than_the_median(seconds: float, cv: float) -> None:
    assert Latency(seconds, cv).at(0.5) == pytest.approx(seconds)


@pytest.mark.parametrize("cv", [0.2, 0.5, 1.0])
def test_the_mean_and_the_spread_are_those_asked_for(cv: float) -> None:
    latency = Latency(3.0, cv, of="mean")
    times = [latency.at((i + 0.5) / 100_000) for i in range(100_000)]
    mean = statistics.fmean(times)
    assert mean == pytest.approx(3.0, rel=0.01)
    assert statistics.pstdev(times, mean) / mean == pytest.approx(cv, rel=0.03)


def seconds_of(seed: int, number: int, starts: int = 1) -> float:
    return endings(Modelled(Latency(2.0, cv=0.5), seed=seed), *[number] * starts)[1]


def test_a_picture_meets_the_same_draws_whoever_comes_before_it() -> None:
    alone = seconds_of(1, 7)
    modelled = Modelled(Latency(2.0, cv=0.5), seed=1)
    _, among_others = endings(modelled, 3, 7)
    assert among_others == pytest.approx(seconds_of(1, 3) + alone)
    assert seconds_of(2, 7) != alone
    assert seconds_of(1, 8) != alone
    assert seconds_of(1, 7, starts=2) != pytest.approx(2 * alone)


def test_draws_are_spread_as_they_should_be() -> None:
    times = [seconds_of(5, number) for number in range(400)]
    logs = [math.log(seconds / 2.0) for seconds in times]
    assert abs(statistics.fmean(logs)) < 0.1
    assert statistics.pstdev(logs) == pytest.approx(math.sqrt(math.log1p(0.25)), rel=0.1)


# Modelled: capacity, quota, faults


def test_calls_beyond_the_slots_wait_their_turn() -> None:
    found, seconds = endings(Modelled(Latency(3.0), service=Service(slots=2)), *range(5), at_once=True)
    assert seconds == 9.0
    assert all(isinstance(reply, Reply) for reply in found)


def test_a_service_that_does_not_queue_is_overloaded() -> None:
    service = Service(slots=2, queues=False)
    found, seconds = endings(Modelled(Latency(3.0), service=service), *range(5), at_once=True)
    assert Counter(type(each) for each in found) == {Reply: 2, Overloaded: 3}
    assert seconds == 3.0


def paced(rate: Rate, gap: float, count: int) -> list[Reply | Ticket | AnalyzerError | None]:
    """How starts ended that were `gap` seconds apart."""

    async def main() -> list[Reply | Ticket | AnalyzerError | None]:
        async with Modelled(Latency(0.0), service=Service(rate=rate)) as modelled:
            found = []
            for n in range(count):
                found.append(await ending(modelled.start(picture(n), ASK, intent(n))))
                await asyncio.sleep(gap)
            return found

    return virtual_time.run(main())


def test_a_caller_that_keeps_to_the_rate_is_never_refused() -> None:
    assert all(isinstance(each, Reply) for each in paced(Rate(50, burst=1), 1.2, 500))


def test_a_caller_that_is_faster_is_refused_and_told_the_wait() -> None:
    found = paced(Rate(60, burst=3), 0.0, 5)
    assert [type(each) for each in found] == [Reply] * 3 + [RateLimited] * 2
    # A refusal costs nothing: the wait does not grow.
    assert [each.retry_after for each in found if isinstance(each, RateLimited)] == [1.0, 1.0]


def test_waiting_as_long_as_named_is_enough() -> None:
    async def main() -> None:
        async with Modelled(Latency(0.0), service=Service(rate=Rate(7, burst=2))) as modelled:
            for n in range(50):
                found = await ending(modelled.start(picture(n), ASK, intent(n)))
                if isinstance(found, RateLimited):
                    assert found.retry_after is not None
                    await asyncio.sleep(found.retry_after)
                    assert isinstance(await modelled.start(picture(n), ASK, intent(n)), Reply)

    virtual_time.run(main())


def test_a_wait_may_go_unnamed() -> None:
    (_, refused) = paced(Rate(60, burst=1, names_wait=False), 0.0, 2)
    assert isinstance(refused, RateLimited)
    assert (refused.retry_after, refused.allowance) == (None, None)


def test_an_announced_quota_is_told_with_every_answer() -> None:
    rate = Rate(60, burst=2, announced=True)
    found = paced(rate, 0.0, 3)
    told = [each.allowance for each in found if isinstance(each, Reply | RateLimited)]
    assert told == [Allowance(1, 1.0), Allowance(0, 1.0), Allowance(0, 1.0)]
    assert Modelled(service=Service(rate=rate)).traits.announces_quota


def test_faults_come_in_their_shares() -> None:
    faults = Faults(broken=0.1, lost=0.1, overloaded=0.1, refused=0.1, nonsense=0.1)
    found, _ = endings(Modelled(Latency(0.0), service=Service(faults=faults)), *range(2_000), at_once=True)
    kinds = Counter(type(each) for each in found)
    assert kinds[Broken] == pytest.approx(400, rel=0.15)
    assert kinds[Overloaded] == pytest.approx(200, rel=0.2)
    assert kinds[Refused] == pytest.approx(200, rel=0.2)
    texts = Counter(each.text for each in found if isinstance(each, Reply))
    assert texts["I cannot say."] == pytest.approx(200, rel=0.2)


@pytest.mark.parametrize(
    ("faults", "answer"), [(Faults(lost=1.0), "dress"), (Faults(broken=1.0), None)], ids=["lost", "broken"]
)
def test_what_was_done_is_found_and_what_was_not_is_not(faults: Faults, answer: str | None) -> None:
    async def main() -> Reply | Ticket | None:
        async with Modelled(Latency(1.0), service=Service(faults=faults)) as modelled:
            with pytest.raises(Broken):
                await modelled.start(picture(1), ASK, intent(1))
            return await modelled.find(intent(1))

    found = virtual_time.run(main())
    assert (parse_descriptor(found.text).garment_type if isinstance(found, Reply) else None) == answer
