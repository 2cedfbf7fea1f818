"""The learned limit on the wire: `--concurrency auto` against a provider whose limits nobody tells.

Three providers stand in: one that works on 20 calls at once, one that takes 600 creates a minute, 30 at
once, and one that does so without saying in its headers what is left. 600 pictures, a median of 0.6 s. The
bound is the greatest of the latencies drawn over the slots, the longest of them, and the time at which the
bucket can have let the last create in.

    python benchmarks/wire.py [--pictures 600] [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from machine import machine, spread
from world import analyze, draw_pictures, entries, provider

SLOTS, PER_MINUTE, BURST = 20, 600, 30
WORLDS: Mapping[str, Mapping[str, object]] = {
    f"{SLOTS} slots": {"capacity": SLOTS, "creates_per_minute": 60_000},
    f"{PER_MINUTE} a minute": {"creates_per_minute": PER_MINUTE, "create_burst": BURST},
    f"{PER_MINUTE} a minute, untold": {
        "creates_per_minute": PER_MINUTE,
        "create_burst": BURST,
        "announced": False,
        "throttle_form": "resets+header",
    },
}
GOAL, MOST_REFUSED = 1.25, 5.0


def bound(world: str, latencies: list[float]) -> float:
    """Seconds that nobody could beat."""
    if "capacity" in WORLDS[world]:
        return max(sum(latencies) / SLOTS, *latencies)
    return max((len(latencies) - BURST) * 60 / PER_MINUTE + min(latencies), *latencies)


def run(world: str, folder: Path, seed: int, store: Path, *flags: str) -> tuple[float, float, int]:
    """Seconds over the bound, 429s for each 100 pictures, and pictures lost, of one run."""
    with tempfile.TemporaryDirectory() as place:
        journal = Path(place) / "journal.jsonl"
        with provider(journal, median=0.6, cv=0.5, seed=seed, **WORLDS[world]) as origin:
            report = analyze(folder, store, origin, "--concurrency", "auto", *flags)
        latencies: list[float] = [entry["seconds"] for entry in entries(journal, "create")]
        refused = len(entries(journal, "refused"))
    lost = report["total"] - report["analyzed"]
    return report["seconds"] / bound(world, latencies), 100 * refused / report["total"], lost


def main() -> int:
    """Print a row for each provider; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    missed = False
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "pictures"
        draw_pictures(folder, options.pictures)
        for world in WORLDS:
            runs = [
                run(world, folder, seed, Path(place) / f"{world}-{seed}.db")
                for seed in range(1, options.rounds + 1)
            ]
            ratios, refused, lost = zip(*runs, strict=True)
            print(f"{world}: {spread(list(ratios))} of the bound, {spread(list(refused))} 429s per 100")
            print(f"  {sum(lost)} lost (goals: {GOAL}, {MOST_REFUSED:g}, 0)")
            missed |= statistics.median(ratios) > GOAL or statistics.median(refused) > MOST_REFUSED
            missed |= sum(lost) > 0
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
