"""The learned limit on the wire: `--concurrency auto` against a provider whose limits nobody tells.

Three providers stand in: one that works on 20 calls at once, one that takes 600 creates a minute, 30 at
once, and one that does so without saying in its headers what is left. 600 pictures, a median of 0.6 s. The
bound is the greatest of the latencies drawn over the slots, the longest of them, and the time at which the
bucket can have let the last create in.

    python benchmarks/wire.py [--pictures 600] [--rounds 3]
    python benchmarks/wire.py --low-credit [--pictures 12]

With `--low-credit` it is an account that may create six predictions a minute, one at once, where refused
creates count: 12 pictures take two minutes. Nothing may be lost, and after the first two refusals there
may be one a minute. Exits with 1 where a goal is missed.
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
LOW_CREDIT: Mapping[str, object] = {"low_credit": True, "refused_count": True}


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


def low_credit(folder: Path, place: Path) -> bool:
    """Whether the goals for an account of low credit are missed."""
    journal = place / "journal.jsonl"
    with provider(journal, median=0.6, cv=0.5, **LOW_CREDIT) as origin:
        report = analyze(folder, place / "store.db", origin, "--concurrency", "auto")
    refused, minutes = len(entries(journal, "refused")), report["seconds"] / 60
    lost, most = report["total"] - report["analyzed"], 2 + minutes
    missed: bool = lost > 0 or refused > most
    print(f"low credit: {report['total']} pictures in {minutes:.1f} minutes, {lost} lost, {refused} refusals")
    print(f"  (goals: 0 lost, at most {most:.1f} refusals): {'MISSED' if missed else 'pass'}")
    return missed


def unknown_limits(folder: Path, place: Path, rounds: int) -> bool:
    """Whether a goal for providers of unknown limits is missed."""
    missed = False
    for world in WORLDS:
        runs = [run(world, folder, seed, place / f"{world}-{seed}.db") for seed in range(1, rounds + 1)]
        ratios, refused, lost = zip(*runs, strict=True)
        print(f"{world}: {spread(list(ratios))} of the bound, {spread(list(refused))} 429s per 100")
        print(f"  {sum(lost)} lost (goals: {GOAL}, {MOST_REFUSED:g}, 0)")
        missed |= statistics.median(ratios) > GOAL or statistics.median(refused) > MOST_REFUSED
        missed |= sum(lost) > 0
    return missed


def main() -> int:
    """Print a row for each provider; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, help="600, or 12 with --low-credit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--low-credit", action="store_true")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "pictures"
        draw_pictures(folder, options.pictures or (12 if options.low_credit else 600))
        if options.low_credit:
            return int(low_credit(folder, Path(place)))
        return int(unknown_limits(folder, Path(place), options.rounds))


if __name__ == "__main__":
    sys.exit(main())
