"""How sure the answers of a portfolio are, by the model's own estimate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

#: Below it an answer is one to look at again.
UNSURE = 0.5
#: Of the histogram, from 0 to 1.
BARS = 10
#: Confidence is counted in steps of a thousandth, so that memory does not grow with the portfolio.
_STEPS = 1000
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True)
class TypeSureness:
    """How sure the answers on one type of garment are."""

    garment_type: str
    #: Answers on it that tell their confidence.
    known: int
    median: float
    #: Those below `UNSURE`.
    unsure: int

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them."""
        return {
            "value": self.garment_type,
            "known": self.known,
            "median": self.median,
            "unsure": self.unsure,
        }


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure the answers are, 0 to 1; quantiles are exact to a thousandth."""

    #: Answers.
    of: int = 0
    #: Those that tell their confidence.
    known: int = 0
    mean: float | None = None
    #: Answers from 0 to below 0.1, …, from 0.9 to 1.
    histogram: tuple[int, ...] = (0,) * BARS
    #: The least confidence that such a part of the answers does not exceed: 0.1, 0.25, 0.5, 0.75, 0.9.
    quantiles: Mapping[float, float] = field(default_factory=dict)
    #: Answers below `UNSURE`.
    unsure: int = 0
    #: By type of garment, the least sure first.
    by_garment: tuple[TypeSureness, ...] = ()

    @property
    def median(self) -> float | None:
        """Half of the answers are no surer than this."""
        return self.quantiles.get(0.5)

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them."""
        return {
            "of": self.of,
            "known": self.known,
            "mean": self.mean,
            "histogram": list(self.histogram),
            "quantiles": {f"{part:g}": value for part, value in self.quantiles.items()},
            "unsure": self.unsure,
            "unsureBelow": UNSURE,
            "byGarment": [each.as_json() for each in self.by_garment],
        }


@dataclass(slots=True)
class Confidences:
    """Counts confidences, by type of garment."""

    answers: int = 0
    steps: dict[str | None, Counter[int]] = field(default_factory=dict)

    def add(self, garment_type: str | None, confidence: float | None) -> None:
        """Count one answer."""
        self.answers += 1
        if confidence is not None and math.isfinite(confidence):
            step = round(min(max(confidence, 0.0), 1.0) * _STEPS)
            self.steps.setdefault(garment_type, Counter())[step] += 1

    def summed(self) -> Sureness:
        """What they come to."""
        every: Counter[int] = sum(self.steps.values(), Counter())
        known = every.total()
        if not known:
            return Sureness(self.answers)
        histogram = [0] * BARS
        for step, count in every.items():
            histogram[min(step * BARS // _STEPS, BARS - 1)] += count
        return Sureness(
            self.answers,
            known,
            round(sum(step * count for step, count in every.items()) / known / _STEPS, 3),
            tuple(histogram),
            {part: _quantile(every, part) for part in _QUANTILES},
            _unsure(every),
            self._by_garment(),
        )

    def _by_garment(self) -> tuple[TypeSureness, ...]:
        each = [
            TypeSureness(garment, steps.total(), _quantile(steps, 0.5), _unsure(steps))
            for garment, steps in self.steps.items()
            if garment is not None
        ]
        return tuple(sorted(each, key=lambda one: (one.median, one.garment_type)))


def _unsure(steps: Counter[int]) -> int:
    return sum(count for step, count in steps.items() if step < UNSURE * _STEPS)


def _quantile(steps: Counter[int], part: float) -> float:
    """The least value that at least such a part does not exceed (Hyndman and Fan 1996, definition 1)."""
    wanted, seen = math.ceil(part * steps.total()), 0
    for step in sorted(steps):
        seen += steps[step]
        if seen >= wanted:
            return step / _STEPS
    raise AssertionError(steps)
