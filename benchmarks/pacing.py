"""How near the bound each policy comes, in every modelled provider: tables of medians over seeds.

    python benchmarks/pacing.py --out results.jsonl
    python benchmarks/pacing.py --scenarios p1-20-slots p2-bucket --policies truth aimd --sizes 44 200
    python benchmarks/pacing.py --goals

Every trial is the real engine on the virtual clock. With `--out`, each is written as it ends, and what stands
there already is not run again: a long run can be stopped and taken up. `--knowledge` adds `auto` once more,
warm with what it learned in an earlier run of 400 pictures. `--goals` runs no more than what the goals are
about. The last table says of each goal that was tried whether it was reached; exits with 1 where one was not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from machine import machine
from manyeyes.lab.policies import check_policy
from manyeyes.lab.scenario import Scenario, parse_scenario
from manyeyes.lab.trial import trial
from manyeyes.model.errors import SettingsError
from pacing_goals import HEDGED, HEDGED_WARM, WARM, judged, needs
from pacing_page import page, summary
from pacing_tables import Row, tables

SCENARIOS = Path(__file__).parent / "scenarios"
#: Pictures of a portfolio, and the last of the seeds that it is tried with, from 1 on.
SEEDS = {44: 50, 200: 50, 2_000: 10, 20_000: 3}
POLICIES = (
    "sequential", "batch:5", "batch:10", "fixed:5", "fixed:10", "fixed:20", "threshold", "aimd", "aimd-5s",
    "vegas", "gradient2", "vector", "truth",
)  # fmt: skip
#: The earlier run that makes a later one warm: its pictures, and what is added to its seed.
EARLIER_IMAGES, EARLIER_SEED = 400, 100_000
AFTER_ANOTHER = ", warm"
#: What goals are about.
JUDGED = ("truth", "auto", "auto:20", HEDGED, HEDGED_WARM, "configured", WARM)


@dataclass(frozen=True, slots=True)
class Job:
    """One trial to be made."""

    file: str
    policy: str
    images: int
    seed: int


def scenario_of(file: str) -> Scenario:
    """The scenario in a file of the folder beside this one, by its name without `.json`."""
    path = SCENARIOS / f"{file}.json"
    return parse_scenario(path.read_text("utf-8"), path.name)


def carried_out(job: Job) -> Row:
    """Make a trial; its row as it is written."""
    scenario, policy, known = replace(scenario_of(job.file), images=job.images), job.policy, None
    if policy.endswith(AFTER_ANOTHER):
        policy = policy.removesuffix(AFTER_ANOTHER)
        known = trial(replace(scenario, images=EARLIER_IMAGES), "auto", job.seed + EARLIER_SEED).learned
    result = asdict(replace(trial(scenario, policy, job.seed, known), learned=None))
    return {**result, "file": job.file, "policy": job.policy, "scenario": scenario.name}


#: Pictures from which on only what goals are about is tried: the others do as they do with 2,000.
HUGE = 20_000
#: Where the others would be refused for hours.
SLOW = "r-low-credit"


def jobs(files: Sequence[str], policies: Sequence[str], sizes: Sequence[int], most: int) -> list[Job]:
    """All trials that are wanted, small ones first."""
    return [
        Job(file, policy, images, seed)
        for images in sorted(sizes)
        for file in files
        for policy in policies
        if policy in JUDGED or (images < HUGE and file != SLOW)
        for seed in range(1, min(most, SEEDS.get(images, 10)) + 1)
    ]


def key(row: Row) -> Job:
    """Which trial a row is of."""
    return Job(str(row["file"]), str(row["policy"]), int(row["images"]), int(row["seed"]))


def run(wanted: Sequence[Job], out: Path | None, processes: int) -> Iterator[Row]:
    """Rows of all wanted trials: those that stand in `out` already, then the rest as they end."""
    done: dict[Job, Row] = {}
    if out is not None and out.exists():
        done = {key(row): row for row in map(json.loads, out.read_text("utf-8").splitlines())}
    yield from (done[job] for job in wanted if job in done)
    missing = [job for job in wanted if job not in done]
    with ProcessPoolExecutor(processes) as pool:
        for count, future in enumerate(as_completed([pool.submit(carried_out, job) for job in missing]), 1):
            row = future.result()
            if out is not None:
                with out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
            if count % 100 == 0:
                print(f"{count} of {len(missing)} trials", file=sys.stderr)
            yield row


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    files = sorted(path.stem for path in SCENARIOS.glob("*.json"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenarios", nargs="+", default=files, choices=files, metavar="NAME")
    ours = ["auto"]
    parser.add_argument("--policies", nargs="+", default=[*POLICIES, *ours], metavar="POLICY")
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SEEDS), metavar="PICTURES")
    parser.add_argument("--most-seeds", type=int, default=1000, help="fewer than the size would have")
    parser.add_argument("--out", type=Path, help="JSON lines, taken up where they end")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--knowledge", action="store_true", help="also try auto warm from an earlier run")
    parser.add_argument("--page", type=Path, help="write the tables of all policies there, as Markdown")
    parser.add_argument("--goals", action="store_true", help="try what the goals are about, and nothing else")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run what is wanted, and print the tables."""
    wish = parsed(words)
    try:
        policies = [*map(check_policy, wish.policies), *([WARM] * wish.knowledge)]
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    policies = list(JUDGED) if wish.goals else policies
    wanted = jobs(wish.scenarios, policies, wish.sizes, wish.most_seeds)
    if wish.goals:
        wanted = [job for job in wanted if needs(job.file, job.policy, job.images)]
    rows = list(run(wanted, wish.out, wish.processes))
    print(f"{machine()}; {len(rows)} trials on the virtual clock\n")
    if wish.page is not None:
        wish.page.write_text(page(rows, policies), encoding="utf-8")
    elif not wish.goals:
        print("\n\n".join(tables(rows, policies)) + "\n")
    print(summary(rows) + "\n")
    table, missed = judged(rows)
    print(table)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
