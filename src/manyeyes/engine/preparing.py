"""From a listed picture to one that is ready for its call, or to its end without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from manyeyes.engine.endings import Endings
from manyeyes.engine.job import Job, Picture
from manyeyes.engine.plan import Plan
from manyeyes.engine.seams import Parts
from manyeyes.model.errors import ImageError
from manyeyes.model.image import Original
from manyeyes.model.ticket import Go, Held, Intent, Key, Unsettled
from manyeyes.store.values import Begun, Purchase, RunRecord

#: Seconds between looks at an answer that another process is buying.
HELD_SECONDS = 0.5


class Preparing:
    """Reads pictures, asks the store for leave to buy, and prepares them."""

    def __init__(self, parts: Parts, plan: Plan, run: RunRecord, endings: Endings) -> None:
        self._preparer = parts.preparer
        self._store = parts.store
        self._paid = parts.analyzer.traits.paid
        self._plan = plan
        self._run = run
        self._endings = endings
        self._recipe = plan.recipe.digest
        # Bounds the originals in memory, which are far larger than what is sent.
        self._reading = asyncio.Semaphore(2 * plan.cores)

    async def prepare(self, picture: Picture, stopping: Callable[[], bool]) -> Job | None:
        """A job that is ready for its call; None where the picture has ended, follows another, or the
        run is stopping."""
        sha256, claimed = "", None
        try:
            async with self._reading:
                original = await self._preparer.read(picture.image)
                sha256 = original.sha256
                if await self._is_answered(picture, sha256):
                    return None
                begun = await self._begin(key := Key(sha256, self._recipe))
                if isinstance(begun, Go | Unsettled):
                    claimed = key
                    return await self._ready(picture, original, begun)
            del original
            begun = await self._wait_released(key, begun, stopping)
            if isinstance(begun, Go | Unsettled):
                claimed = key
                async with self._reading:
                    return await self._ready(picture, await self._preparer.read(picture.image), begun)
            if not isinstance(begun, Held):
                await self._endings.reuse(picture, sha256, begun)
        except ImageError as error:
            await self._endings.fail(picture, sha256, error, claimed)
        return None

    async def _is_answered(self, picture: Picture, sha256: str) -> bool:
        """Whether another picture of this run with the same bytes answers, or will answer, for it."""
        if (failed := self._endings.failed(sha256)) is not None:
            await self._endings.reuse(picture, sha256, failed)
            return True
        if not self._endings.lead(sha256):
            self._endings.follow(sha256, picture)
            return True
        return False

    async def _begin(self, key: Key) -> Begun:
        purchase = Purchase(
            self._run.id,
            key,
            cancel_after=self._plan.deadline,
            answers_from=self._run.opened if self._plan.fresh else 0.0,
            noes_from=self._run.opened if self._plan.fresh or self._plan.retry_failed else 0.0,
        )
        if self._paid:
            return await self._store.begin(purchase)
        answer = await self._store.look_up(purchase)
        return Go(Intent("", key, 0.0, self._plan.deadline)) if answer is None else answer

    async def _ready(self, picture: Picture, original: Original, begun: Go | Unsettled) -> Job:
        prepared = await self._preparer.prepare(original)
        left = begun.left if isinstance(begun, Unsettled) else ()
        return Job(picture, prepared, self._plan.recipe.ask, begun.intent, left)

    async def _wait_released(self, key: Key, begun: Begun, stopping: Callable[[], bool]) -> Begun:
        """Wait, holding no bytes, until the process that buys this answer has it or gives up."""
        while isinstance(begun, Held) and not stopping():
            await asyncio.sleep(HELD_SECONDS)
            begun = await self._begin(key)
        return begun
