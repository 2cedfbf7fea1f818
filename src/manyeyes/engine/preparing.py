"""From a listed picture to one that is ready for its call, or to its end without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from manyeyes.engine.claims import Claims
from manyeyes.engine.endings import Endings
from manyeyes.engine.job import Job, Picture
from manyeyes.engine.plan import Plan
from manyeyes.engine.room import Room
from manyeyes.engine.seams import Parts
from manyeyes.model.errors import ImageError, UnreadableImage
from manyeyes.model.image import ImageRef, Original
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.ticket import Go, Held, Key, Unsettled
from manyeyes.store.values import Begun, RunRecord

#: Seconds between looks at an answer that another process is buying.
HELD_SECONDS = 0.5
#: Bytes of originals in memory for each decoder: what it decodes, and as much again that waits for it.
BYTES_EACH = 8_000_000


class Preparing:
    """Reads pictures, asks the store for leave to buy, and prepares them."""

    def __init__(self, parts: Parts, plan: Plan, run: RunRecord, claims: Claims, endings: Endings) -> None:
        self._preparer = parts.preparer
        self._store = parts.store
        self._plan = plan
        self._run = run
        self._claims = claims
        self._endings = endings
        self._recipe = plan.recipe.digest
        # Originals are far larger than what is sent.
        self._room = Room(plan.cores * BYTES_EACH)

    async def unanswered(self, images: Sequence[ImageRef], position: int) -> list[Picture]:
        """The pictures of a window that begins at `position`, but for those whose answer the store knows
        by place and version: these end here, unread. Raises StoreError."""
        portfolio, listed = self._run.portfolio, enumerate(images, position)
        pictures = [Picture(image, portfolio.picture_id(image.locator), at) for at, image in listed]
        if self._plan.fresh:
            return pictures
        known = await self._store.known(portfolio, images, self._recipe)
        rest, reused = [], []
        for picture, what in zip(pictures, known, strict=True):
            if what is None or what.answer is None or self._is_asked_again(what.answer):
                rest.append(picture)
            else:
                reused.append(self._endings.reuse(picture, what.sha256, what.answer))
        await asyncio.gather(*reused)
        return rest

    def _is_asked_again(self, answer: Answer | NoAnswer) -> bool:
        return self._plan.retry_failed and isinstance(answer, NoAnswer)

    async def prepare(self, picture: Picture, stopping: Callable[[], bool]) -> Job | None:
        """A job that is ready for its call; None where the picture has ended, follows another, or the
        run is stopping. Raises StoreError."""
        async with self._room.taken(picture.image.size):
            if stopping():
                return None
            try:
                original = await self._preparer.read(picture.image)
            except ImageError as error:
                await self._endings.fail(picture, "", error)
                return None
            picture = _as_read(picture, original)
            if await self._is_taken_care_of(picture, original.sha256):
                return None
            key = Key(original.sha256, self._recipe)
            begun = await self._claims.begin(key)
            if isinstance(begun, Go | Unsettled):
                return await self._ready(picture, original, begun)
        del original
        begun = await self._wait_released(key, begun, stopping)
        if isinstance(begun, Go | Unsettled):
            async with self._room.taken(picture.image.size):
                return await self._ready(picture, None, begun)
        if not isinstance(begun, Held):
            await self._endings.reuse_for_all(picture, key.sha256, begun)
        return None

    async def _is_taken_care_of(self, picture: Picture, sha256: str) -> bool:
        """Whether another picture of this run with the same bytes answers, or will answer, for it."""
        if (failed := self._endings.failed(sha256)) is not None:
            await self._endings.reuse(picture, sha256, failed)
            return True
        return not self._endings.leads(picture, sha256)

    async def _ready(self, picture: Picture, original: Original | None, begun: Go | Unsettled) -> Job | None:
        """The job, read anew where there is no `original` at hand; None where the picture is no good."""
        intent = begun.intent
        left = begun.left if isinstance(begun, Unsettled) else ()
        try:
            prepared = await self._preparer.prepare(original or await self._read_again(picture, intent.key))
        except ImageError as error:
            key = intent.key
            await self._endings.fail(picture, key.sha256, error, key=key, unsure=bool(left))
            return None
        return Job(picture, prepared, self._plan.recipe.ask, intent, left)

    async def _read_again(self, picture: Picture, key: Key) -> Original:
        original = await self._preparer.read(picture.image)
        if original.sha256 != key.sha256:
            raise UnreadableImage(f"{picture.image.name!r} was changed during the run: run again")
        return original

    async def _wait_released(self, key: Key, begun: Begun, stopping: Callable[[], bool]) -> Begun:
        """Wait, holding no bytes, until the process that buys this answer has it or gives up."""
        while isinstance(begun, Held) and not stopping():
            await asyncio.sleep(HELD_SECONDS)
            begun = await self._claims.begin(key)
        return begun


def _as_read(picture: Picture, original: Original) -> Picture:
    """The picture with the version that was read: a file may have changed since it was listed."""
    image = original.ref
    return picture if image == picture.image else Picture(image, picture.id, picture.position)
