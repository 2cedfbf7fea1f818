"""The lower bound of the makespan, and what is measured beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.lab.bound import earliest, strict_bound
from manyeyes.lab.draws import Draws
from manyeyes.lab.figures import best_throughput, p99, time_to_speed
from manyeyes.lab.scenario import Allowed, Overload, Scenario, Service, Sizes, Slowdown, Tokens
from manyeyes.lab.trial import trial

EXACT = Service(seconds=3, cv=0)


def bound(**fields: Any) -> float:
    scenario = Scenario(**{"images": 40, "service": EXACT, **fields})
    return strict_bound(scenario, Draws(scenario, 1))


def test_the_work_is_spread_over_the_slots() -> None:
    assert bound(slots=((0, 20),)) == pytest.approx(6)
    assert bound(slots=((0, 20), (3, 5))) == pytest.approx(3 + 60 / 5)
    assert bound(slots=((0, 20),), times="shares") == pytest.approx(6)


def test_boot_and_slow_times_do_less() -> None:
    assert bound(boot=40) == pytest.approx(46)
    assert bound(slowdowns=(Slowdown(start=2, end=100, factor=2),)) == pytest.approx(2 + 2 * 4)


def test_nothing_ends_before_its_longest_picture() -> None:
    assert bound(slots=()) == 3
    assert bound(slots=(), boot=10) == 13
    uneven = Scenario(images=40, slots=())
    assert strict_bound(uneven, Draws(uneven, 1)) == max(Draws(uneven, 1).usual)


def test_overload_is_taken_at_the_best_throughput_and_stragglers_at_their_usual_time() -> None:
    assert bound(overload=Overload(beyond=1, slope=5)) == pytest.approx(6)
    assert bound(service=replace(EXACT, stragglers=0.5)) == pytest.approx(6)


def test_a_bucket_lets_its_burst_go_and_then_its_rate() -> None:
    assert bound(slots=(), requests=Allowed(per_minute=60, burst=10)) == pytest.approx(30 + 3)


def test_windows_are_whole_from_their_start() -> None:
    window = Allowed(per_minute=15, kind="window", phase=20)
    # 15 from 0 on, 15 from 40 s on, the last 10 from 100 s on.
    assert bound(slots=(), requests=window) == pytest.approx(103)
    assert bound(slots=(), requests=replace(window, per_minute=40)) == pytest.approx(3)


def test_tokens_bound_as_requests_do() -> None:
    tokens = Tokens(mean=100, cv=0)
    bucket = Allowed(per_minute=6000, burst=1000)
    assert bound(slots=(), tokens=bucket, tokens_a_call=tokens) == pytest.approx(30 + 3)


def test_what_others_took_is_not_there_for_us() -> None:
    bucket = Allowed(per_minute=60, burst=10)
    assert earliest(bucket, 40, 0.0) == 30
    assert earliest(bucket, 40, 0.0, others=[5.0, 6.0, 500.0]) == 32
    window = Allowed(per_minute=10, kind="window", phase=0)
    assert earliest(window, 25, 0.0) == 120
    assert earliest(window, 25, 0.0, others=[1.0] * 10) == 180


scenarios = st.builds(
    Scenario,
    images=st.integers(1, 60),
    sizes=st.builds(Sizes, cv=st.sampled_from([0.0, 0.8]), weight=st.sampled_from([0.0, 1.0])),
    service=st.builds(
        Service,
        seconds=st.floats(0.1, 10),
        of=st.sampled_from(["mean", "median"]),
        cv=st.sampled_from([0.0, 0.5, 1.5]),
        stragglers=st.sampled_from([0.0, 0.1]),
    ),
    slots=st.sampled_from([(), ((0.0, 1),), ((0.0, 20),), ((0.0, 3), (5.0, 9))]),
    when_full=st.sampled_from(["queue", "refuse"]),
    overload=st.builds(Overload, slope=st.sampled_from([0.0, 2.0])),
    slowdowns=st.sampled_from([(), (Slowdown(start=1, end=9, factor=3),)]),
    boot=st.sampled_from([0.0, 20.0]),
    requests=st.one_of(
        st.none(),
        st.builds(
            Allowed,
            per_minute=st.floats(20, 500),
            kind=st.sampled_from(["bucket", "window"]),
            burst=st.sampled_from([None, 1, 5]),
            headers=st.booleans(),
            refused_count=st.booleans(),
            others_per_minute=st.sampled_from([0.0, 10.0]),
        ),
    ),
    tokens=st.one_of(
        st.none(),
        st.builds(
            Allowed,
            per_minute=st.floats(20_000, 500_000),
            kind=st.sampled_from(["bucket", "window"]),
            others_per_minute=st.sampled_from([0.0, 5_000.0]),
        ),
    ),
    failures=st.sampled_from([0.0, 0.1]),
    client_timeout=st.sampled_from([20.0, 1e9]),
)
policies = st.sampled_from(
    [
        "auto",
        "truth",
        "sequential",
        "fixed:1",
        "fixed:30",
        "batch:7",
        "threshold",
        "aimd",
        "aimd-5s",
        "vegas",
        "gradient2",
    ]
)


@settings(max_examples=150, deadline=None)
@given(scenarios, policies, st.integers(1, 50))
def test_every_run_ends_with_every_picture_accounted_for_and_none_beats_the_bound(
    scenario: Scenario, policy: str, seed: int
) -> None:
    found = trial(scenario, policy, seed)
    assert found.analyzed + found.lost == scenario.images
    # Who gives up calls may call once more, and be answered sooner than by the first.
    if not found.lost and scenario.client_timeout == 1e9:
        assert found.makespan >= found.bound * (1 - 1e-9) - 1e-6
    assert found.p99 <= found.longest + 1e-9


@settings(max_examples=40, deadline=None)
@given(scenarios, policies, st.integers(1, 50))
def test_a_trial_can_be_repeated(scenario: Scenario, policy: str, seed: int) -> None:
    assert trial(scenario, policy, seed) == trial(scenario, policy, seed)


# Figures


def test_the_best_throughput_is_that_of_the_tightest() -> None:
    scenario = Scenario(service=EXACT, slots=((0, 30),))
    assert best_throughput(scenario) == pytest.approx(10)
    limited = replace(scenario, requests=Allowed(per_minute=300, others_per_minute=60))
    assert best_throughput(limited) == pytest.approx(4)
    metered = replace(limited, tokens=Allowed(per_minute=60_000), tokens_a_call=Tokens(mean=500))
    assert best_throughput(metered) == pytest.approx(2)


def test_a_speed_is_reached_when_a_span_begins_in_which_answers_came_at_it() -> None:
    slow_then_fast = [float(n) for n in range(1, 11)] + [10 + n / 10 for n in range(1, 301)]
    reached = time_to_speed(slow_then_fast, 9.0, mean=1.0)
    assert reached is not None
    assert 9 <= reached <= 10
    assert time_to_speed(slow_then_fast, 11.0, mean=1.0) is None
    assert time_to_speed([], 1.0, mean=1.0) is None


def test_the_99th_of_100_is_the_p99() -> None:
    assert p99([float(n) for n in range(100)]) == 99
    assert p99([]) == 0
