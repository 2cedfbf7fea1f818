"""What holds of pacing whatever happens, in whatever order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.lab import virtual_time
from manyeyes.lab.draws import Draws
from manyeyes.lab.policies import way_of
from manyeyes.lab.scenario import Allowed, Scenario, Service
from manyeyes.lab.trial import trial
from manyeyes.model.ask import Allowance, Usage
from manyeyes.model.errors import Overloaded, Pushback, RateLimited
from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.circuit import LONGEST_PROBE
from manyeyes.pacing.limit import Ending, FixedLimit, Limit
from manyeyes.pacing.limiter import Limiter, Permit
from manyeyes.pacing.quota import Quota, Tokens

# Permits


@dataclass(frozen=True)
class Caller:
    """Comes, calls, and may be cut off at any moment."""

    comes: float
    stays: float
    #: Seconds after which it is cancelled, whether it waits or calls; None where it is not.
    patience: float | None
    #: How its call ends; a refusal names a wait or none.
    ends: Ending | Pushback
    #: What headers say, if they do.
    hears: Allowance | None
    #: It lets go twice.
    doubly: bool


refusals = st.one_of(
    st.builds(RateLimited, st.just("429"), retry_after=st.one_of(st.none(), st.floats(0, 5))),
    st.builds(Overloaded, st.just("503"), retry_after=st.one_of(st.none(), st.floats(0, 5))),
)
seconds = st.floats(0, 4)
callers = st.builds(
    Caller,
    seconds,
    seconds,
    st.one_of(st.none(), st.floats(0, 8)),
    st.one_of(st.sampled_from(Ending), refusals),
    st.one_of(
        st.none(),
        st.builds(
            Allowance,
            st.one_of(st.none(), st.integers(0, 5)),
            st.floats(0, 3),
            st.one_of(st.none(), st.integers(0, 5000)),
            st.floats(0, 3),
        ),
    ),
    st.booleans(),
)
limits = st.one_of(st.builds(FixedLimit, st.integers(1, 4)), st.builds(AdaptiveLimit, st.floats(1, 6)))
quotas = st.one_of(st.none(), st.builds(Quota.per_minute, st.floats(30, 600), st.integers(1, 4)))
tokens = st.one_of(
    st.none(), st.builds(Tokens, st.builds(Quota.per_minute, st.floats(6e4, 6e5), st.just(5e3)))
)


async def one_call(limiter: Limiter, caller: Caller) -> None:
    permit = await limiter.acquire()
    try:
        await asyncio.sleep(caller.stays)
        permit.heard(caller.hears)
        permit.spent(Usage(300, 400))
        if isinstance(caller.ends, Pushback):
            permit.pushed_back(caller.ends)
    finally:
        ending = caller.ends if isinstance(caller.ends, Ending) else Ending.DEFERRED
        for _ in range(1 + caller.doubly):
            permit.release(ending)


async def behave(limiter: Limiter, caller: Caller) -> None:
    await asyncio.sleep(caller.comes)
    if caller.patience is None:
        await one_call(limiter, caller)
        return
    call = asyncio.create_task(one_call(limiter, caller))
    await asyncio.wait([call], timeout=caller.patience)
    call.cancel()
    await asyncio.wait([call])


@settings(max_examples=150, deadline=None)
@given(limits, quotas, tokens, st.booleans(), st.lists(callers, max_size=25))
def test_no_permit_is_lost_and_nobody_waits_for_ever(
    limit: Limit, quota: Quota | None, spent: Tokens | None, listens: bool, crowd: list[Caller]
) -> None:
    """The virtual clock raises Deadlock where somebody waits and nothing is to come."""

    async def main() -> tuple[int, float]:
        limiter = Limiter(limit, quota, tokens=spent, listens_first=listens)
        await asyncio.gather(*(behave(limiter, each) for each in crowd))
        loop = asyncio.get_running_loop()
        begun = loop.time()
        # Whatever was said and done, whoever comes last is let in.
        (await limiter.acquire()).release(Ending.ANSWERED)
        return limiter.in_flight, loop.time() - begun

    in_flight, waited = virtual_time.run(main())
    assert in_flight == 0
    # The longest wait named above, a probe of a provider that is down, and what the quotas may still owe.
    assert waited <= 5 + LONGEST_PROBE + 60


@given(st.integers(1, 5), st.lists(st.sampled_from(["come", "leave", "end"]), max_size=60))
def test_while_a_place_is_free_nobody_waits(limit: int, steps: list[str]) -> None:
    async def main() -> None:
        limiter = Limiter(FixedLimit(limit))
        asked: list[asyncio.Task[Permit]] = []
        for step in steps:
            inside = [one for one in asked if one.done() and not one.result().released]
            waiting = [one for one in asked if not one.done()]
            if step == "come":
                asked.append(asyncio.create_task(limiter.acquire()))
            elif step == "leave" and waiting:
                asked.remove(waiting[0])
                waiting[0].cancel()
            elif step == "end" and inside:
                inside[0].result().release(Ending.ANSWERED)
            for _ in range(4):
                await asyncio.sleep(0)
            inside = [one for one in asked if one.done() and not one.result().released]
            waiting = [one for one in asked if not one.done()]
            assert limiter.in_flight == len(inside) <= limit
            assert len(inside) == limit or not waiting
        for one in asked:
            one.cancel()

    virtual_time.run(main())


# Quotas

#: A call that starts so many seconds after the one before, or the end of one that goes on: which, and what
#: share of its reservation it used, None where it was not answered.
steps = st.one_of(st.floats(0, 20), st.tuples(st.integers(0, 30), st.one_of(st.none(), st.floats(0, 1))))


@given(st.floats(600, 60_000), st.floats(100, 5000), st.lists(steps, max_size=60))
def test_reserved_tokens_never_pass_the_quota_however_calls_are_settled(
    per_minute: float, burst: float, steps: list[float | tuple[int, float | None]]
) -> None:
    held, now = Tokens(Quota.per_minute(per_minute, burst), first=burst), 0.0
    taken: dict[int, tuple[float, float]] = {}
    going: list[int] = []
    for step in steps:
        if isinstance(step, float):
            now += step
            now += held.wait(now)
            reserved, seq = held.estimate, len(taken)
            held = held.taken(now, seq, reserved)
            taken[seq] = (now, reserved)
            going.append(seq)
            spent = 0.0
            for at, units in reversed(taken.values()):
                spent += units
                assert spent <= burst + (now - at) * per_minute / 60 + 1e-3
        elif going:
            seq = going.pop(step[0] % len(going))
            used = None if step[1] is None else step[1] * taken[seq][1]
            held = held.settled(seq, used)
            taken[seq] = (taken[seq][0], used or 0.0)


@given(
    st.floats(6, 6000),
    st.integers(1, 20),
    st.lists(st.tuples(seconds, st.one_of(st.none(), seconds)), max_size=40),
)
def test_calls_that_are_sent_never_pass_the_quota_whoever_leaves(
    per_minute: float, burst: int, crowd: list[tuple[float, float | None]]
) -> None:
    async def main() -> list[float]:
        limiter, sent = Limiter(FixedLimit(1000), Quota.per_minute(per_minute, burst)), []

        async def call(comes: float) -> None:
            await asyncio.sleep(comes)
            permit = await limiter.acquire()
            sent.append(permit.sent_at)
            permit.release(Ending.ANSWERED)

        calls = [asyncio.create_task(call(comes)) for comes, _ in crowd]
        for one, (_, leaves) in zip(calls, crowd, strict=True):
            if leaves is not None:
                asyncio.get_running_loop().call_later(leaves, one.cancel)
        await asyncio.gather(*calls, return_exceptions=True)
        return sent

    sent = virtual_time.run(main())
    for first, start in enumerate(sent):
        for more, end in enumerate(sent[first:], 1):
            assert more <= burst + (end - start) * per_minute / 60 + 1e-3


# Seeds

CROWDED = Scenario(
    images=120,
    service=Service(stragglers=0.02),
    slots=((0.0, 8), (20.0, 5)),
    requests=Allowed(per_minute=200, burst=10, others_per_minute=40),
    tokens=Allowed(per_minute=200_000, burst=20_000, headers=True),
    failures=0.05,
)


@pytest.mark.parametrize(
    "policy", ["auto", "auto+hedge", "configured", "truth", "fixed:20", "batch:5", "aimd"]
)
def test_the_same_seed_is_the_same_run(policy: str) -> None:
    assert trial(CROWDED, policy, 5) == trial(CROWDED, policy, 5)
    assert trial(CROWDED, policy, 5) != replace(trial(CROWDED, policy, 6), seed=5)


def test_a_way_begins_anew_each_time() -> None:
    draws = Draws(CROWDED, 1)
    assert way_of("auto", CROWDED, draws).limiter is not way_of("auto", CROWDED, draws).limiter
