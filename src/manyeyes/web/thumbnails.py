"""Small pictures, made once and kept on disk by what they show."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from manyeyes.model.errors import ImageError
from manyeyes.model.image import ImageRef
from manyeyes.store.finding import PictureRecord
from manyeyes.store.portfolios import picture_of
from manyeyes.web.house import House
from manyeyes.web.problems import Problem, unknown

#: Longest edges, in pixels.
SIZES = (320, 1280)


class Thumbnails:
    """Makes each small picture once, however many ask for it at a time."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._folder = house.data / "thumbnails"
        self._making: dict[Path, asyncio.Task[None]] = {}

    async def record(self, picture: str) -> PictureRecord:
        """The picture with this id. Raises Problem where there is none."""
        found = await self._house.store.carry_out(partial(picture_of, picture=picture))
        if found is None:
            raise unknown("picture", "GET /api/portfolios/{id}/images")
        return found

    async def file(self, picture: PictureRecord, size: int) -> Path:
        """The WebP of a picture, `size` pixels at its longest edge. Raises Problem where none can be made."""
        if not picture.sha256:
            raise _unseen(picture, "its bytes could not be read")
        path = self.path(picture.sha256, size)
        if not path.exists():
            task = self._making.get(path)
            if task is None:
                task = self._making[path] = asyncio.ensure_future(self._make(picture, size, path))
                task.add_done_callback(lambda _: self._making.pop(path, None))
            try:
                await asyncio.shield(task)
            except ImageError as error:
                raise _unseen(picture, str(error)) from None
        return path

    async def forget(self, hashes: Collection[str]) -> None:
        """Delete the small pictures of these sha256."""
        paths = [self.path(sha256, size) for sha256 in hashes if sha256 for size in SIZES]
        paths += [path.with_suffix(".look") for path in paths]
        await asyncio.to_thread(_delete, paths)

    def path(self, sha256: str, size: int) -> Path:
        """Where a small picture is, once it was made."""
        return self._folder / sha256[:2] / f"{sha256}-{size}.webp"

    async def original(self, picture: PictureRecord) -> bytes:
        """The picture as it came. Raises Problem where it cannot be read any more."""
        try:
            return (await self._house.read(as_listed(picture))).data
        except ImageError as error:
            raise _unseen(picture, str(error)) from None

    async def _make(self, picture: PictureRecord, size: int, path: Path) -> None:
        small = await self._house.shrink(as_listed(picture), size)
        await asyncio.to_thread(write_whole, path, small)


def as_listed(picture: PictureRecord) -> ImageRef:
    """The picture as a listing would name it."""
    return ImageRef(picture.name, picture.locator, "", picture.size)


def _delete(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Whole or not at all: another process may make the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _unseen(picture: PictureRecord, why: str) -> Problem:
    return Problem(
        409,
        "cannot-be-shown",
        f"{picture.name!r} cannot be shown: {why}",
        "see whether its file is still there",
    )
