"""A limit that finds the provider's capacity by what its latencies and refusals tell.

The idea is that of adaptive concurrency limits (Netflix's concurrency-limits, Uber's Cinnamon): latency
grows with the queue in front of a service, so that the ratio of what calls take now to what they take
unloaded says how much too many are in flight. Calls to a vision model are long, noisy and few, so that
means are taken in logarithms, in the order of sending, and nothing is decided before it is significant.

Too many in flight cost latency and memory but no time; too few cost time in proportion. The limit
therefore aims at somewhat more than the capacity.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp, inf, log, log2, sqrt
from typing import Any, Self

from manyeyes.pacing.limit import Ending, Sample

#: Calls in flight at the start, where nothing is known.
START = 10
#: Calls in flight at most, whatever the latencies say.
CEILING = 256
#: Latency over unloaded latency: below, the limit grows; above `HIGH`, it is cut.
LOW, HIGH = 1.25, 1.6
#: In flight over capacity that a cut aims at.
AIM = 1.375
#: Cuts in a row that must have changed nothing before the queue is taken to be another's.
MOST_CUTS = 2
#: Standard errors that a difference must have to count.
SURE = 2.5
#: Calls of an epoch, at least and at most.
SHORTEST_EPOCH, LONGEST_EPOCH = 10, 80
#: Seconds; a first answer that took longer tells of a service that had to boot.
BOOT = 15.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Count, mean and variance of numbers, kept as they come (Welford, 1962), older ones fading."""

    n: int = 0
    mean: float = 0.0
    var: float = 0.0

    def plus(self, x: float, memory: int) -> Spread:
        """With one more number; the weight of the past is that of `memory` numbers at most."""
        n = self.n + 1 if self.n < memory else memory
        delta = x - self.mean
        mean = self.mean + delta / n
        return Spread(n, mean, self.var + (delta * (x - mean) - self.var) / n)

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return sqrt(self.var / (self.n - 1)) if self.n > 1 else inf


#: Calls whose latency is known by half octaves of the calls that were in flight.
Curve = tuple[Spread, ...]
#: Seconds for which a cap can turn out to be none.
UNDONE = 10.0
#: Calls that an unloaded latency must rest on, and that one known from before counts for.
FEWEST = 6
KNOWN = 10


def unloaded(curve: Curve) -> float | None:
    """Mean logarithm of the seconds that a call takes unloaded, and a standard error more; None while too few
    are known.

    Latency does not fall where more are in flight: this is the first value of the isotonic regression, the
    least of the means over all calls with fewer in flight than some number. A few quick ones with many in
    flight so count together with those that had fewer.
    """
    n, total, var, least = 0, 0.0, 0.0, inf
    for here in curve:
        if here.n:
            n, total, var = n + here.n, total + here.n * here.mean, var + here.n * here.var
            if n >= FEWEST:
                least = min(least, total / n + sqrt(var) / n)
    return None if least == inf else least


@dataclass(frozen=True, slots=True)
class Epoch:
    """Calls sent since the limit last moved."""

    #: Logarithms of their seconds, and of the calls that were in flight when they were sent.
    seconds: Spread = Spread()
    crowd: Spread = Spread()
    #: How many ended with as many in flight as the limit allows.
    full: int = 0

    def plus(self, z: float, in_flight: int, *, full: bool) -> Epoch:
        """With one more call."""
        crowd = self.crowd.plus(log(in_flight), LONGEST_EPOCH)
        return Epoch(self.seconds.plus(z, LONGEST_EPOCH), crowd, self.full + full)


@dataclass(frozen=True, slots=True)
class Trial:
    """A cut on trial: unless latency falls with the limit, the queue was not ours."""

    before: float
    mean: float
    cuts: int = 1


@dataclass(frozen=True, slots=True)
class AdaptiveLimit:
    """Slow start, then a band around the latency of an unloaded service; cuts are on trial."""

    limit: float = START
    floor: int = 1
    ceiling: int = CEILING
    starting: bool = True
    #: Mean logarithm of an unloaded call's seconds; None until it is known.
    baseline: float | None = None
    curve: Curve = ()
    epoch: Epoch = Epoch()
    #: When the limit last moved; calls sent before say nothing of it.
    moved_at: float = -inf
    trial: Trial | None = None
    #: The limit that was last cut for good: growth slows down on the way back to it.
    cut_from: float = inf
    #: Most that may be in flight, as refusals without a wait have told.
    cap: float = inf
    capped_at: float = -inf
    #: Times in a row that the cap was found where it was.
    confirmed: int = 0
    answered: int = 0
    #: When a service that had to boot first gave its first answer.
    booted_at: float = -inf
    #: Logarithms of the seconds of the last few calls to end during slow start.
    recent: Spread = Spread()
    #: Calls that may be in flight now: asked for far more often than it changes.
    value: int = field(init=False)

    @classmethod
    def warm(cls, limit: float, baseline: float | None, **known: Any) -> Self:
        """What an earlier run has learned: a limit past slow start, and the mean logarithm of an unloaded
        call's seconds; other fields by name."""
        curve = () if baseline is None else (Spread(KNOWN, baseline),)
        return cls(**{"limit": limit, "starting": False, "baseline": baseline, "curve": curve} | known)

    def __post_init__(self) -> None:
        most = min(self.cap, self.limit)
        value = self.ceiling if most > self.ceiling else max(self.floor, int(most))
        object.__setattr__(self, "value", value)

    @property
    def patience(self) -> float:
        """Four times what an unloaded call takes."""
        return inf if self.baseline is None else 4 * exp(self.baseline)

    def after(self, sample: Sample) -> Self:
        """Slow start grows by one with each answer; a refusal without a wait tells of a cap."""
        if sample.ending is Ending.PUSHED_BACK:
            return self._capped(sample)
        if sample.ending is not Ending.ANSWERED or not sample.at_limit:
            return self
        if self.cap <= self.limit:
            return self._cap_tried(sample)
        return self._started_more(sample) if self.starting else self

    def _started_more(self, sample: Sample) -> Self:
        """One more, unless even the calls that end first take longer than an unloaded one."""
        recent = self.recent.plus(log(max(sample.seconds, 1e-3)), 8)
        slow = self.baseline is not None and recent.mean - self.baseline > log(LOW)
        limit = self.limit if slow and recent.n == 8 else min(self.limit + 1, self.ceiling)
        return replace(self, limit=limit, recent=recent)

    def _capped(self, sample: Sample) -> Self:
        accepted = max(1, sample.in_flight - 1)
        if sample.sent_at < self.capped_at:
            # Of the same burst: the first that was refused tells best.
            return replace(self, cap=min(self.cap, accepted))
        confirmed = min(self.confirmed + 1, 4) if accepted >= self.cap - 1 else 0
        return replace(self, cap=accepted, capped_at=sample.ended_at, confirmed=confirmed, starting=False)

    def uncapped(self, now: float) -> Self:
        """What was lately taken for a cap was none."""
        if now - self.capped_at > UNDONE:
            return self
        return replace(self, cap=inf, confirmed=0)

    def _cap_tried(self, sample: Sample) -> Self:
        """One more than the cap now and then: it may have been raised."""
        if sample.ended_at - self.capped_at < 10 * 2**self.confirmed:
            return self
        return replace(self, cap=self.cap + 1, capped_at=sample.ended_at)

    def after_in_order(self, sample: Sample) -> Self:
        """Learns latencies, and moves the limit when enough of them are known."""
        if sample.ending is not Ending.ANSWERED and not sample.censored:
            return self
        if not self.answered and sample.seconds > BOOT:
            # A cold boot says nothing of latency, nor does any call that waited for it.
            return self if sample.censored else replace(self, answered=1, booted_at=sample.ended_at)
        if sample.sent_at < self.booted_at:
            return self
        learned = self._learned(sample, log(max(sample.seconds, 1e-3)))
        epoch = learned.epoch
        if epoch is self.epoch or learned.baseline is None or epoch.seconds.n < learned._enough:
            return learned
        return replace(learned, baseline=unloaded(learned.curve))._decided(sample.ended_at)

    @property
    def _enough(self) -> float:
        """Calls of an epoch."""
        if self.starting:
            return max(8, self.limit / 4)
        return max(SHORTEST_EPOCH, min(LONGEST_EPOCH, self.limit))

    def _learned(self, sample: Sample, z: float) -> Self:
        """One more latency. Every field by its place: `replace` would take longer than all the rest."""
        curve, baseline, epoch = self.curve, self.baseline, self.epoch
        bucket = int(2 * log2(sample.in_flight))
        if bucket >= len(curve):
            curve += (Spread(),) * (bucket + 1 - len(curve))
        curve = (*curve[:bucket], curve[bucket].plus(z, 60), *curve[bucket + 1 :])
        if self.starting or baseline is None:
            baseline = unloaded(curve)
        if sample.sent_at >= self.moved_at:
            epoch = epoch.plus(z, sample.in_flight, full=sample.at_limit)
        return type(self)(
            self.limit,
            self.floor,
            self.ceiling,
            self.starting,
            baseline,
            curve,
            epoch,
            self.moved_at,
            self.trial,
            self.cut_from,
            self.cap,
            self.capped_at,
            self.confirmed,
            self.answered + 1,
            self.booted_at,
            self.recent,
        )

    def _decided(self, now: float) -> Self:
        assert self.baseline is not None
        mean, error = self.epoch.seconds.mean, self.epoch.seconds.error
        over = mean - self.baseline
        trial = self.trial
        if trial is not None and trial.mean - mean < 0.3 * log(trial.before / self.limit):
            if trial.cuts == MOST_CUTS:
                return self._moved(
                    trial.before, now, baseline=mean, curve=(Spread(KNOWN, mean),), trial=None, cut_from=inf
                )
            return self._cut(over, now, replace(trial, cuts=trial.cuts + 1))
        if over > log(HIGH) and over > SURE * error:
            return self._cut(over, now, Trial(self.limit, mean))
        if self.baseline - mean > max(log(1.5), 3 * error):
            return self._moved(self.limit, now, baseline=mean, curve=(Spread(KNOWN, mean),), trial=None)
        grows = over < log(LOW) and 2 * self.epoch.full >= self.epoch.seconds.n and self.cap > self.limit
        if grows and not self.starting:
            return self._grown(now)
        return replace(self, epoch=Epoch(), trial=None)

    def _grown(self, now: float) -> Self:
        """A quarter more, but half of the way to where it was cut last, as in binary increase congestion
        control (BIC-TCP; Xu, Harfoush and Rhee, 2004)."""
        more, half = 1.25 * self.limit + 1, (self.limit + self.cut_from) / 2
        if half - self.limit < 1:
            return self._moved(more, now, trial=None, cut_from=inf)
        return self._moved(min(more, half), now, trial=None)

    def _cut(self, over: float, now: float, trial: Trial) -> Self:
        """Fewer, by how many of those that were in flight must have been waiting."""
        least = (0.4 if self.starting else 0.5) * self.limit
        aim = exp(self.epoch.crowd.mean - over) * AIM
        cut_from = self.cut_from if self.starting else trial.before
        return self._moved(
            min(max(aim, least), self.limit), now, starting=False, trial=trial, cut_from=cut_from
        )

    def _moved(self, limit: float, now: float, **changes: object) -> Self:
        bounded = min(max(limit, self.floor), self.ceiling)
        return replace(self, limit=bounded, moved_at=now, epoch=Epoch(), **changes)  # type: ignore[arg-type]
