"""What refusals tell: the rate of a bucket, the size of a calendar window; and what they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.lab.scenario import Allowed, Scenario
from manyeyes.lab.trial import trial
from manyeyes.pacing.learned import LearnedRate
from manyeyes.pacing.window import Learned, Window

OPEN = Scenario(name="open", images=400, slots=())


def taken(learned: Learned, *times: float) -> Learned:
    for at in times:
        learned = learned.taken(at)
    return learned


def test_nothing_is_held_back_before_the_first_refusal() -> None:
    learned = taken(Learned(), *[0.01 * number for number in range(1000)])
    assert learned.wait(10.0) == 0.0


def test_two_moments_at_which_a_bucket_was_empty_tell_its_rate() -> None:
    # A bucket of 30 that takes in 5 a second.
    rate = LearnedRate.guessed(((0.0, 0),), 31, 31, 0.0, 0.2, 1.0)
    for number in range(20):
        rate = rate.taken(1.2 + number * 0.15)
    rate = rate.refusal(51, 4.0, 4.2, 1.0)
    assert rate.measured
    assert rate.rate == pytest.approx(20 / 4.0, rel=0.06)


def test_what_flowed_into_a_full_bucket_is_not_taken_for_what_it_held() -> None:
    # A bucket of 30 that takes in 5 a second: 10 calls at once, a rest of 4 s in which it runs over, and a
    # rush of 30.
    learned = taken(Learned(), *[0.0] * 10, *[6.0] * 31)
    learned = learned.refusal(41, 6.0, 6.2, 1.0)
    learned = taken(learned, *[7.2 + number / 5 for number in range(20)], 11.01)
    learned = learned.refusal(62, 11.01, 11.2, 1.0)
    assert learned.rate is not None
    assert learned.rate.burst == pytest.approx(30, abs=1)


def test_a_known_rate_outlasts_the_first_refusal_which_tells_what_the_bucket_held() -> None:
    rate = LearnedRate.known(5.0, 40.0)
    for _ in range(31):
        rate = rate.taken(0.0)
    refused = rate.refusal(31, 0.0, 0.2, 1.0)
    assert (refused.rate, refused.burst) == (5.0, 30.0)
    # What flows in while it waits is there when it may go on.
    assert refused.wait(1.2) == 0.0
    assert refused.taken(1.2).wait(1.2) == 0.0


def test_a_rate_that_nothing_refuses_grows_for_as_long_as_there_are_calls() -> None:
    rate, now = LearnedRate.known(1.0, 1.0), 0.0
    for _ in range(6_000):
        now += max(rate.wait(now), 1.0)
        rate = rate.taken(now)
    assert rate.pace > 20


def test_what_is_kept_of_a_rate_is_its_mean_over_all_marks() -> None:
    rate = LearnedRate.guessed(((0.0, 0),), 31, 31, 0.0, 0.2, 1.0)
    for at, calls in ((10.0, 50), (20.0, 40), (30.0, 30)):
        for number in range(calls):
            rate = rate.taken(at - 10 + (number + 1) * 10 / calls)
        rate = rate.refusal(rate.sent, at, at + 0.2, 1.0)
    assert rate.kept[0] == pytest.approx(4.0, rel=0.03)
    assert rate.rate != pytest.approx(4.0, rel=0.03)


def test_refusals_of_one_burst_are_one_event() -> None:
    first = LearnedRate.guessed(((0.0, 0),), 40, 38, 3.7, 3.9, 2.0)
    again = first.refusal(39, 3.8, 4.0, 2.0).refusal(40, 3.9, 4.1, 2.0)
    assert again.rate == first.rate
    assert len(again.marks) == 1


def test_a_long_wait_after_a_rush_is_the_rest_of_a_window() -> None:
    learned = taken(Learned(), *[0.01 * number for number in range(50)])
    learned = learned.refusal(50, 0.49, 0.7, 40.0)
    assert learned.wait(40.8) == 0.0
    assert isinstance(learned.taken(40.8).window, Window)
    # The rest go when the first has not been refused at once.
    assert learned.taken(40.8).wait(40.9) == pytest.approx(0.15)


def test_a_window_is_used_up_to_what_it_held_before_and_no_further() -> None:
    learned = taken(Learned(), *[0.01 * number for number in range(50)])
    learned = learned.refusal(50, 0.49, 0.7, 40.0)
    for number in range(49):
        at = 41.0 + number * 0.1 + (0.3 if number else 0)
        assert learned.wait(at) == 0.0
        learned = learned.taken(at)
    assert learned.wait(47.0) == pytest.approx(40.7 + 60 - 47.0)


def test_what_looked_like_a_window_and_is_none_is_a_bucket() -> None:
    learned = taken(Learned(), *[0.01 * number for number in range(11)])
    learned = learned.refusal(11, 0.1, 0.3, 6.0)
    learned = taken(learned, 6.4, 6.7)
    assert learned.window is not None
    learned = learned.refusal(13, 6.7, 6.9, 6.0)
    assert learned.window is None
    assert learned.rate is not None
    assert learned.rate.rate == pytest.approx(1 / 6, rel=0.4)
    assert learned.wait(12.0) == pytest.approx(0.9)


buckets = st.builds(
    Allowed,
    per_minute=st.floats(6, 1200),
    burst=st.floats(1, 100),
    refused_count=st.booleans(),
)
windows = st.builds(Allowed, per_minute=st.floats(30, 600), kind=st.just("window"))


@settings(max_examples=25, deadline=None)
@given(st.one_of(buckets, windows), st.integers(1, 1000))
def test_no_quota_loses_a_picture_or_is_hammered(allowed: Allowed, seed: int) -> None:
    result = trial(replace(OPEN, images=120, requests=allowed), "auto", seed)
    assert result.lost == 0
    # A few refusals to find out, some for each change of mind, and never one after another for long.
    assert result.refused <= 100


@pytest.mark.parametrize(("per_minute", "burst"), [(300, 30), (600, 600), (60, 1), (6, 1)])
def test_an_unknown_bucket_is_found_and_run_at(per_minute: float, burst: float) -> None:
    images = 60 if per_minute == 6 else 800
    scenario = replace(OPEN, images=images, requests=Allowed(per_minute=per_minute, burst=burst))
    found, known = (trial(scenario, policy, 1) for policy in ("auto", "truth"))
    assert found.lost == 0
    assert found.makespan <= 1.2 * known.makespan


def test_headers_that_tell_the_quota_leave_nothing_to_learn() -> None:
    allowed = Allowed(per_minute=300, burst=30, headers=True)
    result = trial(replace(OPEN, images=800, requests=allowed), "auto", 1)
    assert (result.lost, result.refused) == (0, 0)
