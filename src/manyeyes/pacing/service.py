"""What a call takes, as far as calls that have ended, and those that go on, can tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Quantiles by which seconds are known.
POINTS = 512
#: Steps of the fit; it comes within a per cent of its end in fewer.
STEPS = 8
#: Calls from which on their own seconds count beside the log-normal, and for as many calls it counts.
OWN = 20
#: Widest spread of the logarithms that is believed.
WIDEST = 1.5


@dataclass(frozen=True, slots=True)
class Prior:
    """What is taken of the logarithm of a call's seconds before any has ended, and for how many calls that
    counts."""

    mean: float
    deviation: float = 0.5
    weight: float = 8.0


@cache
def _normal(points: int) -> Floats:
    """Quantiles of the standard normal distribution, each as likely as the others."""
    return np.array([NormalDist().inv_cdf((each + 0.5) / points) for each in range(points)])


def censored_fit(seconds: Floats, ages: Floats, prior: Prior | None = None) -> tuple[float, float]:
    """Mean and deviation of the logarithm of seconds, log-normal, where the calls of these `ages` go on.

    Expectation maximisation for data censored on the right (Dempster, Laird and Rubin, 1977): each call that
    goes on counts with what it is expected to take, given that it has taken so long. To leave these out
    would favour the short ones, which end first. At least one call, or a prior, is needed.
    """
    done, goes_on = np.log(np.maximum(seconds, 1e-3)), np.log(np.maximum(ages, 1e-3))
    weight, first = (prior.weight, prior.mean) if prior is not None else (0.0, 0.0)
    if len(done) + weight == 0:
        raise ValueError("nothing has ended, and nothing is known from before")
    mean = (float(done.sum()) + weight * first) / (len(done) + weight)
    around = float(((done - mean) ** 2).sum())
    if prior is not None:
        around += weight * (prior.deviation**2 + (first - mean) ** 2)
    deviation = math.sqrt(around / (len(done) + weight)) if len(done) + weight > 1 else 0.5
    n = len(done) + len(goes_on) + weight
    for _ in range(STEPS if len(goes_on) else 0):
        deviation = max(deviation, 1e-9)
        hazard = _hazard((goes_on - mean) / deviation)
        expected = mean + deviation * hazard
        squares = mean**2 + deviation**2 + deviation * (goes_on + mean) * hazard
        total = float(done.sum() + expected.sum())
        total_of_squares = float((done**2).sum() + squares.sum())
        if prior is not None:
            total += weight * first
            total_of_squares += weight * (prior.deviation**2 + first**2)
        mean = total / n
        deviation = math.sqrt(max(total_of_squares / n - mean**2, 0.0))
    return mean, min(deviation, WIDEST)


def _hazard(z: Floats) -> Floats:
    """Density over survival of the standard normal distribution; about z, far out."""
    survival = np.array([0.5 * math.erfc(each / math.sqrt(2)) for each in z.tolist()])
    density = np.exp(-0.5 * np.minimum(z * z, 1400.0)) / math.sqrt(2 * math.pi)
    return np.where(survival > 1e-12, density / np.maximum(survival, 1e-12), z)


def kaplan_meier(seconds: Floats, ages: Floats) -> tuple[Floats, Floats]:
    """Seconds in order, and the share of calls that have ended by then, calls of these `ages` going on.

    The product-limit estimator (Kaplan and Meier, 1958); the share stays below 1 where the oldest goes on.
    """
    times = np.concatenate([seconds, ages])
    ended = np.concatenate([np.ones(len(seconds)), np.zeros(len(ages))])
    order = np.lexsort((-ended, times))
    times, ended = times[order], ended[order]
    at_risk = len(times) - np.arange(len(times))
    return times, np.asarray(1 - np.cumprod(1 - ended / at_risk), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Service:
    """What a call takes: so many seconds, in order, each of them as likely."""

    points: Floats
    mean: float
    #: Deviation over mean.
    cv: float

    @classmethod
    def of(cls, seconds: Floats, ages: Floats, mean: float, deviation: float) -> Self:
        """As calls have shown that ended, and that go on; few of them are filled up by a log-normal, of which
        the logarithm has this mean and deviation.

        It knows nothing of stragglers, one in a hundred that takes ten times as long: so the calls' own
        seconds count the more, the more there are.
        """
        smooth = np.exp(mean + deviation * _normal(POINTS))
        points = smooth if len(seconds) < OWN else _mixed(_own(seconds, ages, smooth), smooth, len(seconds))
        middle = float(points.mean())
        return cls(points, middle, float(points.std()) / middle)

    def drawn(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        """Seconds of new calls."""
        new: Floats = self.points[rng.integers(0, len(self.points), shape)]
        return new

    def left(self, ages: Floats, draws: int, rng: np.random.Generator) -> Floats:
        """Seconds that calls of these ages take yet, `draws` rows: of those that take longer than that."""
        longer = np.searchsorted(self.points, ages, "right")
        room = len(self.points) - longer
        picked = longer + (rng.random((draws, len(ages))) * room).astype(int)
        # Older than any: the longer it has taken, the longer it will, as is usual with heavy tails.
        beyond = ages * min(self.cv, 1.0) * rng.exponential(size=(draws, len(ages)))
        known = self.points[np.minimum(picked, len(self.points) - 1)] - ages
        return np.maximum(np.where(room > 0, known, beyond), 0.0)

    def under_way(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        """Seconds left of calls that are at work at a moment of no importance: long ones are met there more
        often, in proportion, and are anywhere between their start and end."""
        shares = np.cumsum(self.points)
        met = np.searchsorted(shares, rng.random(shape) * shares[-1])
        going_on: Floats = self.points[np.minimum(met, len(self.points) - 1)] * rng.random(shape)
        return going_on


def _own(seconds: Floats, ages: Floats, smooth: Floats) -> Floats:
    """Quantiles of what was seen; beyond the longest, of the fit."""
    times, ended = kaplan_meier(seconds, ages)
    at = np.searchsorted(ended, (np.arange(POINTS) + 0.5) / POINTS)
    own: Floats = times[np.minimum(at, len(times) - 1)]
    beyond = int((at >= len(times)).sum())
    if beyond:
        longer = smooth[smooth > times[-1]]
        if len(longer):
            own[-beyond:] = _thinned(longer, beyond)
    return own


def _mixed(own: Floats, smooth: Floats, calls: int) -> Floats:
    """Quantiles of both, the more of their own the more calls there were."""
    share = round(POINTS * calls / (calls + OWN))
    return np.sort(np.concatenate([_thinned(own, share), _thinned(smooth, POINTS - share)]))


def _thinned(points: Floats, count: int) -> Floats:
    """So many of them, from the first to the last."""
    picked: Floats = points[np.linspace(0, len(points) - 1, count).astype(int)]
    return picked
