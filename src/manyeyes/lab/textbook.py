"""Limits as the textbooks have them, to be compared with ours: they ship nowhere else.

Rules and constants are those of Netflix' concurrency-limits (github.com/Netflix/concurrency-limits, classes
AIMDLimit, VegasLimit and Gradient2Limit), but for the start and the least, which are its users' to choose,
and of Vector.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Self

from manyeyes.pacing.limit import Ending, Sample

#: Those of Netflix begin here.
START = 5
_DROPS = frozenset({Ending.PUSHED_BACK, Ending.DEFERRED, Ending.BROKEN})


@dataclass(frozen=True, slots=True)
class AimdLimit:
    """Additive increase, multiplicative decrease: one more while at least half is used, a tenth fewer after
    a drop or an answer that took longer than `slow`."""

    value: int = START
    #: Seconds; inf for drops alone.
    slow: float = math.inf
    most: int = 200
    patience: float = math.inf

    def after(self, sample: Sample) -> Self:
        """The limit after one more call has ended."""
        if sample.ending is Ending.SAYS_NOTHING:
            return self
        if sample.ending in _DROPS or sample.seconds > self.slow:
            return replace(self, value=max(1, int(self.value * 0.9)))
        if sample.in_flight * 2 >= self.value and self.value < self.most:
            return replace(self, value=self.value + 1)
        return self

    def after_in_order(self, sample: Sample) -> Self:  # noqa: ARG002
        """Itself: it goes by calls as they end."""
        return self


@dataclass(frozen=True, slots=True)
class VegasLimit:
    """TCP Vegas: guesses the queue from the quickest call, and keeps it between two marks."""

    estimate: float = START
    #: Seconds of the quickest call since the last probe; 0 before the first.
    quickest: float = 0.0
    #: Calls since the last probe, and how many probes there were.
    calls: int = 0
    probes: int = 0
    #: The next probe comes after so many times 30 × estimate calls.
    jitter: float = 0.75
    most: int = 1000
    patience: float = math.inf

    @property
    def value(self) -> int:
        """The estimate in whole calls."""
        return max(1, int(self.estimate))

    def after(self, sample: Sample) -> Self:
        """The limit after one more call has ended."""
        if sample.ending is Ending.SAYS_NOTHING:
            return self
        calls = self.calls + 1
        # The quickest is measured anew now and then, at times that differ between callers.
        if self.jitter * 30 * self.estimate <= calls:
            jitter = Random(self.probes).uniform(0.5, 1)  # noqa: S311 - not a secret
            return replace(self, calls=0, probes=self.probes + 1, jitter=jitter, quickest=sample.seconds)
        if not self.quickest or sample.seconds < self.quickest:
            return replace(self, calls=calls, quickest=sample.seconds)
        estimate = min(self.most, max(1.0, self._moved(sample)))
        return replace(self, calls=calls, estimate=estimate)

    def after_in_order(self, sample: Sample) -> Self:  # noqa: ARG002
        """Itself: it goes by calls as they end."""
        return self

    def _moved(self, sample: Sample) -> float:
        limit = self.estimate
        step = max(1, int(math.log10(limit)))
        if sample.ending in _DROPS:
            return limit - step
        if sample.in_flight * 2 < limit:
            return limit
        queue = math.ceil(limit * (1 - self.quickest / sample.seconds)) if sample.seconds else 0
        if queue <= step:
            return limit + 6 * step
        if queue < 3 * step:
            return limit + step
        return limit - step if queue > 6 * step else limit


@dataclass(frozen=True, slots=True)
class Gradient2Limit:
    """Compares each call with a long mean of them, and leaves room for a queue of 4; deaf to drops."""

    estimate: float = START
    #: Seconds: mean of the first 10 calls, from then on moving, over some 600 of them.
    long: float = 0.0
    calls: int = 0
    most: int = 200
    patience: float = math.inf

    @property
    def value(self) -> int:
        """The estimate in whole calls."""
        return max(1, int(self.estimate))

    def after(self, sample: Sample) -> Self:
        """The limit after one more call has ended."""
        if sample.ending is Ending.SAYS_NOTHING or sample.seconds <= 0:
            return self
        calls = min(self.calls + 1, 11)
        share = 1 / calls if calls <= 10 else 2 / 601
        long = self.long + (sample.seconds - self.long) * share
        if long / sample.seconds > 2:
            long *= 0.95
        estimate = self.estimate
        if sample.in_flight >= estimate / 2:
            gradient = max(0.5, min(1.0, 1.5 * long / sample.seconds))
            estimate = min(self.most, max(1.0, 0.8 * estimate + 0.2 * (estimate * gradient + 4)))
        return replace(self, estimate=estimate, long=long, calls=calls)

    def after_in_order(self, sample: Sample) -> Self:  # noqa: ARG002
        """Itself: it goes by calls as they end."""
        return self


@dataclass(frozen=True, slots=True)
class ArcLimit:
    """Vector's adaptive request concurrency: once in a mean round trip, one more while answers take no longer
    than they did, a tenth fewer where they take far longer or something was dropped.

    Rules and constants are those of its `adaptive_concurrency` (github.com/vectordotdev/vector).
    """

    value: int = 1
    #: Of the answers since the last update: how many, and their seconds together.
    calls: int = 0
    seconds: float = 0.0
    reached: bool = False
    dropped: bool = False
    #: Moving mean and variance of seconds (α = 0.4), by updates; None before the first.
    mean: float | None = None
    var: float = 0.0
    next_at: float = 0.0
    most: int = 200
    patience: float = math.inf

    def after(self, sample: Sample) -> Self:
        """The limit after one more call has ended."""
        if sample.ending is Ending.SAYS_NOTHING:
            return self
        heard = replace(
            self,
            calls=self.calls + 1,
            seconds=self.seconds + sample.seconds,
            reached=self.reached or sample.at_limit,
            dropped=self.dropped or sample.ending in _DROPS,
        )
        return heard if sample.ended_at < self.next_at else heard._updated(sample.ended_at)

    def after_in_order(self, sample: Sample) -> Self:  # noqa: ARG002
        """Itself: it goes by calls as they end."""
        return self

    def _updated(self, now: float) -> Self:
        current = self.seconds / self.calls
        mean, value = current if self.mean is None else self.mean, self.value
        if self.mean is not None:
            if self.reached and not self.dropped and value < self.most and current <= mean:
                value += 1
            elif self.dropped or current >= mean + 2.5 * math.sqrt(self.var):
                value = max(1, int(0.9 * value))
        off = current - mean
        mean += 0.4 * off
        var = 0.6 * (self.var + 0.4 * off * off)
        return replace(
            self, value=value, calls=0, seconds=0.0, reached=False, dropped=False, mean=mean, var=var,
            next_at=now + mean,
        )  # fmt: skip
