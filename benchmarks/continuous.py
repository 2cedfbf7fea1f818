"""Continuous admission against batches, on a provider standing in: 200 pictures, 5 at once.

The bound is max(sum of latencies / 5, longest latency), by the latencies that the provider drew.

    python benchmarks/continuous.py [--seeds 9] [--time-factor 0.5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from machine import machine, spread
from world import analyze, draw_pictures, entries, provider

AT_ONCE = 5
GOAL = 1.05


def ratio(folder: Path, seed: int, factor: float, strategy: str) -> float:
    """Seconds of one run, over the bound."""
    with tempfile.TemporaryDirectory() as place:
        journal = Path(place) / "journal.jsonl"
        weather = {"median": 2, "cv": 0.5, "seed": seed, "time_factor": factor}
        with provider(journal, **weather) as origin:
            report = analyze(
                folder, Path(place) / "runs.db", origin, "--strategy", strategy, "--concurrency", str(AT_ONCE)
            )
        latencies: list[float] = [entry["seconds"] for entry in entries(journal, "create")]
    assert report["analyzed"] == len(latencies), report
    return float(report["seconds"]) / max(sum(latencies) / AT_ONCE, *latencies)


def main() -> int:
    """Print a row for each seed, then the medians; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--time-factor", type=float, default=0.5)
    options = parser.parse_args()
    print(machine())
    ratios: dict[str, list[float]] = {"continuous": [], "batch": []}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "pictures"
        draw_pictures(folder, options.pictures)
        for seed in range(1, options.seeds + 1):
            for strategy, found in ratios.items():
                found.append(ratio(folder, seed, options.time_factor, strategy))
            print(f"seed {seed}: continuous {ratios['continuous'][-1]:.3f}, batch {ratios['batch'][-1]:.3f}")
    print(f"makespan / bound: continuous {spread(ratios['continuous'])}, batch {spread(ratios['batch'])}")
    return int(statistics.median(ratios["continuous"]) > GOAL)


if __name__ == "__main__":
    sys.exit(main())
