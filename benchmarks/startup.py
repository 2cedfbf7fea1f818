"""CPU seconds of `manyeyes --help` and of analyzing one picture, beside a bare interpreter and a fixed loop.

python benchmarks/startup.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from machine import calibration, machine, spread
from manyeyes.lab.sample import draw_sample

#: Of `manyeyes --help`.
GOAL = 0.3
ROUNDS = 9


def cpu(*words: str) -> float:
    """CPU seconds of a command."""
    before = os.times()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def commands(folder: Path) -> dict[str, tuple[str, ...]]:
    """What is measured, by name; one picture is drawn into `folder`, whose store is a new one each time."""
    draw_sample(folder / "pictures", 1)
    analyze = ("analyze", str(folder / "pictures"), "--analyzer", "local", "--store", "sqlite://")
    return {
        "manyeyes --help": ("-m", "manyeyes", "--help"),
        "manyeyes analyze, one picture": ("-m", "manyeyes", *analyze),
        "bare interpreter": ("-c", "pass"),
    }


def main() -> int:
    """Print the figures; 1 where the goal is missed."""
    print(machine())
    # As an installed package has it: its modules compiled before, and not anew at each start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    loop = []
    with TemporaryDirectory() as folder:
        measured = commands(Path(folder))
        taken: dict[str, list[float]] = {name: [] for name in measured}
        for name, words in [*measured.items()] * (1 + ROUNDS):
            taken[name].append(cpu(sys.executable, *words))
            loop.append(calibration())
    for name, seconds in taken.items():
        # The first one compiles what is new, and fills the disk's cache.
        print(f"{name}: {spread(seconds[1:])} s of CPU")
    print(f"fixed loop of 3,000,000 rounds: {spread(loop)} s; goal for --help: {GOAL} s")
    return int(statistics.median(taken["manyeyes --help"][1:]) > GOAL)


if __name__ == "__main__":
    sys.exit(main())
