"""The learned limit finds a provider's capacity, and leaves alone what says nothing of it."""

from __future__ import annotations

from dataclasses import replace
from math import exp, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.lab.scenario import Scenario, Service
from manyeyes.lab.trial import trial
from manyeyes.pacing.adaptive import HIGH, AdaptiveLimit, Epoch, Spread, unloaded
from manyeyes.pacing.limit import Ending, Sample

K20 = Scenario(name="20 slots", images=400)


def told(limit: AdaptiveLimit, seconds: float, count: int, *, at: float = 100.0) -> AdaptiveLimit:
    """The limit once so many calls, with as many in flight as it allows, took so long."""
    for number in range(count):
        ended = at + number * 0.01 + seconds
        sample = Sample(ended - seconds, ended, limit.value, Ending.ANSWERED, at_limit=True)
        limit = limit.after(sample).after_in_order(sample)
    return limit


def settled(limit: float = 40.0, seconds: float = 3.0) -> AdaptiveLimit:
    """Past slow start, with a baseline of so many seconds."""
    return AdaptiveLimit.warm(limit, log(seconds))


def test_slow_start_grows_by_one_with_each_answer_that_it_held_others_back_for() -> None:
    assert told(AdaptiveLimit(), 3.0, 5).value == 15
    idle = Sample(0.0, 3.0, 2, Ending.ANSWERED, at_limit=False)
    assert AdaptiveLimit().after(idle).value == 10


def test_where_latency_stays_as_it_is_unloaded_the_limit_grows() -> None:
    assert told(settled(), 3.0, 40).value == 51


def test_where_calls_queue_the_limit_is_cut_towards_the_capacity() -> None:
    # Twice as long as unloaded: half of the 40 in flight are at work.
    assert told(settled(), 6.0, 40).value == int(40 / 2 * 1.375)


def test_within_the_band_nothing_moves() -> None:
    assert told(settled(), 3.0 * 1.4, 400).value == 40


def test_a_cut_that_does_not_bring_latency_down_is_taken_back() -> None:
    cut = told(settled(), 6.0, 40)
    again = told(cut, 6.0, cut.value + 1, at=200.0)
    assert again.value < cut.value < 40
    back = told(again, 6.0, again.value + 1, at=300.0)
    assert back.value == 40
    # The service has become slower: what it takes now is what it takes unloaded.
    assert back.baseline is not None
    assert exp(back.baseline) == pytest.approx(6.0)


def test_calls_sent_before_the_limit_moved_say_nothing_of_it() -> None:
    cut = told(settled(), 6.0, 40)
    late = Sample(cut.moved_at - 5, cut.moved_at + 30, 40, Ending.ANSWERED)
    assert cut.after_in_order(late).epoch == Epoch()


def test_a_refusal_without_a_wait_is_a_cap_and_a_burst_of_them_is_one() -> None:
    limit = settled()
    for in_flight in (23, 22, 21, 24, 25):
        limit = limit.after(Sample(10.0, 10.2, in_flight, Ending.PUSHED_BACK))
    assert limit.value == 20
    assert not limit.starting


def test_now_and_then_one_more_than_the_cap_is_tried() -> None:
    limit = settled().after(Sample(10.0, 10.2, 21, Ending.PUSHED_BACK))
    soon = limit.after(Sample(12.0, 15.0, 20, Ending.ANSWERED, at_limit=True))
    later = limit.after(Sample(20.0, 23.0, 20, Ending.ANSWERED, at_limit=True))
    assert (soon.value, later.value) == (20, 21)


@pytest.mark.parametrize("ending", [Ending.DEFERRED, Ending.BROKEN, Ending.SAYS_NOTHING])
def test_what_is_no_matter_of_capacity_moves_nothing(ending: Ending) -> None:
    limit = settled()
    for number in range(200):
        sample = Sample(number, number + 30.0, 40, ending, at_limit=True)
        limit = limit.after(sample).after_in_order(sample)
    assert limit == settled()


def test_a_cold_boot_says_nothing_of_latency() -> None:
    limit = AdaptiveLimit()
    for seconds in (40.0, 40.5, 41.0):
        sample = Sample(0.0, seconds, 5, Ending.ANSWERED, at_limit=True)
        limit = limit.after(sample).after_in_order(sample)
    assert limit.baseline is None
    assert limit.epoch == Epoch()


def test_a_call_that_goes_on_and_on_counts_by_its_age() -> None:
    limit = settled()
    assert limit.patience == pytest.approx(12.0)
    stuck = Sample(0.0, 12.0, 40, Ending.SAYS_NOTHING, censored=True)
    assert limit.after_in_order(stuck).epoch.seconds.mean == pytest.approx(log(12.0))


def test_growth_goes_half_of_the_way_back_to_where_it_was_cut() -> None:
    cut = told(settled(), 6.0, 40)
    assert cut.cut_from == 40
    grown = told(cut, 3.0, cut.value + 1, at=200.0)
    assert grown.limit == pytest.approx((cut.limit + 40) / 2)
    # Once it is back there without any queue, it is free again.
    for at in range(300, 900, 100):
        grown = told(grown, 3.0, grown.value + 1, at=float(at))
    assert grown.limit > 50


def test_the_unloaded_latency_is_that_of_few_in_flight_unless_more_went_as_fast() -> None:
    assert unloaded((Spread(3, 1.0),)) is None
    assert unloaded((Spread(20, 1.0), Spread(20, 2.0))) == 1.0
    # Six lucky ones with many in flight count together with those before.
    assert unloaded((Spread(60, 1.0), Spread(6, 0.5))) == pytest.approx((60 + 3) / 66)


@given(st.lists(st.builds(Spread, st.integers(0, 60), st.floats(-3, 3), st.floats(0, 2)), max_size=16))
def test_the_unloaded_latency_lies_between_the_means(curve: list[Spread]) -> None:
    found, known = unloaded(tuple(curve)), [here.mean for here in curve if here.n]
    if found is None:
        assert sum(here.n for here in curve) < 6
    else:
        assert min(known) - 1e-9 <= found <= max(known) + 4


samples = st.builds(
    Sample,
    sent_at=st.floats(0, 100),
    ended_at=st.floats(100, 300),
    in_flight=st.integers(1, 300),
    ending=st.sampled_from(Ending),
    at_limit=st.booleans(),
    censored=st.booleans(),
)


@given(st.lists(samples, max_size=120), st.integers(1, 8), st.integers(8, 64))
def test_whatever_happens_the_limit_stays_within_its_bounds(
    heard: list[Sample], floor: int, ceiling: int
) -> None:
    limit = AdaptiveLimit(floor=floor, ceiling=ceiling)
    for sample in heard:
        before = limit.value
        limit = limit.after(sample)
        if sample.ending is Ending.PUSHED_BACK:
            assert limit.value <= before
        limit = limit.after_in_order(sample)
        assert floor <= limit.value <= ceiling
        assert limit.patience > 0


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=60))
def test_a_spread_is_mean_and_variance(numbers: list[float]) -> None:
    spread = Spread()
    for number in numbers:
        spread = spread.plus(number, 1000)
    mean = sum(numbers) / len(numbers)
    assert spread.mean == pytest.approx(mean, abs=1e-9)
    assert spread.var == pytest.approx(sum((x - mean) ** 2 for x in numbers) / len(numbers), abs=1e-9)
    assert Spread().error == inf


# In the lab


@pytest.mark.parametrize("slots", [4, 8, 20, 80])
def test_it_comes_near_knowing_the_capacity(slots: int) -> None:
    scenario = replace(K20, slots=((0.0, slots),), images=800)
    found, known = (trial(scenario, policy, 1) for policy in ("auto", "truth"))
    assert found.lost == known.lost == 0
    assert found.makespan <= 1.25 * known.makespan
    assert found.p99_settled <= 3 * known.p99_settled


def test_the_same_seed_is_the_same_run() -> None:
    assert trial(K20, "auto", 3) == trial(K20, "auto", 3)
    assert trial(K20, "auto", 3).makespan != trial(K20, "auto", 4).makespan


def test_what_one_run_has_learned_lets_the_next_start_at_it() -> None:
    learned = trial(K20, "auto", 1).learned
    small = replace(K20, images=44)
    cold, warm, known = (
        trial(small, "auto", 2),
        trial(small, "auto", 2, learned),
        trial(small, "truth", 2),
    )
    assert warm.makespan <= 1.06 * known.makespan < cold.makespan


def test_latencies_that_vary_widely_do_not_fool_it() -> None:
    wild = replace(K20, service=Service(cv=1.5, stragglers=0.02), images=1000)
    found, known = (trial(wild, policy, 1) for policy in ("auto", "truth"))
    assert found.makespan <= 1.15 * known.makespan
    assert HIGH > 1
