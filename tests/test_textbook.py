"""The limits of the textbooks: each rule as its source has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.lab.textbook import START, AimdLimit, ArcLimit, Gradient2Limit, VegasLimit
from manyeyes.pacing.limit import Ending, Limit, Sample
from manyeyes.pacing.threshold import ThresholdLimit


def sample(seconds: float, in_flight: int = 5, ending: Ending = Ending.ANSWERED) -> Sample:
    return Sample(0.0, seconds, in_flight, ending)


def after(limit: Limit, *samples: Sample) -> Limit:
    for one in samples:
        limit = limit.after(one)
    return limit


# The threshold rule


def test_the_threshold_rule_starts_with_five() -> None:
    assert ThresholdLimit().value == 5


def test_answers_over_five_seconds_make_it_one_fewer_down_to_two() -> None:
    assert after(ThresholdLimit(), sample(5.1)).value == 4
    assert after(ThresholdLimit(), *[sample(9)] * 20).value == 2


def test_answers_under_two_seconds_make_it_one_more_up_to_fifteen() -> None:
    assert after(ThresholdLimit(), sample(1.9)).value == 6
    assert after(ThresholdLimit(), *[sample(1)] * 20).value == 15


@pytest.mark.parametrize("seconds", [2, 3, 5])
def test_between_two_and_five_seconds_it_never_moves(seconds: float) -> None:
    assert after(ThresholdLimit(), *[sample(seconds)] * 50).value == 5


def test_the_mean_is_that_of_the_last_ten() -> None:
    # One of 30 s among ten of 3 s makes a mean of 5.7 s for as long as it is among the last ten.
    limit = after(ThresholdLimit(), *[sample(3)] * 9, sample(30))
    assert limit.value == 4
    assert after(limit, *[sample(3)] * 9).value == 2
    assert after(limit, *[sample(3)] * 30).value == 2


def test_the_threshold_rule_hears_of_answers_alone() -> None:
    others = [sample(0.2, ending=ending) for ending in Ending if ending is not Ending.ANSWERED]
    assert after(ThresholdLimit(), *others) == ThresholdLimit()


# Additive increase, multiplicative decrease


def test_aimd_grows_by_one_while_half_of_it_is_used() -> None:
    assert after(AimdLimit(10), sample(3, in_flight=5)).value == 11
    assert after(AimdLimit(10), sample(3, in_flight=4)).value == 10


@pytest.mark.parametrize("ending", [Ending.PUSHED_BACK, Ending.DEFERRED, Ending.BROKEN])
def test_aimd_shrinks_by_a_tenth_after_a_drop(ending: Ending) -> None:
    assert after(AimdLimit(20), sample(0.2, ending=ending)).value == 18
    assert after(AimdLimit(1), sample(0.2, ending=ending)).value == 1


def test_aimd_may_take_a_slow_answer_for_a_drop() -> None:
    assert after(AimdLimit(20, slow=5), sample(5.1, in_flight=20)).value == 18
    assert after(AimdLimit(20), sample(50, in_flight=20)).value == 21
    assert after(AimdLimit(200), sample(1, in_flight=200)).value == 200


# Vegas


def test_vegas_takes_its_first_call_for_the_quickest_and_grows_while_there_is_no_queue() -> None:
    limit = after(VegasLimit(), sample(3))
    assert (limit.value, limit.quickest) == (START, 3)  # type: ignore[attr-defined]
    # queue = ceil(5 × (1 − 3/3)) = 0 ≤ 1: as many more as beta, which is 6.
    assert after(limit, sample(3)).value == START + 6


def test_vegas_keeps_the_queue_between_its_marks() -> None:
    ten = VegasLimit(estimate=10, quickest=3)
    assert after(ten, sample(3.5)).value == 11  # queue 2, under alpha = 3
    assert after(ten, sample(6)).value == 10  # queue 5, between 3 and 6
    assert after(ten, sample(30)).value == 9  # queue 9, over beta = 6
    assert after(ten, sample(6, ending=Ending.PUSHED_BACK)).value == 9
    assert after(ten, sample(30, in_flight=4)).value == 10


def test_vegas_measures_the_quickest_anew_now_and_then() -> None:
    limit = VegasLimit(estimate=5, quickest=0.1)
    probed = after(limit, *[sample(3, in_flight=1)] * 113)
    assert probed.quickest == 3  # type: ignore[attr-defined]


# Gradient2


def test_gradient2_grows_towards_a_queue_of_four_while_calls_take_what_they_took() -> None:
    # gradient 1: 0.8 × 5 + 0.2 × (5 + 4)
    assert after(Gradient2Limit(), sample(3)).estimate == pytest.approx(5.8)  # type: ignore[attr-defined]


def test_gradient2_shrinks_when_calls_take_far_longer_than_the_mean() -> None:
    known = Gradient2Limit(estimate=20, long=3, calls=11)
    # long: 3 + 57 × 2/601; gradient 0.5: 0.8 × 20 + 0.2 × (10 + 4)
    shrunk = after(known, sample(60, in_flight=20))
    assert shrunk.estimate == pytest.approx(18.8)  # type: ignore[attr-defined]
    assert after(known, sample(60, in_flight=9)).estimate == 20  # type: ignore[attr-defined]


def test_gradient2_is_deaf_to_drops() -> None:
    known = Gradient2Limit(estimate=20, long=3, calls=11)
    refused = after(known, sample(0.2, in_flight=20, ending=Ending.PUSHED_BACK))
    assert refused.estimate > 20  # type: ignore[attr-defined]


@pytest.mark.parametrize("limit", [AimdLimit(), VegasLimit(), Gradient2Limit(), ThresholdLimit()])
def test_a_call_that_says_nothing_moves_no_limit_nor_does_the_order_of_sending(limit: Limit) -> None:
    assert limit.after(sample(60, ending=Ending.SAYS_NOTHING)) == limit
    assert limit.after_in_order(sample(60)) == limit


samples = st.builds(
    Sample,
    sent_at=st.just(0.0),
    ended_at=st.floats(0, 300),
    in_flight=st.integers(1, 300),
    ending=st.sampled_from(Ending),
)


@given(
    st.sampled_from([AimdLimit(), AimdLimit(slow=5), VegasLimit(), Gradient2Limit(), ThresholdLimit()]),
    st.lists(samples, max_size=100),
)
def test_a_limit_is_always_a_number_that_somebody_may_use(limit: Limit, told: list[Sample]) -> None:
    assert 1 <= after(limit, *told).value <= 1000


# Vector's


def round_trip(limit: ArcLimit, seconds: float, at: float, ending: Ending = Ending.ANSWERED) -> ArcLimit:
    """After a call that ended at this time, with as many in flight as the limit allows."""
    return limit.after(Sample(at - seconds, at, limit.value, ending, at_limit=True))


def test_vector_adds_one_in_a_round_trip_while_answers_take_no_longer() -> None:
    limit = ArcLimit()
    for number in range(1, 11):
        limit = round_trip(limit, 3.0, 3.0 * number)
    # The first tells only how long they take.
    assert limit.value == 10
    assert round_trip(limit, 3.0, 30.5).value == 10


def test_vector_takes_a_tenth_off_where_answers_take_far_longer_or_something_was_dropped() -> None:
    limit = ArcLimit(value=20, mean=3.0, var=0.04)
    assert round_trip(limit, 3.4, 10.0).value == 20
    assert round_trip(limit, 3.6, 10.0).value == 18
    assert round_trip(limit, 3.0, 10.0, Ending.PUSHED_BACK).value == 18
    assert round_trip(ArcLimit(mean=3.0), 9.0, 10.0).value == 1
