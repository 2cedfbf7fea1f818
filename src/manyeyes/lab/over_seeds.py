"""Trials of one policy over many seeds, summed up: the median, and what 80 of 100 lie between."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from manyeyes.lab.figures import Trial
from manyeyes.lab.scenario import Scenario
from manyeyes.lab.trial import trial


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and the tenth and the ninetieth percentile."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of one value or more; percentiles are interpolated between the nearest two."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        deciles = statistics.quantiles(values, n=10, method="inclusive")
        return cls(statistics.median(values), deciles[0], deciles[-1])


@dataclass(frozen=True, slots=True)
class OverSeeds:
    """One policy in one scenario, under one seed or more. Times are seconds."""

    policy: str
    trials: tuple[Trial, ...]

    @property
    def makespan(self) -> Spread:
        """From the first event to the last."""
        return Spread.of([trial.makespan for trial in self.trials])

    @property
    def bound(self) -> Spread:
        """What no policy can beat."""
        return Spread.of([trial.bound for trial in self.trials])

    @property
    def ratio(self) -> Spread:
        """Makespan over the bound."""
        return Spread.of([trial.ratio for trial in self.trials])

    @property
    def refused_per_100(self) -> Spread:
        """429s for each 100 pictures."""
        return Spread.of([trial.refused_per_100 for trial in self.trials])

    @property
    def extra_calls(self) -> Spread:
        """Calls that were let in beyond one for each picture."""
        return Spread.of([trial.extra_calls for trial in self.trials])

    @property
    def p99(self) -> Spread:
        """What 99 of 100 answered calls took at most."""
        return Spread.of([trial.p99 for trial in self.trials])

    @property
    def p99_settled(self) -> Spread:
        """The same of calls sent after the first third of the run."""
        return Spread.of([trial.p99_settled for trial in self.trials])

    @property
    def p99_unloaded(self) -> float:
        """What the service itself takes in 99 of 100 calls."""
        return self.trials[0].p99_unloaded

    @property
    def t90(self) -> Spread | None:
        """When 90 % of the best throughput was reached; None where most trials never did."""
        times = [trial.t90 for trial in self.trials if trial.t90 is not None]
        return Spread.of(times) if 2 * len(times) > len(self.trials) else None

    @property
    def lost(self) -> int:
        """Pictures that ended without an answer, in all trials together."""
        return sum(trial.lost for trial in self.trials)

    @property
    def eta_error(self) -> float | None:
        """How far the time left was off, as a share of the run: the median of all that was told."""
        errors = [check.error for trial in self.trials for check in trial.etas]
        return statistics.median(errors) if errors else None

    @property
    def eta_coverage(self) -> float | None:
        """Share of the told intervals that held what it came to; None where none was told."""
        covered = [check.covered for trial in self.trials for check in trial.etas]
        told = [each for each in covered if each is not None]
        return statistics.mean(told) if told else None


def over_seeds(scenario: Scenario, policy: str, seeds: Sequence[int]) -> OverSeeds:
    """A trial for each seed. Raises SettingsError."""
    return OverSeeds(policy, tuple(trial(scenario, policy, seed) for seed in seeds))
