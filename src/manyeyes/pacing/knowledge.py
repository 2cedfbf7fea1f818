"""What a run has learned of a provider, so that the next one starts warm."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import exp, inf

from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.learned import LearnedRate
from manyeyes.pacing.limit import Limit
from manyeyes.pacing.window import Learned

#: Seconds for which knowledge counts in full; the older it is, the less is believed of it.
FRESH = 3600.0
#: Seconds after which nothing of it counts.
STALE = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of one provider, model and key."""

    #: Calls in flight that went well; None while nothing was learned.
    limit: float | None = None
    #: Mean logarithm of the seconds of an unloaded call.
    baseline: float | None = None
    #: Most that may be in flight, as refusals have told.
    cap: float | None = None
    #: Calls a second, and calls at once after a rest, as refusals have told.
    rate: float | None = None
    burst: float | None = None
    #: How seconds go with pixels: the numbers of a `Work`.
    work: tuple[float, ...] | None = None
    #: Nothing has shown yet that more than `limit` would be too many.
    is_open: bool | None = None
    #: The limit that was last found to be too large.
    cut_from: float | None = None

    def aged(self, seconds: float) -> Knowledge:
        """What is left of it after so long: for an hour all, then half the limit and no refusals."""
        if seconds <= FRESH:
            return self
        if seconds > STALE or self.limit is None:
            return Knowledge(work=self.work)
        return Knowledge(limit=self.limit / 2, baseline=self.baseline, work=self.work)

    def over(self, before: Knowledge) -> Knowledge:
        """This, and what was known before wherever nothing new was learned."""
        new = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(before, **new)

    def adaptive(self, start: float, floor: int, ceiling: int) -> AdaptiveLimit:
        """A limit that starts from this knowledge; in slow start, at `start`, where there is none."""
        if self.limit is None:
            return AdaptiveLimit(limit=start, floor=floor, ceiling=ceiling)
        return AdaptiveLimit.warm(
            min(max(self._start, floor), ceiling),
            self.baseline,
            floor=floor,
            ceiling=ceiling,
            starting=bool(self.is_open),
            cut_from=inf if self.cut_from is None else self.cut_from,
            cap=inf if self.cap is None else self.cap,
        )

    @property
    def _start(self) -> float:
        """Calls in flight to start with: as many as the quota ever lets be, where nothing else held them
        back. A run that comes to it used up does not need them."""
        assert self.limit is not None
        if not self.is_open or self.rate is None or self.baseline is None:
            return self.limit
        return max(self.limit, (self.burst or 1.0) + self.rate * exp(self.baseline))

    def learned(self) -> Learned:
        """What refusals had told."""
        if self.rate is None:
            return Learned()
        return Learned(rate=LearnedRate.known(self.rate, self.burst or 1.0))


def knowledge_of(limit: Limit, learned: Learned | None) -> Knowledge:
    """What is worth keeping of a run; nothing of a limit that was pinned."""
    rate = None if learned is None else learned.rate
    known_rate, burst = rate.kept if rate is not None and rate.measured else (None, None)
    if not isinstance(limit, AdaptiveLimit):
        return Knowledge(rate=known_rate, burst=burst)
    cap = None if limit.cap == inf else limit.cap
    cut_from = None if limit.cut_from == inf else limit.cut_from
    # A cut that is still on trial is not known to be right.
    went_well = limit.limit if limit.trial is None else limit.trial.before
    return Knowledge(
        went_well, limit.baseline, cap, known_rate, burst, is_open=limit.starting, cut_from=cut_from
    )
