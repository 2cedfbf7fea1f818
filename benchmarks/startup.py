"""CPU seconds of `manyeyes --help`, beside a bare interpreter and a fixed loop.

python benchmarks/startup.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from machine import calibration, machine, spread

GOAL = 0.3
ROUNDS = 5


def cpu(*words: str) -> float:
    """CPU seconds of a command."""
    before = os.times()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Print the figures; 1 where the goal is missed."""
    print(machine())
    helped, bare, loop = [], [], []
    for _ in range(ROUNDS):
        helped.append(cpu(sys.executable, "-m", "manyeyes", "--help"))
        bare.append(cpu(sys.executable, "-c", "pass"))
        loop.append(calibration())
    print(f"manyeyes --help: {spread(helped)} s of CPU (goal {GOAL})")
    print(f"bare interpreter: {spread(bare)} s; fixed loop of 3,000,000 rounds: {spread(loop)} s")
    return int(statistics.median(helped) > GOAL)


if __name__ == "__main__":
    sys.exit(main())
