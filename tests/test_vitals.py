"""How a run is going, now and since its start: exactly what its calls did."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_world import (
    DRESS,
    PAID,
    FailingStore,
    Told,
    album,
    analyze,
    go_on,
    limiter_of,
    parts_of,
    plan_for,
)
from manyeyes.analyzers.scripted import After, Scripted
from manyeyes.engine.run import Run
from manyeyes.engine.trace import Trace
from manyeyes.lab import virtual_time
from manyeyes.model.errors import Broken, RateLimited, Refused
from manyeyes.model.vitals import NAMED, POINTS, Flight, Point, Vitals
from manyeyes.store.memory import MemoryStore


def seen(seconds: float, *of: Any, **options: Any) -> tuple[Vitals, Told]:
    """The vitals of a run after so many seconds, and how it went."""
    looks: list[Vitals] = []

    def meanwhile(run: Run) -> None:
        asyncio.get_running_loop().call_later(seconds, lambda: looks.append(run.vitals()))

    told = analyze(*of, meanwhile=meanwhile, **options)
    return looks[0], told


# Now


def test_what_is_in_flight_is_named_with_its_seconds_the_longest_first() -> None:
    script = Scripted({"*": After(3.0, DRESS), "0": After(50.0, DRESS)})
    vitals, _ = seen(5.0, album(20), script, limiter=limiter_of(3))
    assert (vitals.in_flight, vitals.limit) == (3, 3)
    assert vitals.flights == (Flight("0", 5.0), Flight("3", 2.0), Flight("4", 2.0))


def test_no_more_than_fifty_are_named_and_all_are_counted() -> None:
    vitals, _ = seen(1.0, album(200), Scripted(DRESS, seconds=3.0), limiter=limiter_of(80))
    assert vitals.in_flight == 80
    assert [flight.name for flight in vitals.flights] == [str(number) for number in range(NAMED)]


def test_the_limit_is_the_runs_own_where_that_is_less_than_the_limiters() -> None:
    vitals, _ = seen(1.0, album(20), Scripted(DRESS, seconds=3.0), limiter=limiter_of(9), most_at_once=4)
    assert (vitals.in_flight, vitals.limit) == (4, 4)


def test_rates_and_response_times_are_those_of_the_last_ten_seconds() -> None:
    script = Scripted([*[After(1.0, DRESS)] * 50, *[After(2.0, DRESS)] * 150], traits=PAID)
    vitals, _ = seen(29.9, album(200), script, limiter=limiter_of(5))
    # Ten rounds of one second and then one every two: from 20 to 29.9 seconds there were five.
    assert vitals.calls_per_second == pytest.approx(25 / 9.9)
    assert (vitals.response_p50, vitals.response_p95, vitals.error_rate) == (2.0, 2.0, 0.0)


def test_quantiles_are_those_of_the_calls_there_were() -> None:
    script = Scripted({str(number): After((number + 1) / 10, DRESS) for number in range(40)})
    vitals, _ = seen(3.95, album(40), script, limiter=limiter_of(40))
    assert vitals.response_p50 == pytest.approx(2.0)
    assert vitals.response_p95 == pytest.approx(3.8)


def test_refusals_and_broken_lines_are_errors_and_answers_are_calls() -> None:
    script = Scripted(
        {
            "0": [After(1.0, RateLimited("429", retry_after=20.0)), DRESS],
            "1": [After(1.0, Broken("reset")), After(60.0, DRESS)],
            "2": After(1.0, Refused("no")),
            "3": [After(1.0, "I cannot say."), After(60.0, DRESS)],
            "*": After(1.0, DRESS),
        }
    )
    vitals, _ = seen(9.5, album(8), script, limiter=limiter_of(8), consent=go_on)
    assert vitals.error_rate == 3 / 8
    assert vitals.calls_per_second == pytest.approx(8 / 9.5)
    assert vitals.response_p95 == 1.0


def test_bytes_are_those_that_ended_calls_had_sent() -> None:
    remote = Scripted(DRESS, seconds=3.0, traits=replace(PAID, base_url="https://far"))
    vitals, told = seen(9.5, album(10), remote, limiter=limiter_of(3))
    # Nine of ten, nine bytes each, and four in base64 for each three.
    assert vitals.bytes_per_second == pytest.approx(9 * 12 / 9.5)
    assert told.progress.sent_bytes == 10 * 12


@pytest.mark.parametrize(("seconds", "binds"), [(1.0, "concurrency"), (7.0, "nothing left")])
def test_what_holds_calls_back_is_said(seconds: float, binds: str) -> None:
    vitals, _ = seen(seconds, album(12), Scripted(DRESS, seconds=3.0))
    assert vitals.binds == binds


def test_a_pause_is_said_to_hold_them_back() -> None:
    looks: list[Vitals] = []

    def meanwhile(run: Run) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(4.0, run.pause)
        loop.call_later(49.0, lambda: looks.append(run.vitals()))
        loop.call_later(50.0, run.resume)

    analyze(album(12), Scripted(DRESS, seconds=3.0), meanwhile=meanwhile)
    (vitals,) = looks
    assert (vitals.binds, vitals.in_flight, vitals.calls_per_second, vitals.error_rate) == (
        "paused",
        0,
        0.0,
        None,
    )
    assert (vitals.response_p50, vitals.response_p95) == (None, None)


def test_a_run_that_has_not_begun_has_its_vitals_too() -> None:
    async def main() -> None:
        parts = parts_of(album(3), Scripted(DRESS), MemoryStore(), limiter_of(5))
        async with Run(parts, plan_for(PAID)) as run:
            vitals = run.vitals()
            assert (vitals.in_flight, vitals.calls_per_second, vitals.series) == (0, 0.0, ())

    virtual_time.run(main())


# Since the start


def test_the_series_tells_each_second_of_a_short_run() -> None:
    script = Scripted({"*": After(2.0, DRESS), "3": [After(2.0, Broken("reset")), After(2.0, DRESS)]})
    _, told = seen(0.0, album(8), script, limiter=limiter_of(4))
    series = ended(told).series
    assert [point.elapsed for point in series[:4]] == [1.0, 2.0, 3.0, 4.0]
    assert [point.in_flight for point in series[:4]] == [4.0] * 4
    # What ends at two seconds is of the third.
    assert [point.rate for point in series[:5]] == [0.0, 0.0, 4.0, 0.0, 4.0]
    assert [point.error_rate for point in series[:3]] == [None, None, 0.25]
    assert [point.response_seconds for point in series[:3]] == [None, None, 2.0]
    assert {point.limit for point in series} == {4}


def ended(told: Told) -> Vitals:
    """The vitals that the last beat kept."""
    vitals = told.store.beats[-1].vitals
    assert vitals is not None
    return vitals


def test_every_call_is_in_the_series_of_a_run_that_has_ended() -> None:
    told = analyze(album(500), Scripted(DRESS, seconds=3.1), limiter=limiter_of(3))
    series = ended(told).series
    starts = [0.0, *(point.elapsed for point in series)]
    widths = [after - before for before, after in pairwise(starts)]
    assert sum(point.rate * width for point, width in zip(series, widths, strict=True)) == pytest.approx(500)
    assert series[-1].elapsed == pytest.approx(told.progress.elapsed)
    calls = sum(point.in_flight * width for point, width in zip(series, widths, strict=True))
    assert calls == pytest.approx(500 * 3.1)


def test_the_series_stays_short_however_long_a_run_lasts() -> None:
    looks: list[int] = []

    def meanwhile(run: Run) -> None:
        async def look() -> None:
            for _ in range(300):
                await asyncio.sleep(41.0)
                looks.append(len(run.vitals().series))

        tasks.append(asyncio.get_running_loop().create_task(look()))

    tasks: list[asyncio.Task[None]] = []
    told = analyze(album(5000), Scripted(DRESS, seconds=7.0), limiter=limiter_of(3), meanwhile=meanwhile)
    assert max(looks) <= POINTS
    assert min(looks[10:]) >= POINTS // 2 - 1
    assert len(ended(told).series) <= POINTS


def test_a_run_that_has_ended_keeps_its_vitals_as_they_were() -> None:
    async def main() -> None:
        parts = parts_of(album(20), Scripted(DRESS, seconds=3.0), MemoryStore(), limiter_of(5))
        async with Run(parts, plan_for(PAID)) as run:
            await run.wait()
            before = run.vitals()
            await asyncio.sleep(1000.0)
            assert run.vitals() == before
        assert (before.in_flight, before.flights, before.binds) == (0, (), None)
        assert before.series[-1].elapsed == 12.0
        # Of the last ten seconds: twelve rounds of three seconds, three of them in these.
        assert before.calls_per_second > 0

    virtual_time.run(main())


def test_a_run_that_is_cut_off_has_nothing_in_flight() -> None:
    async def main() -> None:
        store = MemoryStore()
        parts = parts_of(album(20), Scripted(DRESS, seconds=30.0), store, limiter_of(5))
        async with Run(parts, plan_for(PAID)) as run:
            asyncio.get_running_loop().call_later(5.0, run.end_now)
            await run.wait()
        vitals = store.beats[-1].vitals
        assert vitals is not None
        assert (vitals.in_flight, vitals.flights) == (0, ())
        assert [point.in_flight for point in vitals.series] == [5.0] * 5

    virtual_time.run(main())


# The trace itself


spans = st.lists(
    st.tuples(st.floats(1e-3, 400) | st.just(0.0), st.integers(0, 30), st.sampled_from([None, 0.5, 7.0])),
    max_size=60,
)


@settings(deadline=None)
@given(spans)
def test_whatever_happens_nothing_is_lost_of_it(steps: list[tuple[float, int, float | None]]) -> None:
    trace, now, area, errors = Trace(lambda: 9), 0.0, 0.0, 0
    for seconds, in_flight, answered in steps:
        now += seconds
        area += seconds * in_flight
        trace.go_on(now, in_flight)
        trace.ended(answered)
        errors += answered is None
    points = trace.points(whole=True)
    assert len(points) <= POINTS
    widths = [after - before for before, after in pairwise([0.0, *(point.elapsed for point in points)])]
    assert all(width > 0 for width in widths)
    rows = list(zip(points, widths, strict=True))
    assert sum(point.in_flight * width for point, width in rows) == pytest.approx(area)
    if points:
        assert points[-1].elapsed == now
        assert sum(point.rate * width for point, width in rows) == pytest.approx(len(steps))
        told_errors = sum((point.error_rate or 0) * point.rate * width for point, width in rows)
        assert told_errors == pytest.approx(errors)


def test_a_long_silence_takes_no_more_points_than_any_other_time() -> None:
    trace = Trace(lambda: 1)
    trace.go_on(1e6, 1)
    points = trace.points(whole=True)
    assert POINTS // 2 <= len(points) <= POINTS
    assert {point.in_flight for point in points} == {1.0}


# As JSON


VITALS = Vitals(
    in_flight=2,
    flights=(Flight("a.jpg", 1.23456), Flight("b.jpg", 0.5)),
    limit=5,
    calls_per_second=1.66666,
    error_rate=0.125,
    response_p50=3.00049,
    response_p95=None,
    bytes_per_second=1234.6,
    binds="concurrency",
    series=(Point(1.0, 0.0, None, 1.25, 5, None), Point(2.0, 2.0, 0.5, 2.0, 6, 3.0)),
)


def test_in_json_its_fields_are_spelt_as_everywhere() -> None:
    assert VITALS.as_json() == {
        "inFlight": 2,
        "flights": [{"name": "a.jpg", "seconds": 1.23}, {"name": "b.jpg", "seconds": 0.5}],
        "limit": 5,
        "callsPerSecond": 1.667,
        "errorRate": 0.125,
        "responseSecondsP50": 3.0,
        "responseSecondsP95": None,
        "bytesPerSecond": 1235,
        "bindingGate": "concurrency",
        "series": {
            "elapsedSeconds": [1.0, 2.0],
            "callsPerSecond": [0.0, 2.0],
            "errorRate": [None, 0.5],
            "inFlight": [1.2, 2.0],
            "limit": [5, 6],
            "responseSeconds": [None, 3.0],
        },
    }
    assert VITALS.as_json(series=False).keys() == VITALS.as_json().keys() - {"series"}


def test_each_heartbeat_tells_the_store() -> None:
    store = FailingStore("", 1, beat_every=2.0)
    analyze(album(20), Scripted(DRESS, seconds=3.1), store=store)
    said = [json.loads(json.dumps(beat.as_json())) for beat in store.beats]
    assert [row["vitals"]["inFlight"] for row in said] == [5] * (len(said) - 1) + [0]
    assert said[-1]["vitals"]["series"]["elapsedSeconds"][-1] == 12.4
    assert said[-1]["current"] == 20
