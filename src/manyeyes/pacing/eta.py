"""How long a run will take from now on: what is known of its calls and gates, played forward.

An interval comes of many draws: of the speed, as far as it is known, and of the calls that are to come. Most
of a long run is taken by the speed at which pictures have ended; calls one by one decide its end alone.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np

from manyeyes.model.time_left import TimeLeft
from manyeyes.pacing.forward import batches, played
from manyeyes.pacing.service import Floats, Service
from manyeyes.pacing.tempo import Tempo, tempo_of
from manyeyes.pacing.view import View
from manyeyes.pacing.window import PERIOD

#: Times that the future is drawn.
DRAWS = 60
#: Calls that must have ended before anything is told, where nothing is known from before.
FEWEST = 5
#: Share of the portfolio before which nothing is told while the number of calls in flight still grows.
GROWN = 0.25
#: Times the places: pictures that are played forward call by call, at the end of the run.
ROUNDS = 2
#: The told interval over the drawn one, and the least that it reaches to either side, as a share.
WIDER, LEAST = 1.4, 0.03
#: Deviation of the speed in the last calendar window, and seconds that its first call is ahead of the others.
LAST_WINDOW, AHEAD = 0.15, 0.5
#: Largest deviation over mean of the time between calls that a quota spaces.
EVENED = 0.3
#: Most of those that wait for others are drawn by so many.
OTHERS = 64


def time_left(view: View, seed: int = 1) -> TimeLeft | None:
    """The interval; None as long as it would mean nothing. The same view and seed, the same interval."""
    if not view.pending and not len(view.under_way):
        return None if view.elsewhere else TimeLeft(0.0, 0.0, 0.0, view.now)
    if len(view.answered) < FEWEST and view.prior is None:
        return None
    if view.growing and view.done < GROWN:
        return None
    rng = np.random.default_rng(seed)
    tempo = tempo_of(view)
    speeds = _speeds(view, tempo, rng)
    if view.batch is not None:
        drawn = _in_batches(view, view.batch, tempo, speeds, rng)
    elif view.allowed.window is not None and view.pending:
        drawn = _in_windows(view, tempo, rng)
    else:
        drawn = _one_after_another(view, tempo, speeds, rng)
    return _told(_held_up(view, tempo.service, drawn, rng), view.now)


@cache
def _even() -> Floats:
    """Quantiles of the standard normal distribution, one for each draw: their median is exact."""
    return np.array([NormalDist().inv_cdf((each + 0.5) / DRAWS) for each in range(DRAWS)])


def _speeds(view: View, tempo: Tempo, rng: np.random.Generator) -> Floats:
    """Calls a second, for each draw."""
    if not view.growing:
        return np.exp(tempo.speed.log + tempo.speed.error * rng.permutation(_even()))
    # Anything may come of it, from what ended in the latest round to what all in flight would make.
    service = tempo.service
    lately = view.answered.sent_at + view.answered.seconds > view.now - service.mean
    low = max(int(lately.sum()), 1) / service.mean
    high = max(view.places / service.mean, low)
    return low * (high / low) ** rng.permutation((np.arange(DRAWS) + 0.5) / DRAWS)


def _one_after_another(view: View, tempo: Tempo, speeds: Floats, rng: np.random.Generator) -> Floats:
    """Whoever is next starts as soon as a place is free, or as a quota allows."""
    first, queued = _places(view, tempo, rng)
    pending = round(view.pending)
    starts, rest = _in_turn(first, pending + queued, tempo, speeds, rng, paced=not view.held)
    if pending > view.allowed.room:
        starts = np.maximum(starts, (pending - view.allowed.room) / view.allowed.most)
    return np.asarray(starts + rest)


def _in_turn(
    first: Floats, pending: int, tempo: Tempo, speeds: Floats, rng: np.random.Generator, *, paced: bool
) -> tuple[Floats, Floats]:
    """`played`, but that all rounds but the last go by their speed alone; `paced`: something else than the
    places holds calls back."""
    # Whole rounds go beforehand, so that calls which take alike end in the waves that they will.
    rounds = max(0, pending // tempo.places - ROUNDS)
    one_by_one = pending - rounds * tempo.places
    starts, rest = played(first, one_by_one, tempo.service, rng)
    starts = starts * tempo.modelled.speed / speeds
    if paced:
        # The next one is half a step away, on average.
        starts = np.maximum(starts, (one_by_one - 0.5) / speeds)
    if (more := rounds * tempo.places) > 0:
        # Sums of many seconds are normal, and a quota evens them out.
        cv = min(tempo.service.cv, EVENED) if paced else tempo.service.cv
        chance = cv * math.sqrt(more) * rng.standard_normal(DRAWS)
        starts = np.maximum(starts + (more + chance) / speeds, 0.0)
    return starts, rest


def _places(view: View, tempo: Tempo, rng: np.random.Generator) -> tuple[Floats, int]:
    """Seconds until each place is free, for each draw, and the calls in flight that have none yet."""
    going, service = view.under_way, tempo.service
    n = len(going)
    if tempo.queues or tempo.places < n:
        # Which of them are at work, and since when, nobody tells.
        first = service.under_way((DRAWS, tempo.places), rng)
        first[:, n:] = 0.0
        return first, max(0, n - tempo.places)
    first = np.zeros((DRAWS, tempo.places))
    first[:, :n] = service.left(going.seconds, DRAWS, rng)
    if (booting := going.sent_at < view.since).any():
        first[:, :n][:, booting] = service.under_way((DRAWS, int(booting.sum())), rng)
    return first, 0


def _in_batches(view: View, size: int, tempo: Tempo, speeds: Floats, rng: np.random.Generator) -> Floats:
    """The batch under way to its end, and then one after another."""
    service, left = tempo.service, min(view.left_in_batch, round(view.pending))
    first = np.zeros((DRAWS, max(view.places, len(view.under_way))))
    first[:, : len(view.under_way)] = service.left(view.under_way.seconds, DRAWS, rng)
    now = sum(played(first, left, service, rng))
    later = batches(round(view.pending) - left, size, np.zeros((DRAWS, view.places)), service, rng)
    return np.asarray(now + later * tempo.modelled.speed / speeds)


def _in_windows(view: View, tempo: Tempo, rng: np.random.Generator) -> Floats:
    """A calendar window holds so many calls, and the last ones go in the last window."""
    window, pending = view.allowed.window, round(view.pending)
    assert window is not None
    holds = window.accepted if window.holds is None else window.holds
    left = pending - (0 if window.refused else max(0, holds - window.accepted))
    whole = max(0, math.ceil(left / holds) - 1) if holds else 0
    free, speeds = np.zeros((DRAWS, tempo.places)), np.full(DRAWS, tempo.modelled.speed)
    fits = left <= 0 or not holds
    last = sum(_in_turn(free, pending if fits else left - whole * holds, tempo, speeds, rng, paced=False))
    if fits:
        return np.asarray(last)
    starts = window.ends_at - view.now + PERIOD * whole + AHEAD
    return np.asarray(starts + last * np.exp(LAST_WINDOW * rng.standard_normal(DRAWS)))


def _held_up(view: View, service: Service, drawn: Floats, rng: np.random.Generator) -> Floats:
    """What is waited for beside the calls themselves: cool-downs, retries, other processes."""
    if view.pending and view.allowed.window is None:
        drawn = drawn + view.allowed.wait
    if view.due_in > 0:
        drawn = np.maximum(drawn, view.due_in + service.drawn((DRAWS,), rng))
    if view.elsewhere:
        drawn = np.maximum(drawn, service.drawn((DRAWS, min(view.elsewhere, OTHERS)), rng).max(axis=1))
    return drawn


def _told(drawn: Floats, now: float) -> TimeLeft:
    """The deciles and the median, with as much to either side as honesty wants."""
    low, middle, high = (float(each) for each in np.quantile(drawn, (0.1, 0.5, 0.9)))
    least = LEAST * middle
    below, above = max(WIDER * (middle - low), least), max(WIDER * (high - middle), least)
    return TimeLeft(max(0.0, middle - below), middle, middle + above, now)
