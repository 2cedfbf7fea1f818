"""What a simulated picture costs in CPU: 100,000 of them through the real engine on the virtual clock.

    python benchmarks/simulated_speed.py [--pictures 100000] [--rounds 5]

The provider is modelled, with 20 slots, 3 s and a deviation of half of that; nothing is kept, and every event
is folded into progress and told. Beside each time stands that of a fixed loop, taken just before it: a slow
machine shows in both. Exits with 1 where the median of a policy is over the goal.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence

from machine import calibration, machine, spread
from manyeyes.lab.scenario import Scenario
from manyeyes.lab.trial import trial

POLICIES = ("fixed:20", "auto")
#: CPU seconds for 100,000 pictures.
GOAL = 10.0


def cpu_seconds(policy: str, pictures: int, seed: int) -> float:
    """CPU time of one trial."""
    begun = time.process_time()
    found = trial(Scenario(images=pictures), policy, seed)
    assert found.analyzed == pictures
    return time.process_time() - begun


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    wish = parser.parse_args(words)
    print(machine())
    taken: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    loops: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    for seed in range(1, wish.rounds + 1):
        for policy in POLICIES:
            loops[policy].append(calibration())
            taken[policy].append(cpu_seconds(policy, wish.pictures, seed))
    goal = GOAL * wish.pictures / 100_000
    missed = False
    for policy, seconds in taken.items():
        over = statistics.median(seconds) > goal
        missed |= over
        print(f"{policy:9} {spread(seconds)} s of CPU for {wish.pictures:,} pictures", end="; ")
        print(f"at most {goal:g}: {'MISSED' if over else 'pass'}; the fixed loop: {spread(loops[policy])} s")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
