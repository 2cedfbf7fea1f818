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
from manyeyes.model.ticket import Go, Held, Key, Unsettled
from manyeyes.store.values import Begun, RunRecord

#: Bytes of originals in memory for each decoder: a photograph of 12 megapixels, or a few small ones.
BYTES_EACH = 3_000_000


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
        known = await self._store.known(portfolio, images, self._recipe, self._run.since)
        rest, reused = [], []
        for picture, what in zip(pictures, known, strict=True):
            if what is None or what.answer is None:
                rest.append(picture)
            else:
                reused.append(self._endings.reuse(picture, what.sha256, what.answer))
        await asyncio.gather(*reused)
        return rest

    async def prepare(
        self, picture: Picture, stopping: Callable[[], bool], is_meant: Callable[[str], bool]
    ) -> Job | Key | None:
        """A job that is ready for its call; a key where another process is buying the answer to it; None
        where the picture has ended, follows another, or the run is stopping; or where it is not meant, by
        the sha256 of its bytes. Raises StoreError."""
        async with self._room.taken(picture.image.size):
            if stopping():
                return None
            try:
                original = await self._preparer.read(picture.image)
            except ImageError as error:
                await self._endings.fail(picture, "", error)
                return None
            picture = _as_read(picture, original)
            if await self._is_taken_care_of(picture, original.sha256) or not is_meant(original.sha256):
                return None
            key = Key(original.sha256, self._recipe)
            begun = await self._claims.begin(key)
            match begun:
                case Go() | Unsettled():
                    return await self._ready(picture, original, begun)
                case Held():
                    return key
            await self._endings.reuse_for_all(picture, key.sha256, begun)
            return None

    async def resume(self, picture: Picture, key: Key, begun: Begun) -> Job | None:
        """`prepare`, once nobody else buys the answer to `key` any more. Raises StoreError."""
        assert not isinstance(begun, Held)
        if not isinstance(begun, Go | Unsettled):
            await self._endings.reuse_for_all(picture, key.sha256, begun)
            return None
        async with self._room.taken(picture.image.size):
            try:
                original = await self._read_again(picture, key)
            except ImageError as error:
                # It waited without its bytes, and they are gone; copies of it may still have them.
                if (heir := self._endings.pass_lead(key.sha256)) is not None:
                    await self._endings.fail(picture, "", error)
                    return await self.resume(heir, key, begun)
                unsure = isinstance(begun, Unsettled)
                await self._endings.fail(picture, key.sha256, error, key=key, unsure=unsure)
                return None
            return await self._ready(picture, original, begun)

    async def _is_taken_care_of(self, picture: Picture, sha256: str) -> bool:
        """Whether another picture of this run with the same bytes answers, or will answer, for it."""
        if (failed := self._endings.failed(sha256)) is not None:
            await self._endings.reuse(picture, sha256, failed)
            return True
        return not self._endings.leads(picture, sha256)

    async def _ready(self, picture: Picture, original: Original, begun: Go | Unsettled) -> Job | None:
        """The job; None where the picture is no good."""
        intent = begun.intent
        left = begun.left if isinstance(begun, Unsettled) else ()
        try:
            prepared = await self._preparer.prepare(original)
        except ImageError as error:
            key = intent.key
            await self._endings.fail(picture, key.sha256, error, key=key, unsure=bool(left))
            return None
        now = asyncio.get_running_loop().time()
        return Job(picture, prepared, self._plan.recipe.ask, intent, left, intended_at=now)

    async def _read_again(self, picture: Picture, key: Key) -> Original:
        original = await self._preparer.read(picture.image)
        if original.sha256 != key.sha256:
            raise UnreadableImage(f"{picture.image.name!r} was changed during the run: run again")
        return original


def _as_read(picture: Picture, original: Original) -> Picture:
    """The picture with the version that was read: a file may have changed since it was listed."""
    image = original.ref
    return picture if image == picture.image else Picture(image, picture.id, picture.position)
