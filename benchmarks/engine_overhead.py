"""What the engine costs in CPU beside a bare semaphore loop: 20,000 pictures answered in no time.

    python benchmarks/engine_overhead.py

The analyzer is modelled with no latency, so that all time is the engine's, the store's and the reading of
the answers. Bare loop, memory store and SQLite take turns; compared are the medians of the rounds.
Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from manyeyes.analyzers.modelled import Latency, Modelled
from manyeyes.analyzers.prompt import default_ask
from manyeyes.engine.plan import Plan
from manyeyes.engine.run import Run
from manyeyes.engine.seams import Parts, Store
from manyeyes.lab.numbered import Inline, Numbered
from manyeyes.model.ask import Recipe
from manyeyes.model.descriptor import parse_descriptor
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.store.memory import MemoryStore
from manyeyes.store.sql import SqlStore

PICTURES = 20_000
AT_ONCE = 5
ROUNDS = 5
#: Times the CPU of the bare loop, at most.
GOALS = {"memory store": 8.0, "SQLite": 20.0}


async def bare() -> None:
    """The least that could be done: a semaphore, and a task for each picture."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def call() -> None:
        async with slots:
            await asyncio.sleep(0)

    await asyncio.gather(*(call() for _ in range(PICTURES)))


async def engine(opened: AbstractAsyncContextManager[Store]) -> None:
    """A whole run, every answer checked and kept."""
    async with Modelled(Latency(0.0)) as analyzer, opened as store:
        traits = analyzer.traits
        recipe = Recipe(traits.adapter, traits.base_url, traits.model, default_ask(), traits.preparation)
        limiter = Limiter(FixedLimit(AT_ONCE))
        parts = Parts(Numbered(PICTURES), Inline(), analyzer, store, limiter, parse_descriptor)
        async with Run(parts, Plan(recipe, group=AT_ONCE)) as run:
            report = await run.wait()
    assert report.progress.analyzed == PICTURES


async def on_sqlite() -> None:
    """A whole run with every answer committed to a new database file."""
    with tempfile.TemporaryDirectory() as folder:
        await engine(SqlStore(f"sqlite:///{Path(folder) / 'runs.db'}"))


WAYS: dict[str, Callable[[], Coroutine[None, None, None]]] = {
    "bare loop": bare,
    "memory store": lambda: engine(MemoryStore()),
    "SQLite": on_sqlite,
}


def cpu_seconds(way: Callable[[], Coroutine[None, None, None]]) -> float:
    """CPU time of this process, all threads, for one round."""
    begun = time.process_time()
    asyncio.run(way())
    return time.process_time() - begun


def main() -> int:
    """Measure, print, judge."""
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print(f"{PICTURES:,} pictures, {AT_ONCE} at once, CPU seconds of {ROUNDS} rounds in turns")
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            taken[name].append(cpu_seconds(way))
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    missed = False
    for name, seconds in taken.items():
        line = f"{name:12}  median {medians[name]:.3f}  from {min(seconds):.3f} to {max(seconds):.3f}"
        if name in GOALS:
            ratio = medians[name] / medians["bare loop"]
            missed |= ratio > GOALS[name]
            line += f"  {ratio:.1f} × bare (at most {GOALS[name]:.0f})"
        print(line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
