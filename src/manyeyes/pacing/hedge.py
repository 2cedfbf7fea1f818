"""When a call that takes long is worth asking a second time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Hedge:
    """Towards the end of a portfolio the rare slow call is all that is waited for: one more is made, and the
    first answer counts (Dean & Barroso, The Tail at Scale, CACM 56(2), 2013). It costs, so few are made."""

    #: Second calls for each call of the run, at most.
    most: float = 0.05
    #: A call is slow that has gone on for longer than this share of the answered ones took.
    quantile: float = 0.9
    #: Answers that must be there before anything is called slow.
    enough: int = 20

    def patience(self, took: Sequence[float]) -> float | None:
        """Seconds after which a call is slow, given what answered ones took, in ascending order; None while
        too few are known."""
        if len(took) < self.enough:
            return None
        return took[min(len(took) - 1, int(self.quantile * len(took)))]

    def places(self, latest: Sequence[tuple[float, int]], unloaded: float | None) -> float:
        """Calls that the provider works on at once, by Little's law: those in flight over how much longer
        they take than unloaded. `latest` are pairs of seconds and calls in flight, `unloaded` the mean
        logarithm of an unloaded call's seconds; infinite where that is not known."""
        if unloaded is None or not latest:
            return inf
        longer = fmean(log(max(seconds, 1e-3)) for seconds, _ in latest) - unloaded
        return fmean(in_flight for _, in_flight in latest) / max(1.0, exp(longer))

    def allows(self, calls: int, hedged: int) -> bool:
        """Whether one more second call may be made, after so many calls of which so many were second ones."""
        return hedged + 1 <= self.most * calls
