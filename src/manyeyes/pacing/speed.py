"""How many pictures end in a second: measured over the longest span of even speed, and agreed on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Ends that a span has at least, and times the calls in flight: fewer tell of chance.
FEWEST, ROUNDS = 20, 2
#: Standard errors by which two spans must differ to be of two speeds.
SURE = 3.0
#: Largest factor by which guesses that contradict each other are taken to be less sure than they say.
MOST_DOUBT = 3.0


@dataclass(frozen=True, slots=True)
class Guess:
    """A speed, in logarithms, and how sure it is: one standard error."""

    log: float
    error: float

    @classmethod
    def at(cls, speed: float, error: float) -> Guess:
        """A speed in calls a second, and the share of it by which it may be off."""
        return cls(math.log(max(speed, 1e-9)), max(error, 1e-6))

    @property
    def speed(self) -> float:
        """In calls a second."""
        return math.exp(self.log)


def agreed(guesses: Sequence[Guess]) -> Guess:
    """The mean of guesses, each by how sure it is; less sure where they contradict each other.

    Weights are inverse variances, and the error grows by the ratio of Birge (1932): the deviation that
    there is over the deviation that the errors explain.
    """
    weights = [1 / guess.error**2 for guess in guesses]
    total = sum(weights)
    log = sum(weight * guess.log for weight, guess in zip(weights, guesses, strict=True)) / total
    doubt = 1.0
    if len(guesses) > 1:
        chi = sum(((guess.log - log) / guess.error) ** 2 for guess in guesses) / (len(guesses) - 1)
        doubt = min(max(1.0, math.sqrt(chi)), MOST_DOUBT)
    return Guess(log, doubt / math.sqrt(total))


def even_span(ends: Floats, cv: float, in_flight: int) -> int:
    """How many of these ends, in order, the last of them first, are surely of one speed.

    As in adaptive windowing (Bifet and Gavaldà, 2007): the span reaches back, by as much again each time,
    until what is added was faster or slower than chance explains.
    """
    most = len(ends) - 1
    count = min(max(FEWEST, ROUNDS * in_flight), most)
    while 0 < count < most:
        further = min(2 * count, most)
        late = (ends[-1] - ends[-1 - count]) / count
        early = (ends[-1 - count] - ends[-1 - further]) / (further - count)
        chance = SURE * cv * math.sqrt(1 / count + 1 / (further - count)) + 0.5 * in_flight / count
        if abs(math.log(max(early, 1e-9) / max(late, 1e-9))) > chance:
            break
        count = further
    return count


def measured(ends: Floats, count: int, now: float, period: float, overdue: int) -> float | None:
    """Ends a second over the last `count` of them; None where they took less
    than a `period`.

    Calls that take alike end in waves. So the span is a whole number of these, the seconds of a wave, and
    the `overdue`, which go on for longer than calls do, count as ended: they end at this very moment.
    """
    if count < 1:
        return None
    span = now - float(ends[-1 - count])
    waves = math.floor(span / period + 1e-6) if period > 0 else 0
    if waves < 1:
        return None
    span = waves * period
    return (int((ends > now - span + 1e-6).sum()) + overdue) / span
