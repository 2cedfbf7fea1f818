"""Pictures of a portfolio that look alike: what each looks like is worked out once, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from manyeyes.model.errors import ImageError
from manyeyes.store.finding import PictureRecord
from manyeyes.store.gallery import Card, card
from manyeyes.store.portfolios import pictures_of
from manyeyes.web.gallery import Gallery
from manyeyes.web.house import House
from manyeyes.web.thumbnails import SIZES, Thumbnails, as_listed, write_whole

#: Pictures that are looked at together.
_AT_ONCE = 32


class Likenesses:
    """Finds the nearest of all pictures of a portfolio, exactly."""

    def __init__(self, house: House, thumbnails: Thumbnails, gallery: Gallery) -> None:
        self._house = house
        self._thumbnails = thumbnails
        self._gallery = gallery

    async def of(self, picture: str, most: int) -> list[tuple[Card, float]]:
        """The pictures most like this one, the nearest first, each with its distance: 0 for the same pixels.

        Raises Problem for a picture that is not there, or cannot be looked at any more.
        """
        one = await self._thumbnails.record(picture)
        mine = await self._look_or_problem(one)
        await self._gallery.refresh(one.portfolio.id)
        records = await self._house.store.carry_out(partial(pictures_of, portfolio=one.portfolio.id))
        others = [record for record in records if record.id != picture]
        looks = await self._looks(others)
        known = [(record, look) for record, look in zip(others, looks, strict=True) if look is not None]
        near = await asyncio.to_thread(self._house.nearest, [look for _, look in known], mine, most)
        found = [(known[place][0].id, distance) for place, distance in near]
        shown = [(await self._card(id_), distance) for id_, distance in found]
        return [(each, distance) for each, distance in shown if each is not None]

    async def _card(self, picture: str) -> Card | None:
        return await self._house.store.carry_out(partial(card, picture=picture))

    async def _look_or_problem(self, record: PictureRecord) -> bytes:
        [look] = await self._looks([record])
        if look is None:
            # Making it small says what is wrong with it.
            await self._thumbnails.file(record, SIZES[0])
            [look] = await self._looks([record])
        assert look is not None
        return look

    async def _looks(self, records: Sequence[PictureRecord]) -> list[bytes | None]:
        """What each looks like; None for what cannot be looked at."""
        looks: list[bytes | None] = await asyncio.to_thread(_read, [self._path(each) for each in records])
        missing = iter([place for place, look in enumerate(looks) if look is None])
        while some := list(islice(missing, _AT_ONCE)):
            made = await asyncio.gather(*(self._make(records[place]) for place in some))
            for place, look in zip(some, made, strict=True):
                looks[place] = look
        return looks

    async def _make(self, record: PictureRecord) -> bytes | None:
        try:
            look = await self._house.look_of(
                as_listed(record), self._thumbnails.path(record.sha256, SIZES[0])
            )
        except ImageError:
            return None
        await asyncio.to_thread(write_whole, self._path(record), look)
        return look

    def _path(self, record: PictureRecord) -> Path:
        return self._thumbnails.path(record.sha256, SIZES[0]).with_suffix(".look")


def _read(paths: Sequence[Path]) -> list[bytes | None]:
    return [path.read_bytes() if path.exists() else None for path in paths]
