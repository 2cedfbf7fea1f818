"""Chance, drawn before a run: what befalls a call depends on seed, picture and attempt alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyeyes.lab.scenario import Scenario, Sizes

#: Streams of chance that are not drawn for each attempt.
_SIZES, _PHASES, OTHERS = 1_000_001, 1_000_002, 1_000_003


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt at each picture would come to, by the picture's place in the listing."""

    #: Seconds of work.
    seconds: Sequence[float]
    #: Whether it ends in a failure; empty where none does.
    fails: Sequence[bool]
    #: What it uses of a quota of tokens; empty where there is no such quota.
    tokens: Sequence[int]


class Draws:
    """All chance of a scenario under one seed; the same for every policy.

    Attempts are counted by calls that the provider lets in: a refusal does not change what comes after.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario
        self._seed = seed
        self._attempts: list[Attempt] = []
        self.sizes = _sizes(scenario.sizes, scenario.images, self.stream(_SIZES))
        #: Seconds of work of the first attempts, were there no stragglers.
        self.usual = self._usual(self.stream(0)).tolist()

    def stream(self, number: int) -> np.random.Generator:
        """Chance of its own for each number."""
        return np.random.default_rng((self._seed, number))

    def phases(self) -> tuple[float, float]:
        """Seconds into a minute at which the run begins, for requests and for tokens."""
        first, second = self.stream(_PHASES).uniform(0, 60, 2).tolist()
        return first, second

    def attempt(self, number: int) -> Attempt:
        """The attempts of this number, from 0."""
        while len(self._attempts) <= number:
            self._attempts.append(self._drawn(len(self._attempts)))
        return self._attempts[number]

    def _usual(self, stream: np.random.Generator) -> np.ndarray:
        service, sizes = self._scenario.service, self._scenario.sizes
        work = service.median * np.exp(service.sigma * stream.standard_normal(self._scenario.images))
        if sizes.weight:
            work *= (np.array(self.sizes) / (sizes.megabytes * 1e6)) ** sizes.weight
        return work

    def _drawn(self, number: int) -> Attempt:
        scenario, stream = self._scenario, self.stream(number)
        work = self._usual(stream)
        slow, fails = stream.random((2, scenario.images))
        work[slow < scenario.service.stragglers] *= scenario.service.straggler_factor
        tokens = stream.standard_normal(scenario.images)
        return Attempt(
            work.tolist(),
            (fails < scenario.failures).tolist() if scenario.failures else (),
            self._tokens(tokens) if scenario.tokens is not None else (),
        )

    def _tokens(self, normal: np.ndarray) -> list[int]:
        kind = self._scenario.tokens_a_call
        variance = math.log1p(kind.cv**2)
        drawn = kind.mean * np.exp(math.sqrt(variance) * normal - variance / 2)
        return [max(1, round(count)) for count in drawn.tolist()]


def _sizes(sizes: Sizes, count: int, stream: np.random.Generator) -> list[int]:
    """Bytes of each picture."""
    variance = math.log1p(sizes.cv**2)
    drawn = sizes.megabytes * 1e6 * np.exp(math.sqrt(variance) * stream.standard_normal(count) - variance / 2)
    return [max(1, round(size)) for size in drawn.tolist()]
