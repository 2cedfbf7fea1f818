"""What it brings to choose who goes next: the largest first towards the end, the first that fits the bytes.

    python benchmarks/order.py

In virtual time, medians over seeds. Without prediction pictures go in listing order; strict means that nobody
goes before one that does not fit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from machine import machine
from manyeyes.engine import ahead, taking
from manyeyes.lab.draws import Draws
from manyeyes.lab.scenario import Scenario, Service, Sizes
from manyeyes.lab.trial import trial
from pacing_tables import interval, markdown

#: Pictures, and the last of the seeds from 1 on.
SEEDS = {44: 50, 200: 20, 2_000: 4}
#: 70 % of the variance of ln seconds lies in the pictures' sizes, which are known beforehand.
BY_SIZE = Scenario(sizes=Sizes(megabytes=4, cv=0.8, weight=1), service=Service(cv=0.3), slots=((0, 20),))
#: Sizes say nothing of the seconds, but not all pictures fit at once.
BY_BYTES = Scenario(sizes=Sizes(megabytes=4, cv=0.8), service=Service(cv=0.5), slots=((0, 40),))


@contextmanager
def rule(module: object, name: str, value: int) -> Iterator[None]:
    """Another value of a constant, for as long as the block lasts."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def bound(scenario: Scenario, seed: int, makespan_bound: float) -> float:
    """Seconds that no order can beat: also byte-seconds over the budget, one by one."""
    if scenario.memory_megabytes is None:
        return makespan_bound
    draws, budget = Draws(scenario, seed), scenario.memory_megabytes * 1e6
    pairs = zip(draws.attempt(0).seconds, draws.sizes, strict=True)
    return max(makespan_bound, sum(seconds * min(size, budget) for seconds, size in pairs) / budget)


def ratio(scenario: Scenario, policy: str, images: int) -> str:
    """Makespan over the bound: the median, and where 80 of 100 lie."""
    wanted = replace(scenario, images=images)
    trials = [trial(wanted, policy, seed) for seed in range(1, SEEDS[images] + 1)]
    ratios = [one.makespan / bound(wanted, one.seed, one.bound) for one in trials]
    middle, low, high = interval(ratios)
    return f"{middle:.3f} ({low:.2f} to {high:.2f})"


def by_size() -> Iterator[list[str]]:
    """Rows of the first table."""
    for images in SEEDS:
        for policy in ("fixed:26", "auto"):
            with rule(taking, "LAST_ROUNDS", 0):
                listing = ratio(BY_SIZE, policy, images)
            yield [f"{images:,}, {policy}", listing, ratio(BY_SIZE, policy, images)]


def by_bytes() -> Iterator[list[str]]:
    """Rows of the second table."""
    for images in (200, 2_000):
        for megabytes in (200, 80, 40):
            scenario = replace(BY_BYTES, memory_megabytes=megabytes)
            with rule(ahead, "WINDOW", 1):
                strict = ratio(scenario, "fixed:52", images)
            yield [f"{images:,}, {megabytes} MB", strict, ratio(scenario, "fixed:52", images)]


def main() -> int:
    """Print both tables."""
    print(f"{machine()}; makespan / bound: median (80 % interval)\n")
    print(markdown(["pictures, policy", "listing order", "largest first towards the end"], list(by_size())))
    print()
    print(markdown(["pictures, budget", "strict order", "first fit among 32"], list(by_bytes())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
