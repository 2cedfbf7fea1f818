"""The time left: what calls and gates tell is played forward."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.model.time_left import TimeLeft
from manyeyes.pacing.allowed import Allowed, allowed
from manyeyes.pacing.eta import time_left
from manyeyes.pacing.gates import Gate, Gates
from manyeyes.pacing.quota import Quota, Tokens
from manyeyes.pacing.service import Prior
from manyeyes.pacing.view import Calls, View
from manyeyes.pacing.window import Window


def calls(seconds: list[float], sent_at: list[float], in_flight: float = 5) -> Calls:
    return Calls(np.array(sent_at), np.array(seconds, float), np.full(len(seconds), float(in_flight)))


def in_waves(waves: int, places: int, *, seconds: float = 3.0, pending: int, started: bool = True) -> View:
    """So many waves of equal calls have ended, and the next one has just begun."""
    sent = [seconds * wave for wave in range(waves) for _ in range(places)]
    now = seconds * waves
    return View(
        now,
        pending - (places if started else 0),
        0.3,
        places,
        answered=calls([seconds] * len(sent), sent, places),
        under_way=calls([0.0] * places, [now] * places, places) if started else Calls(),
    )


def drawn(n: int, places: int, *, seed: int = 3, pending: int = 400, cv: float = 0.5) -> View:
    """A run in the middle, its calls log-normal with a mean of 3 s."""
    rng, sigma = np.random.default_rng(seed), math.sqrt(math.log1p(cv**2))
    free, sent, took = [0.0] * places, [], []
    for _ in range(n):
        place = free.index(min(free))
        seconds = 3 * math.exp(sigma * rng.standard_normal() - sigma**2 / 2)
        sent.append(free[place])
        took.append(seconds)
        free[place] += seconds
    now = min(free)
    ended = [(at, each) for at, each in zip(sent, took, strict=True) if at + each <= now]
    going = [at for at, each in zip(sent, took, strict=True) if at + each > now]
    return View(
        now,
        pending,
        0.3,
        places,
        answered=calls([each for _, each in ended], [at for at, _ in ended], places),
        under_way=calls([now - at for at in going], going, places),
    )


def without_speed(view: View) -> View:
    """The same, but that nobody has measured how many end in a second."""
    return replace(view, since=view.now)


def p50(view: View) -> float:
    told = time_left(view)
    assert told is not None
    return told.p50


def width(view: View) -> float:
    told = time_left(view)
    assert told is not None
    return told.p90 - told.p10


@pytest.mark.parametrize(
    ("places", "pending", "seconds"),
    [(5, 39, 24), (5, 40, 24), (5, 41, 27), (20, 24, 6), (1, 7, 21), (7, 700, 300)],
)
def test_calls_that_take_alike_end_in_exact_waves(places: int, pending: int, seconds: float) -> None:
    for started in (False, True):
        view = in_waves(5, places, pending=pending, started=started)
        assert p50(view) == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize(("size", "places", "seconds"), [(5, 5, 24), (7, 5, 33), (5, 2, 69), (40, 40, 3)])
def test_batches_wait_for_their_last_picture(size: int, places: int, seconds: float) -> None:
    view = replace(in_waves(3, places, pending=39 if size < 40 else 40, started=False), batch=size)
    assert p50(without_speed(view)) == pytest.approx(seconds, abs=0.01)


def test_a_batch_under_way_ends_before_the_next_one_begins() -> None:
    view = replace(in_waves(2, 5, pending=17), batch=7, left_in_batch=2)
    # Five are in flight and two follow, then a batch of seven and one of three.
    assert p50(without_speed(view)) == pytest.approx(6 + 6 + 3, abs=0.01)


def test_long_batches_are_the_longest_of_their_calls() -> None:
    one_by_one = without_speed(drawn(200, 10, pending=500))
    assert p50(replace(one_by_one, batch=10)) > 1.3 * p50(one_by_one)


def test_the_truth_lies_in_the_interval_of_a_steady_run() -> None:
    told = time_left(drawn(300, 20, pending=600))
    assert told is not None
    assert told.p10 < 3 * 610 / 20 + 4 < told.p90
    assert told.p50 == pytest.approx(3 * 610 / 20 + 4, rel=0.1)


def test_calls_that_go_on_correct_what_the_short_ones_that_ended_tell() -> None:
    ended = calls([1.0, 1.2, 1.3, 1.4, 1.5], [0.0] * 5, 20)
    fair = View(2.0, 100, 0.0, 20, answered=ended, under_way=calls([2.0] * 15, [0.0] * 15, 20))
    naive = replace(fair, under_way=calls([0.1] * 15, [1.9] * 15, 20))
    assert p50(fair) > 1.3 * p50(naive)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(0, 300), st.integers(1, 300))
def test_more_to_do_takes_longer(places: int, pending: int, more: int) -> None:
    view = drawn(120, places, pending=pending)
    # Draws are other ones where there are more of them.
    assert p50(replace(view, pending=pending + more)) >= 0.95 * p50(view) - 1.5


def test_three_times_as_much_to_do_takes_three_times_as_long() -> None:
    view = drawn(200, 10, pending=1000)
    assert p50(replace(view, pending=3000)) == pytest.approx(3 * p50(view), rel=0.05)


@given(st.floats(0.1, 500))
@settings(max_examples=25, deadline=None)
def test_a_cool_down_adds_its_length(wait: float) -> None:
    view = drawn(120, 10)
    before, after = time_left(view), time_left(replace(view, allowed=Allowed(wait=wait)))
    assert before is not None
    assert after is not None
    assert after.p50 == pytest.approx(before.p50 + wait)


def test_a_cool_down_holds_up_nobody_who_has_gone() -> None:
    view = drawn(120, 10, pending=0)
    assert time_left(replace(view, allowed=Allowed(wait=500.0))) == time_left(view)


anything = st.builds(
    View,
    now=st.just(100.0),
    pending=st.floats(0, 3000),
    done=st.floats(0, 1),
    places=st.integers(1, 80),
    held=st.booleans(),
    growing=st.booleans(),
    answered=st.lists(st.tuples(st.floats(0, 60), st.floats(0, 40)), max_size=40).map(
        lambda rows: calls([took for _, took in sorted(rows)], [at for at, _ in sorted(rows)], 7)
    ),
    under_way=st.lists(st.floats(0, 100), max_size=30).map(
        lambda ages: calls(sorted(ages, reverse=True), sorted(100 - age for age in ages), 9)
    ),
    since=st.sampled_from([-math.inf, 50.0]),
    refused_at=st.sampled_from([-math.inf, 20.0]),
    unloaded=st.none() | st.floats(-3, 4),
    prior=st.none() | st.builds(Prior, st.floats(-3, 4)),
    allowed=st.builds(
        Allowed,
        wait=st.floats(0, 100),
        rate=st.none() | st.floats(0.01, 100),
        error=st.floats(0.01, 1),
        most=st.floats(0.1, 100),
        room=st.floats(-10, 10),
        window=st.none() | st.builds(Window, ends_at=st.floats(100, 160), accepted=st.integers(0, 300)),
    ),
    batch=st.none() | st.integers(1, 30),
    left_in_batch=st.integers(0, 30),
    elsewhere=st.integers(0, 3),
    due_in=st.floats(0, 100),
)


@settings(max_examples=200, deadline=None)
@given(anything)
def test_whatever_is_known_the_median_lies_between_its_bounds_and_is_told_again_alike(view: View) -> None:
    told = time_left(view)
    assert told == time_left(view)
    if told is not None:
        assert 0 <= told.p10 <= told.p50 <= told.p90 < math.inf
        assert told.at == 100.0


def test_another_seed_tells_much_the_same() -> None:
    view = drawn(300, 20, pending=600)
    told = [time_left(view, seed) for seed in range(1, 9)]
    middles = [each.p50 for each in told if each is not None]
    assert len(set(middles)) > 1
    assert max(middles) < 1.06 * min(middles)


def test_the_more_calls_have_ended_the_narrower_the_interval() -> None:
    assert width(drawn(1500, 20, pending=600)) < 0.8 * width(drawn(60, 20, pending=600))


def test_nothing_is_told_before_five_calls_have_ended_unless_an_earlier_run_has_told_of_them() -> None:
    view = in_waves(1, 4, pending=40)
    assert time_left(view) is None
    assert p50(replace(view, prior=Prior(math.log(3.0)))) == pytest.approx(30, rel=0.2)
    assert p50(View(0.0, 40, 0.0, 4, prior=Prior(math.log(3.0)))) == pytest.approx(30, rel=0.35)


def test_nothing_is_told_while_the_limit_still_grows_before_a_quarter_is_done() -> None:
    view = replace(drawn(200, 20), growing=True)
    assert time_left(replace(view, done=0.24)) is None
    growing, settled = time_left(replace(view, done=0.25)), time_left(replace(view, growing=False))
    assert growing is not None
    assert settled is not None
    assert growing.p90 > settled.p50


def test_at_the_end_nothing_is_left_and_of_others_nobody_knows() -> None:
    over = View(9.0, 0, 1.0, 5, answered=in_waves(2, 5, pending=5).answered)
    assert time_left(over) == TimeLeft(0.0, 0.0, 0.0, 9.0)
    assert time_left(replace(over, elsewhere=2)) is None


def test_a_retry_is_waited_for_and_then_its_call() -> None:
    view = replace(in_waves(2, 5, pending=10), due_in=60.0)
    assert p50(view) == pytest.approx(63.0, abs=0.01)


def test_a_configured_quota_spaces_the_calls() -> None:
    view = in_waves(2, 5, pending=44, started=False)
    spaced = replace(view, held=False, allowed=Allowed(rate=50 / 60, error=0.01, most=50 / 60, room=1.0))
    assert p50(spaced) == pytest.approx(43 * 1.2 + 3, rel=0.01)
    # It will hold calls back though something else does now.
    full = replace(view, allowed=Allowed(most=50 / 60, room=20.0))
    assert p50(full) == pytest.approx(24 * 1.2 + 3, rel=0.01)


def test_a_calendar_window_brings_so_many_calls_a_minute() -> None:
    view = replace(in_waves(4, 40, pending=500, started=False), held=False)
    window = Window(view.now + 30, 200, holds=200)
    # 200 in each of two minutes, the first of which begins in 30 s, and 100 in the third.
    told = p50(replace(view, allowed=Allowed(window=window)))
    assert told == pytest.approx(30 + 2 * 60 + 9, rel=0.02)


def test_calls_that_queue_at_the_provider_do_not_make_it_faster() -> None:
    view = drawn(400, 20, pending=400)
    queued = replace(
        view.answered, seconds=view.answered.seconds + 3.0, in_flight=np.full(len(view.answered), 40.0)
    )
    crowded = replace(view, places=40, answered=queued, unloaded=math.log(3.0) - 0.1)
    assert p50(crowded) == pytest.approx(p50(view), rel=0.25)


def test_calls_sent_while_a_service_booted_tell_nothing() -> None:
    view = in_waves(3, 5, pending=40)
    booted = replace(view, since=1.0, under_way=calls([40.0] * 5, [0.0] * 5))
    assert p50(booted) == pytest.approx(24, rel=0.2)


def test_what_the_gates_allow_is_told_by_what_holds_calls_back() -> None:
    gates = Gates(Quota.per_minute(60, 5), cool_until=12.0)
    assert allowed(gates, Gate.REQUESTS, 10.0) == Allowed(2.0, 1.0, 0.01, 1.0, 5)
    assert allowed(gates, Gate.CONCURRENCY, 13.0) == Allowed(0.0, None, 1.0, 1.0, 5)
    tokens = Gates(tokens=Tokens(Quota.per_minute(6000), recent=(100.0, 300.0)))
    assert allowed(tokens, Gate.TOKENS, 0.0).rate == pytest.approx(0.5)
    assert allowed(Gates(), Gate.REQUESTS, 0.0) == Allowed()
