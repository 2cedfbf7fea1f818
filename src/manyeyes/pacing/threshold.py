"""The threshold rule: one call fewer while answers are slow, one more while they are quick."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Self

from manyeyes.pacing.limit import Ending, Sample

#: Answers that the mean is taken over.
LAST = 10
#: Seconds. A mean above the first makes it one fewer, below the second one more.
SLOW, QUICK = 5.0, 2.0
LEAST, MOST = 2, 15


@dataclass(frozen=True, slots=True)
class ThresholdLimit:
    """Moves by one after each answer: the mean of the last ten over 5 s, at least 2; under 2 s, at most 15.

    It knows nothing of refusals, and between 2 and 5 s it never moves.
    """

    value: int = 5
    #: Seconds of the latest answers, at most `LAST`.
    recent: tuple[float, ...] = ()
    patience: float = inf

    def after(self, sample: Sample) -> Self:
        """The limit after one more answer; nothing else counts."""
        if sample.ending is not Ending.ANSWERED:
            return self
        recent = (*self.recent[1 - LAST :], sample.seconds)
        mean = sum(recent) / len(recent)
        return replace(self, value=_moved(self.value, mean), recent=recent)

    def after_in_order(self, sample: Sample) -> Self:  # noqa: ARG002 - it goes by answers as they come
        """Itself."""
        return self


def _moved(value: int, mean: float) -> int:
    if mean > SLOW:
        return max(LEAST, value - 1)
    if mean < QUICK:
        return min(MOST, value + 1)
    return value
