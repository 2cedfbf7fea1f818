"""What the engine itself holds does not grow with the portfolio."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Sequence
from typing import Any

from engine_world import limiter_of, parts_of, plan_for
from manyeyes.analyzers.modelled import Latency, Modelled
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.lab.numbered import Inline, Numbered
from manyeyes.model.event import Ended, Event
from manyeyes.model.image import ImageRef
from manyeyes.model.progress import Progress
from manyeyes.store.memory import MemoryStore
from manyeyes.store.values import Known, Purchase, Result, Since


class Forgetful(MemoryStore):
    """Keeps nothing, so that what grows is not the store."""

    async def known(
        self, portfolio: Any, images: Sequence[ImageRef], recipe: str, since: Since
    ) -> list[Known | None]:
        return [None] * len(images)

    async def look_up(self, purchase: Purchase) -> None:
        return None

    async def save(self, result: Result) -> None:
        pass


def peaks(count: int) -> tuple[int, int]:
    """Most bytes and most tasks at once in the second half of a run, listing done."""
    most_tasks = 0

    def listen(event: Event, progress: Progress) -> None:
        nonlocal most_tasks
        if not isinstance(event, Ended):
            return
        if progress.current == count // 2:
            tracemalloc.start()
        if progress.current % 100 == 0:
            most_tasks = max(most_tasks, len(asyncio.all_tasks()))

    async def main() -> int:
        analyzer = Modelled(Latency(0.0))
        parts = parts_of(Numbered(count), analyzer, Forgetful(), limiter_of(5), Inline())
        async with analyzer, Run(parts, plan_for(analyzer.traits), listeners=(listen,)) as run:
            await run.wait()
        assert run.progress.analyzed == count
        return tracemalloc.get_traced_memory()[1]

    try:
        return virtual_time.run(main()), most_tasks
    finally:
        tracemalloc.stop()


def test_memory_and_tasks_are_the_same_however_many_pictures_there_are() -> None:
    few, few_tasks = peaks(5_000)
    many, many_tasks = peaks(15_000)
    # The second half of a run traces 5,000 pictures more: less than 60 bytes stay of each.
    assert many - few < 300_000
    assert few_tasks <= 40
    assert many_tasks <= 40
