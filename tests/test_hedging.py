"""What is slow at the end is asked a second time, the first answer counts, and every call is counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_world import DRESS, PAID, Told, album, analyze, analyzed, failure, limiter_of, success
from manyeyes.analyzers.scripted import After, Scripted, Step
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.errors import AnalyzerError, Broken, Overloaded, Refused
from manyeyes.pacing.hedge import Hedge
from manyeyes.store.memory import MemoryStore

#: Answers of three seconds from thirty pictures, and one picture that is slow.
COUNT = 30
HEDGE = Hedge(enough=10)


def slow(*steps: Step, first: str | AnalyzerError = DRESS, **options: Any) -> tuple[Told, Scripted]:
    """A run in which the last picture's first call takes a minute, and what comes next is `steps`."""
    script: dict[str, Any] = {"*": After(3.0, DRESS), str(COUNT - 1): [After(60.0, first), *steps]}
    analyzer = Scripted(script, traits=PAID)
    options = {"limiter": limiter_of(10), "hedge": HEDGE, **options}
    return analyze(album(COUNT), analyzer, **options), analyzer


def calls(analyzer: Scripted, method: str) -> int:
    return sum(call.method == method and call.name == str(COUNT - 1) for call in analyzer.calls)


def test_the_first_answer_counts_and_both_calls_are_counted() -> None:
    told, analyzer = slow(After(3.0, DRESS))
    last = success(told.by_name[str(COUNT - 1)])
    # Nine seconds for three rounds, of which the last has its slow one asked again when the others end.
    assert told.progress.elapsed == pytest.approx(12.0)
    assert (told.progress.analyzed, last.attempts) == (COUNT, 2)
    assert (calls(analyzer, "start"), calls(analyzer, "cancel")) == (2, 1)
    assert not told.store.open
    assert not told.store.claims


def test_without_it_the_slow_one_is_waited_for() -> None:
    told, analyzer = slow(After(3.0, DRESS), hedge=None)
    assert told.progress.elapsed == pytest.approx(66.0)
    assert calls(analyzer, "start") == 1


def test_where_the_first_call_is_back_before_the_second_that_one_is_cancelled() -> None:
    told, analyzer = slow(After(500.0, DRESS))
    last = success(told.by_name[str(COUNT - 1)])
    assert told.progress.elapsed == pytest.approx(66.0)
    assert (last.attempts, calls(analyzer, "cancel")) == (2, 1)


@pytest.mark.parametrize("error", [Overloaded("busy"), Broken("reset", ended=True), Broken("reset")])
def test_a_second_call_that_fails_is_of_no_account(error: AnalyzerError) -> None:
    told, _ = slow(error)
    last = success(told.by_name[str(COUNT - 1)])
    assert told.progress.elapsed == pytest.approx(66.0)
    assert last.attempts == 2


def test_a_first_call_that_fails_while_the_second_goes_on_is_of_no_account() -> None:
    script: dict[str, Any] = {
        "*": After(3.0, DRESS),
        str(COUNT - 1): [After(8.0, Overloaded("busy")), After(20.0, DRESS)],
    }
    analyzer = Scripted(script, traits=PAID)
    told = analyze(album(COUNT), analyzer, limiter=limiter_of(10), hedge=HEDGE)
    assert told.progress.elapsed == pytest.approx(6 + 3 + 20.0)
    assert success(told.by_name[str(COUNT - 1)]).attempts == 2
    assert calls(analyzer, "start") == 2


def test_two_calls_that_fail_are_one_failure_and_the_picture_is_tried_again() -> None:
    told, analyzer = slow(After(60.0, Overloaded("busy")), After(1.0, DRESS), first=Overloaded("gone"))
    last = success(told.by_name[str(COUNT - 1)])
    assert (last.attempts, calls(analyzer, "start")) == (3, 3)


def test_a_final_no_to_either_call_is_the_end() -> None:
    told, _ = slow(After(3.0, Refused("not this one")))
    assert failure(told.by_name[str(COUNT - 1)]).kind == Refused.kind
    assert told.progress.elapsed == pytest.approx(12.0)


def test_there_are_no_more_second_calls_than_allowed() -> None:
    script: dict[str, Any] = {"*": After(3.0, DRESS)} | {
        str(at): [After(60.0, DRESS)] * 9 for at in range(20, 30)
    }
    analyzer = Scripted(script, traits=PAID)
    told = analyze(album(COUNT), analyzer, limiter=limiter_of(30), hedge=Hedge(most=0.1, enough=10))
    assert sum(outcome.attempts for outcome in told.outcomes) == COUNT + 3
    assert told.progress.analyzed == COUNT


def test_a_run_that_is_cut_off_leaves_both_purchases_to_be_found() -> None:
    def cut_off(run: Run) -> None:
        asyncio.get_running_loop().call_later(11.0, run.end_now)

    async def both() -> tuple[MemoryStore, int, Told]:
        script: dict[str, Any] = {
            "*": After(3.0, DRESS),
            str(COUNT - 1): [After(60.0, DRESS), After(30.0, DRESS)],
        }
        analyzer, store = Scripted(script, traits=PAID), MemoryStore()
        options: dict[str, Any] = {"store": store, "limiter": limiter_of(10), "hedge": HEDGE}
        first = asyncio.ensure_future(analyzed(album(COUNT), analyzer, meanwhile=cut_off, **options))
        await asyncio.wait([first])
        left = sum(map(len, store.open.values()))
        return store, left, await analyzed(album(COUNT), analyzer, **options)

    store, left, told = virtual_time.run(both())
    assert left == 2
    assert (told.progress.analyzed, told.progress.possibly_paid_twice) == (COUNT, 0)
    # Found, not bought a third time.
    assert success(told.by_name[str(COUNT - 1)]).attempts == 1
    assert not store.open


@pytest.mark.parametrize("first", [Overloaded("busy"), Broken("reset")])
def test_a_run_that_is_cut_off_after_one_call_failed_still_knows_of_the_other(first: AnalyzerError) -> None:
    def cut_off(run: Run) -> None:
        asyncio.get_running_loop().call_later(20.0, run.end_now)

    async def both() -> tuple[int, Scripted, Told]:
        steps: list[Step] = [After(12.0, first), After(30.0, DRESS), DRESS]
        script: dict[str, Any] = {"*": After(3.0, DRESS), str(COUNT - 1): steps}
        analyzer, store = Scripted(script, traits=PAID), MemoryStore()
        options: dict[str, Any] = {"store": store, "limiter": limiter_of(10), "hedge": HEDGE}
        cut = asyncio.ensure_future(analyzed(album(COUNT), analyzer, meanwhile=cut_off, **options))
        await asyncio.wait([cut])
        left = sum(map(len, store.open.values()))
        return left, analyzer, await analyzed(album(COUNT), analyzer, **options)

    left, analyzer, told = virtual_time.run(both())
    assert left == 2
    assert (told.progress.analyzed, calls(analyzer, "start")) == (COUNT, 2)


def test_patience_is_a_quantile_of_what_was_answered_and_grows_as_calls_are_used_up() -> None:
    hedge = Hedge(most=0.1, quantile=0.8, enough=10)
    took = [float(second) for second in range(1, 101)]
    assert hedge.patience(took[:9], 100, 0) is None
    assert hedge.patience(took[::-1], 100, 0) == 81.0
    assert hedge.patience(took, 100, 5) == 91.0
    assert hedge.patience(took, 100, 9) == 99.0
    assert hedge.patience(took, 100, 10) is None


def test_places_are_those_that_the_provider_works_on() -> None:
    hedge = Hedge()
    assert hedge.places([], 1.0) == hedge.places([(3.0, 20)], None) == float("inf")
    # With forty in flight and twice the unloaded time, half of them queue.
    assert hedge.places([(2.0, 40)] * 20, 0.0) == pytest.approx(20)
    assert hedge.places([(0.5, 40)] * 20, 0.0) == 40


@given(st.integers(0, 10_000), st.integers(0, 600))
def test_second_calls_stay_within_their_share(calls: int, hedged: int) -> None:
    if Hedge().patience([1.0] * 50, calls, hedged) is not None:
        assert hedged + 1 <= 0.05 * calls
