"""What is measured of a run in a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manyeyes.lab.scenario import Scenario
from manyeyes.model.progress import Progress
from manyeyes.pacing.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class EtaCheck:
    """A time left that was told, beside what it came to."""

    #: Of the portfolio that had ended by then.
    share: float
    told: float
    #: The interval that was told with it, if one was.
    low: float | None
    high: float | None
    actual: float
    #: Of the whole run.
    total: float

    @property
    def error(self) -> float:
        """How far it was off, as a share of the whole run."""
        return abs(self.told - self.actual) / self.total if self.total else 0.0

    @property
    def covered(self) -> bool | None:
        """Whether the interval held what it came to; None where none was told."""
        return None if self.low is None or self.high is None else self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one policy in one scenario under one seed. Times are seconds."""

    scenario: str
    policy: str
    seed: int
    images: int
    makespan: float
    #: No policy could be faster.
    bound: float
    analyzed: int
    #: Pictures that ended without an answer.
    lost: int
    #: Calls that were refused with a 429.
    refused: int
    #: Calls that were let in, but for one for each picture.
    extra_calls: int
    #: Of answered calls, from sending to answer: 99 of 100 took less.
    p99: float
    #: The same of those sent after the first third of the run.
    p99_settled: float
    #: The same of those sent after slow start had ended; of all where there is none.
    p99_after_start: float
    longest: float
    #: The 99 % that the service itself takes, when nothing queues.
    p99_unloaded: float
    #: When the run first went at 90 % of the best throughput; None where it never did.
    t90: float | None
    etas: tuple[EtaCheck, ...] = ()
    #: What `auto` has learned, for a later run.
    learned: Knowledge | None = None

    @property
    def ratio(self) -> float:
        """Makespan over the bound: 1 is perfect."""
        return self.makespan / self.bound

    @property
    def refused_per_100(self) -> float:
        """429s for each 100 pictures."""
        return 100 * self.refused / self.images


def p99(seconds: Sequence[float]) -> float:
    """What 99 of 100 stay below; 0 of none."""
    return _below(seconds, 0.99)


def p95(seconds: Sequence[float]) -> float:
    """What 95 of 100 stay below; 0 of none."""
    return _below(seconds, 0.95)


def _below(seconds: Sequence[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def best_throughput(scenario: Scenario) -> float:
    """Pictures a second that the provider can do at its best: by slots, by requests or by tokens."""
    rates = [max(slots for _, slots in scenario.slots) / scenario.service.mean] if scenario.slots else []
    for allowed, unit in ((scenario.requests, 1.0), (scenario.tokens, scenario.tokens_a_call.mean)):
        if allowed is not None:
            rates.append((allowed.per_minute - allowed.others_per_minute) / 60 / unit)
    return min(rates, default=0.0)


def time_to_speed(answered: Sequence[float], speed: float, mean: float) -> float | None:
    """When a span first began in which answers came at this speed, in answers a second; None if none did.

    The span has the time that the speed takes for 60 answers, at least twice the mean seconds of a call.
    """
    if speed <= 0:
        return None
    span = max(2 * mean, 60 / speed)
    least, ends = int(speed * span), sorted(answered)
    for first in range(len(ends) - least + 1):
        start = ends[first - 1] if first else 0.0
        if ends[first + least - 1] - start <= span:
            return start
    return None


def eta_checks(told: Sequence[tuple[float, Progress]], end: Progress) -> list[EtaCheck]:
    """The times left that were told at shares of the portfolio, beside what they came to."""
    checks = []
    for share, progress in told:
        if progress.eta_seconds is None:
            continue
        low, high = progress.eta_interval or (None, None)
        actual = end.elapsed - progress.elapsed
        checks.append(EtaCheck(share, progress.eta_seconds, low, high, actual, end.elapsed))
    return checks
