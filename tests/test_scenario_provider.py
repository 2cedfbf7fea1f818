"""The modelled provider: its quotas, its slots, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.analyzers.prompt import default_ask
from manyeyes.lab import virtual_time
from manyeyes.lab.draws import Draws
from manyeyes.lab.meter import Meter
from manyeyes.lab.provider import Provider
from manyeyes.lab.scenario import Allowed, Overload, Scenario, Service, Slowdown
from manyeyes.model.ask import Reply
from manyeyes.model.errors import Broken, RateLimited
from manyeyes.model.image import ImageRef, Locator, PreparedImage
from manyeyes.model.ticket import Intent, Key, Ticket

EXACT = Service(seconds=3, cv=0)
ASK = default_ask()


def picture(number: int) -> PreparedImage:
    """The picture of this number, from 1."""
    ref = ImageRef(f"image-{number}.jpg", Locator(f"image-{number}.jpg"), "1", 1)
    return PreparedImage(ref, f"{number:064x}", b"", "jpeg", 1, 1, 1, 1)


def at(provider: Provider, seconds: float, number: int) -> Awaitable[tuple[float, Any]]:
    """Call at that time: when it ended, and with what."""

    async def call() -> tuple[float, Any]:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(seconds)
        try:
            got: Any = await provider.start(picture(number), ASK, Intent("", Key("", ""), 0.0, 0.0))
        except (RateLimited, Broken) as error:
            got = error
        return round(loop.time(), 6), got

    return call()


def ended(scenario: Scenario, *calls: float) -> list[tuple[float, Any]]:
    """What came of calls at these times, each for a picture of its own."""

    async def all_of_them() -> list[tuple[float, Any]]:
        async with Provider(scenario, Draws(scenario, 1)) as provider:
            return list(await asyncio.gather(*(at(provider, one, n) for n, one in enumerate(calls, 1))))

    return virtual_time.run(all_of_them())


def times(scenario: Scenario, *calls: float) -> list[float]:
    return [when for when, _ in ended(scenario, *calls)]


def test_calls_beyond_the_slots_wait_their_turn() -> None:
    assert times(Scenario(service=EXACT, slots=((0, 2),)), 0, 0, 0, 0, 1) == [3, 3, 6, 6, 9]


def test_slots_change_and_work_that_has_begun_is_finished() -> None:
    scenario = Scenario(service=EXACT, slots=((0, 2), (1, 1), (7, 3)))
    assert times(scenario, 0, 0, 0, 0, 0) == [3, 3, 6, 9, 10]


def test_times_may_be_shares_of_the_nominal_time() -> None:
    scenario = Scenario(images=4, service=EXACT, slots=((0, 2), (0.5, 1)), times="shares")
    assert scenario.unit == 6
    assert times(scenario, 0, 0, 3.5, 3.5) == [3, 3, 6.5, 9.5]


def test_a_full_provider_may_refuse_and_names_no_wait() -> None:
    first, second, third = ended(Scenario(service=EXACT, slots=((0, 1),), when_full="refuse"), 0, 1, 3)
    assert (first[0], third[0]) == (3, 6)
    assert second[0] == 1.2
    assert isinstance(second[1], RateLimited)
    assert second[1].retry_after is None


def test_nothing_is_worked_on_during_the_boot() -> None:
    assert times(Scenario(service=EXACT, slots=((0, 1),), boot=40), 0, 0, 50) == [43, 46, 53]


def test_work_goes_slower_for_a_time() -> None:
    slow = (Slowdown(start=4, end=8, factor=2),)
    assert times(Scenario(service=EXACT, slots=(), slowdowns=slow), 0, 2, 4, 9) == [3, 6, 9, 12]


def test_a_provider_with_too_much_to_do_slows_down() -> None:
    scenario = Scenario(service=EXACT, slots=((0, 2),), overload=Overload(beyond=1.5, slope=1))
    assert times(scenario, 0, 0, 0) == [3, 3, 6]
    # Of six calls four wait when the first two begin; when the third begins five are there, and so on.
    assert times(scenario, 0, 0, 0, 0, 0, 0)[-1] > 9


def test_a_client_gives_up_and_the_provider_works_on() -> None:
    scenario = Scenario(service=EXACT, slots=((0, 1),), client_timeout=5)
    found = ended(scenario, 0, 0, 0, 9.5)
    assert [when for when, _ in found] == [3, 5, 5, 12.5]
    assert [type(got) for _, got in found] == [Reply, Broken, Broken, Reply]
    assert not found[1][1].ended


def test_whoever_hangs_up_gives_its_place_back() -> None:
    scenario = Scenario(service=EXACT, slots=((0, 1),))

    async def hung_up() -> list[float]:
        async with Provider(scenario, Draws(scenario, 1)) as provider:
            first, second, third = (asyncio.ensure_future(at(provider, 0, number)) for number in (1, 2, 3))
            await asyncio.sleep(1)
            first.cancel()
            second.cancel()
            return [(await third)[0]]

    assert virtual_time.run(hung_up()) == [4]


def test_failures_take_their_time_and_are_known_to_have_ended() -> None:
    scenario = Scenario(images=200, service=EXACT, slots=(), failures=0.3)
    found = ended(scenario, *([0.0] * 200))
    failed = [got for _, got in found if isinstance(got, Broken)]
    assert {when for when, _ in found} == {3}
    assert 30 < len(failed) < 90
    assert all(error.ended for error in failed)


# Quotas


def test_a_bucket_refuses_for_whole_seconds() -> None:
    scenario = Scenario(service=EXACT, slots=(), requests=Allowed(per_minute=40, burst=1))
    first, second, third = ended(scenario, 0, 0.1, 1.5)
    assert (first[0], third[0]) == (3, 4.5)
    assert (second[0], second[1].retry_after) == (0.3, 2)


def test_a_bucket_that_counts_refusals_is_waited_for_longer() -> None:
    counts = Allowed(per_minute=60, burst=1, refused_count=True)
    found = ended(Scenario(service=EXACT, slots=(), requests=counts), 0, 0.1, 1.05, 3.2)
    assert [type(got) for _, got in found] == [Reply, RateLimited, RateLimited, Reply]
    assert found[1][1].retry_after == 2


def test_a_window_is_whole_again_at_the_minute() -> None:
    window = Allowed(per_minute=2, kind="window", phase=50, headers=True)
    found = ended(Scenario(service=EXACT, slots=(), requests=window), 0, 1, 2, 10)
    assert [type(got) for _, got in found] == [Reply, Reply, RateLimited, Reply]
    assert found[2][1].retry_after == 8
    assert found[3][1].allowance.remaining == 1


def test_a_refusal_may_name_no_wait() -> None:
    silent = Allowed(per_minute=6, burst=1, retry_after=False)
    found = ended(Scenario(service=EXACT, slots=(), requests=silent), 0, 1)
    assert found[1][1].retry_after is None


def test_tokens_are_used_up_as_calls_are_let_in() -> None:
    scenario = Scenario(service=EXACT, slots=(), tokens=Allowed(per_minute=6000, burst=2500))
    found = ended(scenario, *([0.0] * 6))
    used = [got.usage.output_tokens or 0 for _, got in found if isinstance(got, Reply)]
    assert 1 <= len(used) < 6
    assert 0 < sum(used) <= 2500


def test_other_clients_take_from_the_same_bucket() -> None:
    alone = Scenario(service=EXACT, slots=(), requests=Allowed(per_minute=60, burst=1))
    shared = Scenario(service=EXACT, slots=(), requests=Allowed(per_minute=60, burst=1, others_per_minute=45))
    calls = [2.0 * n for n in range(100)]
    let_in = {
        name: sum(isinstance(got, Reply) for _, got in ended(scenario, *calls))
        for name, scenario in (("alone", alone), ("shared", shared))
    }
    assert let_in["alone"] == 100
    assert let_in["shared"] < 90


kinds = st.builds(
    Allowed,
    per_minute=st.floats(1, 1000),
    kind=st.sampled_from(["bucket", "window"]),
    burst=st.one_of(st.none(), st.floats(1, 100)),
    refused_count=st.booleans(),
    others_per_minute=st.sampled_from([0.0, 30.0, 500.0]),
)


@given(kinds, st.lists(st.floats(0, 20), min_size=1, max_size=60), st.floats(0, 59))
def test_no_more_is_ever_let_in_than_the_quota_holds(
    allowed: Allowed, gaps: list[float], phase: float
) -> None:
    meter = Meter(allowed, phase, 1.0, Draws(Scenario(), 1).stream(9))
    now, taken = 0.0, 0
    for gap in gaps:
        now += gap
        free = meter.wait(now, 1) == 0
        if free or allowed.refused_count:
            meter.take(1)
        taken += free
    minutes = (now + phase) // 60 + 1 if allowed.kind == "window" else now / 60
    most = allowed.per_minute * minutes + (0 if allowed.kind == "window" else allowed.most)
    # One call may go where less than one is ever there at once.
    assert taken + len(meter.others) <= most * (1 + 1e-9) + 1e-3


@given(kinds, st.floats(0, 59), st.integers(1, 50))
def test_whoever_waits_as_told_and_is_alone_gets_in(allowed: Allowed, phase: float, burst: int) -> None:
    alone = Allowed(per_minute=allowed.per_minute, kind=allowed.kind, burst=allowed.burst)
    meter = Meter(alone, phase, 1.0, Draws(Scenario(), 1).stream(9))
    now = 0.0
    for _ in range(burst):
        if wait := meter.wait(now, 1):
            now += wait
        assert meter.wait(now, 1) == 0
        meter.take(1)


def test_the_same_picture_meets_the_same_draws_whatever_was_refused() -> None:
    scenario = Scenario(images=3)
    draws, again, other = Draws(scenario, 5), Draws(scenario, 5), Draws(scenario, 6)
    assert draws.attempt(2) == again.attempt(2)
    assert draws.attempt(0).seconds != draws.attempt(1).seconds
    assert draws.attempt(0).seconds != other.attempt(0).seconds
    assert draws.usual == list(draws.attempt(0).seconds)


def test_the_provider_knows_of_nothing_but_starts() -> None:
    scenario = Scenario()

    async def asked() -> None:
        async with Provider(scenario, Draws(scenario, 1)) as provider:
            intent = Intent("", Key("", ""), 0.0, 0.0)
            assert await provider.find(intent) is None
            await provider.cancel(Ticket(intent, "x"))
            with pytest.raises(Broken, match="ticket x"):
                await provider.check(Ticket(intent, "x"))

    virtual_time.run(asked())
