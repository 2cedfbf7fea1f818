"""`kill -9` at random moments of a paid run, resumed each time: nothing is bought twice.

A provider stands in; it writes down every create that it carries out. At the end every picture must
have exactly one answer, and the creates must be as many as the pictures.

    python benchmarks/kill.py [--kills 20] [--pictures 120]
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from machine import machine
from world import MANYEYES, analyze, draw_pictures, entries, environment, provider


def kill_after(seconds: float, folder: Path, store: Path, origin: str) -> bool:
    """Start a run and kill it; whether it was still running."""
    words = ["analyze", str(folder), "--analyzer", "replicate", "--store", f"sqlite:///{store}"]
    # A learned number would soon be done, with nothing left to be killed.
    words += ["--concurrency", "5"]
    process = subprocess.Popen(
        [*MANYEYES, *words, "--progress", "none"],
        env=environment(origin),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def main() -> int:
    """Print what was killed, bought and answered; 1 where something was bought twice or is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(machine())
    with tempfile.TemporaryDirectory() as place:
        folder, store, journal = (Path(place) / name for name in ("pictures", "runs.db", "journal.jsonl"))
        draw_pictures(folder, options.pictures)
        with provider(journal, median=1.0, cv=0.5) as origin:
            killed = sum(
                kill_after(rng.uniform(0.7, 2.6), folder, store, origin) for _ in range(options.kills)
            )
            started = time.monotonic()
            report = analyze(folder, store, origin)
            took = time.monotonic() - started
        bought = Counter(entry["sha256"] for entry in entries(journal, "create"))
    twice = sum(count - 1 for count in bought.values())
    print(f"killed {killed} of {options.kills} runs; the last run took {took:.1f} s")
    print(
        f"{options.pictures} pictures, {report['analyzed']} answered, "
        f"{sum(bought.values())} bought, {twice} bought twice"
    )
    return int(report["analyzed"] != options.pictures or twice > 0)


if __name__ == "__main__":
    sys.exit(main())
