"""The same bytes twice: one call, two ends."""

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
    SlowStore,
    adds_up,
    album,
    analyze,
    analyzed,
    failure,
    limiter_of,
    starts,
    success,
)
from manyeyes.analyzers.base import Traits
from manyeyes.analyzers.scripted import SCRIPTED, Scripted
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.errors import Broken, Refused
from manyeyes.store.memory import MemoryStore

both = pytest.mark.parametrize("traits", [PAID, SCRIPTED], ids=["paid", "free"])


def with_copies(count: int, copies: dict[str, str]) -> Album:
    """`count` pictures, some of which have the bytes of another."""
    names = [str(number) for number in range(count)]
    return Album({name: f"picture {copies.get(name, name)}" for name in names})


@both
def test_a_copy_in_flight_is_not_asked_about_again(traits: Traits) -> None:
    script = Scripted(DRESS, seconds=3.0, traits=traits)
    told = analyze(with_copies(3, {"1": "0"}), script)
    assert sorted(starts(script)) == ["0", "2"]
    first, second = success(told.by_name["0"]), success(told.by_name["1"])
    assert (first.reused, first.attempts) == (False, 1)
    assert (second.reused, second.attempts, second.descriptor) == (True, 0, first.descriptor)
    assert (told.progress.total, told.progress.analyzed, told.progress.reused) == (3, 3, 1)
    assert told.progress.elapsed == 3.0


@both
def test_a_copy_that_comes_long_after_is_answered_from_the_store(traits: Traits) -> None:
    script = Scripted(DRESS, seconds=3.0, traits=traits)
    told = analyze(with_copies(200, {"199": "0"}), script)
    assert len(starts(script)) == 199
    assert success(told.by_name["199"]).reused
    assert adds_up(told, 200)


@both
def test_a_copy_that_comes_across_the_window_while_the_first_is_in_flight_waits_for_it(
    traits: Traits,
) -> None:
    script = Scripted(DRESS, seconds=3.0, traits=traits)
    told = analyze(with_copies(45, {"44": "1", "40": "39"}), script, limiter=limiter_of(50))
    assert len(starts(script)) == 43
    assert told.progress.elapsed == 3.0
    assert adds_up(told, 45)


@both
def test_where_the_call_fails_both_have_failed(traits: Traits) -> None:
    script = Scripted([Broken("reset")] * 5, seconds=1.0, traits=traits)
    told = analyze(with_copies(2, {"1": "0"}), script)
    assert len(starts(script)) == 5
    first, second = failure(told.by_name["0"]), failure(told.by_name["1"])
    assert (first.kind, first.attempts, first.reused) == ("broken", 5, False)
    assert (second.kind, second.attempts, second.reused) == ("broken", 0, True)
    assert second.message == first.message


@both
def test_a_copy_that_comes_long_after_the_failure_has_failed_too(traits: Traits) -> None:
    script = Scripted({"0": [Broken("reset")] * 5, "*": DRESS}, seconds=1.0, traits=traits)
    told = analyze(with_copies(100, {"99": "0"}), script)
    assert failure(told.by_name["99"]).kind == "broken"
    assert told.progress.failed == 2
    assert starts(script).count("0") == 5


def test_a_refusal_is_shared_and_remembered() -> None:
    async def main() -> None:
        script, store = Scripted({"0": [Refused("no")], "*": DRESS}, traits=PAID), MemoryStore()
        first = await analyzed(with_copies(2, {"1": "0"}), script, store=store)
        assert first.progress.failed == 2
        again = await analyzed(with_copies(2, {"1": "0"}), script, store=store)
        assert again.progress.failed == 2
        assert all(failure(outcome).reused for outcome in again.outcomes)
        assert starts(script) == ["0"]

    virtual_time.run(main())


def test_copies_of_what_cannot_be_prepared_have_failed() -> None:
    script = Scripted(DRESS, traits=PAID)
    told = analyze(Album({"0": "corrupt", "1": "corrupt", "2": "fine"}), script)
    assert starts(script) == ["2"]
    assert (told.progress.analyzed, told.progress.failed) == (1, 2)
    assert told.store.claims == {}


def test_a_copy_may_lead_where_the_first_cannot_be_read() -> None:
    # Bytes that cannot be read are the bytes of nothing: nobody follows them.
    script = Scripted(DRESS)
    told = analyze(Album({"0": "gone", "1": "gone", "2": "fine"}), script)
    assert (told.progress.analyzed, told.progress.failed) == (1, 2)
    assert not any(outcome.reused for outcome in told.outcomes)


@both
def test_a_known_picture_does_not_end_a_copy_before_its_time(traits: Traits) -> None:
    async def main() -> None:
        store = SlowStore()
        script = Scripted(DRESS, seconds=3.0, traits=traits)
        await analyzed(Album({"known": "same"}), script, store=store)
        pictures = {"new": "same", "newer": "same", "known": "same", "newest": "same"}
        told = await analyzed(Album(pictures), script, store=store)
        assert starts(script) == ["known"]
        assert adds_up(told, 4)
        assert all(success(outcome).reused for outcome in told.outcomes)

    virtual_time.run(main())


@both
def test_a_run_that_asks_for_all_anew_and_stops_is_gone_on_with(traits: Traits) -> None:
    async def main() -> None:
        store, script = MemoryStore(), Scripted(DRESS, seconds=3.0, traits=traits)
        pictures = album(20)
        await analyzed(pictures, script, store=store)

        def stop_soon(run: Run) -> None:
            asyncio.get_running_loop().call_later(7.0, run.stop, "enough")

        stopped = await analyzed(pictures, script, store=store, fresh=True, meanwhile=stop_soon)
        assert (stopped.report.stopped, stopped.progress.analyzed) == ("enough", 15)
        told = await analyzed(pictures, script, store=store, fresh=True)
        assert (told.progress.analyzed, told.progress.reused) == (20, 15)
        assert len(starts(script)) == 20 + 20

    virtual_time.run(main())


@both
def test_everything_anew_still_asks_once_about_the_same_bytes(traits: Traits) -> None:
    async def main() -> None:
        store, script = MemoryStore(), Scripted(DRESS, seconds=3.0, traits=traits)
        pictures = with_copies(40, {"1": "0", "39": "0"})
        for rounds in (1, 2):
            told = await analyzed(pictures, script, store=store, fresh=True)
            assert len(starts(script)) == 38 * rounds
            assert told.progress.reused == 2

    virtual_time.run(main())


@settings(max_examples=100, deadline=None)
@given(
    contents=st.lists(st.integers(0, 6), min_size=1, max_size=70),
    concurrency=st.integers(1, 20),
    strategy=st.sampled_from([{"group": 5}, {"group": 3, "barrier": True}]),
    traits=st.sampled_from([PAID, SCRIPTED]),
    slow=st.sampled_from([0.0, 0.4, 3.0]),
    known=st.sets(st.integers(0, 6)),
)
def test_each_content_is_asked_about_once(
    *,
    contents: list[int],
    concurrency: int,
    strategy: dict[str, Any],
    traits: Traits,
    slow: float,
    known: set[int],
) -> None:
    async def main() -> None:
        store = SlowStore(slow) if slow else MemoryStore()
        before = Album({f"old {each}": f"content {each}" for each in known})
        first = Scripted(DRESS, traits=traits)
        await analyzed(before, first, store=store)
        script = Scripted(DRESS, seconds=1.0, traits=traits)
        mixed = {f"{n}": f"content {each}" for n, each in enumerate(contents)} | dict(before.pictures)
        limiter = limiter_of(concurrency)
        told = await analyzed(Album(mixed), script, store=store, limiter=limiter, **strategy)
        assert adds_up(told, len(mixed))
        assert told.progress.failed == 0
        assert len(starts(script)) == len(set(contents) - known)
        assert told.progress.reused == len(mixed) - len(starts(script))

    virtual_time.run(main())


def test_two_runs_at_once_in_one_store_never_buy_one_answer_twice() -> None:
    async def main() -> None:
        store, script = MemoryStore(), Scripted(DRESS, seconds=3.0, traits=PAID)
        pictures = with_copies(30, {"7": "6"})
        runs = [analyzed(pictures, script, store=store, limiter=limiter_of(3)) for _ in range(3)]
        tolds = await asyncio.gather(*runs)
        assert all(adds_up(told, 30) and told.progress.failed == 0 for told in tolds)
        assert len(starts(script)) == 29

    virtual_time.run(main())
