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
    #: A call is slow that has gone on for longer than this share of the latest answered ones took; than all
    #: of them when no second call is left.
    quantile: float = 0.8
    #: Answers that must be there before anything is called slow.
    enough: int = 20

    def patience(self, took: Sequence[float], calls: int, hedged: int) -> float | None:
        """Seconds after which a call is slow, given what the latest answered ones took, and that so many of
        so many calls were second ones; None while too few are known, and where there were enough of them."""
        if len(took) < self.enough or hedged + 1 > self.most * calls:
            return None
        share = self.quantile + (1 - self.quantile) * hedged / (self.most * calls)
        return sorted(took)[min(len(took) - 1, int(share * len(took)))]

    def places(self, latest: Sequence[tuple[float, int]], unloaded: float | None) -> float:
        """Calls that the provider works on at once, by Little's law: those in flight over how much longer
        they take than unloaded. `latest` are pairs of seconds and calls in flight, `unloaded` the mean
        logarithm of an unloaded call's seconds; infinite where that is not known."""
        if unloaded is None or not latest:
            return inf
        longer = fmean(log(max(seconds, 1e-3)) for seconds, _ in latest) - unloaded
        return fmean(in_flight for _, in_flight in latest) / max(1.0, exp(longer))
