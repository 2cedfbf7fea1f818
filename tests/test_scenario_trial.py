"""Trials: the real engine in front of a scenario's provider."""

from __future__ import annotations

from dataclasses import replace

import pytest

from manyeyes.lab.scenario import Allowed, Scenario, Service
from manyeyes.lab.trial import trial
from manyeyes.model.errors import SettingsError

PLAIN = Scenario(images=200)


def test_the_same_seed_gives_the_same_trial_and_another_seed_another() -> None:
    assert trial(PLAIN, "aimd", 3) == trial(PLAIN, "aimd", 3)
    assert trial(PLAIN, "aimd", 3).makespan != trial(PLAIN, "aimd", 4).makespan


def test_every_policy_meets_the_same_draws() -> None:
    bounds = {trial(PLAIN, policy, 1).bound for policy in ("sequential", "fixed:7", "vegas", "truth")}
    assert len(bounds) == 1


def test_one_after_another_takes_the_sum_of_all_work() -> None:
    one, slots = trial(PLAIN, "sequential", 1), 20
    assert one.makespan == pytest.approx(slots * one.bound)
    assert (one.analyzed, one.lost, one.refused, one.extra_calls) == (200, 0, 0, 0)
    assert one.t90 is None


def test_as_many_at_once_as_there_are_slots_is_near_the_bound() -> None:
    truth = trial(replace(PLAIN, images=2000), "truth", 1)
    assert 1 <= truth.ratio < 1.02
    assert truth.t90 == 0.0
    assert truth.p99 == pytest.approx(truth.p99_unloaded, rel=0.15)


def test_more_at_once_than_slots_costs_latency_and_no_time() -> None:
    many, right = trial(PLAIN, "fixed:60", 1), trial(PLAIN, "fixed:20", 1)
    assert many.makespan == pytest.approx(right.makespan, rel=0.05)
    assert many.p99 > 1.5 * right.p99


def test_a_batch_waits_for_its_last_picture() -> None:
    exact = replace(PLAIN, images=44, service=Service(seconds=3, cv=0), slots=())
    assert trial(exact, "batch:5", 1).makespan == pytest.approx(27)
    uneven = replace(exact, service=Service(seconds=3, cv=0.5))
    assert trial(uneven, "batch:5", 1).makespan > trial(uneven, "fixed:5", 1).makespan


def test_calls_that_come_too_fast_are_refused_and_none_is_lost() -> None:
    limited = replace(PLAIN, slots=(), requests=Allowed(per_minute=300, burst=30))
    fast = trial(limited, "fixed:20", 1)
    assert fast.refused > 20
    assert fast.lost == 0
    paced = trial(limited, "truth", 1)
    assert paced.refused == 0
    assert paced.makespan <= fast.makespan


@pytest.mark.parametrize("name", ["fixed:0", "fixed:x", "batch", "batch:-1", "swift", ""])
def test_a_policy_that_is_none_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match="--policy"):
        trial(PLAIN, name, 1)
