"""Portfolios: made, renamed, listed, deleted with their pictures."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import unicodedata
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from manyeyes.model.errors import SettingsError
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.forget import forget
from manyeyes.store.portfolios import (
    PortfolioSummary,
    create,
    list_portfolios,
    portfolio_summary,
    rename,
)
from manyeyes.store.watching import hashes_of
from manyeyes.web.house import House
from manyeyes.web.problems import Problem, unknown
from manyeyes.web.runs import Runs
from manyeyes.web.thumbnails import Thumbnails

#: Characters of a name.
LONGEST_NAME = 200


class Portfolios:
    """What is done with a portfolio as a whole. Ids that are unknown raise Problem 404."""

    def __init__(self, house: House, runs: Runs, thumbnails: Thumbnails) -> None:
        self._house = house
        self._runs = runs
        self._thumbnails = thumbnails

    async def create(self, name: str) -> PortfolioSummary:
        """An empty portfolio to upload to."""
        name = fit(name)
        place = self._house.data / "portfolios" / secrets.token_hex(16)
        folder = await asyncio.to_thread(_made, place)
        made = await self._house.store.carry_out(partial(create, name=name, folder=folder))
        return await self.one(made.id)

    async def one(self, portfolio: str) -> PortfolioSummary:
        """The portfolio with this id."""
        found = await self._house.store.carry_out(partial(portfolio_summary, portfolio=portfolio))
        if found is None:
            raise unknown("portfolio", "GET /api/portfolios")
        return found

    async def page(
        self, after: str | None = None, most: int = 50
    ) -> tuple[Sequence[PortfolioSummary], str | None]:
        """Portfolios, newest first, and the id after which the next page begins; None on the last."""
        rows = await self._house.store.carry_out(partial(list_portfolios, after=after, most=most + 1))
        return rows[:most], rows[most - 1].portfolio.id if len(rows) > most else None

    async def rename(self, portfolio: str, name: str) -> PortfolioSummary:
        """Call it something else."""
        await self.one(portfolio)
        await self._house.store.carry_out(partial(rename, portfolio=portfolio, name=fit(name)))
        return await self.one(portfolio)

    async def delete(self, portfolio: str) -> None:
        """Forget it with all that is known of it; uploaded pictures are deleted, files of others are not."""
        found = await self.one(portfolio)
        await self._runs.stop_all_of(portfolio)
        await self._forget(found.portfolio)
        if found.folder is not None:
            await asyncio.to_thread(self._remove, Path(found.folder))

    async def delete_picture(self, picture: str) -> None:
        """Forget a picture with its answers; an uploaded file is deleted, those of others are not."""
        record = await self._thumbnails.record(picture)
        found = await self.one(record.portfolio.id)
        try:
            await self._house.store.carry_out(partial(forget, target=record))
        except SettingsError as error:
            raise Problem(409, "under-way", str(error), "stop that run, then delete it") from None
        await self._thumbnails.forget([record.sha256])
        if found.folder is not None and record.locator.entry is None:
            await asyncio.to_thread(self._remove, Path(record.locator.path))

    async def _forget(self, portfolio: Portfolio) -> None:
        hashes = await self._house.store.carry_out(partial(hashes_of, portfolio=portfolio.id))
        try:
            await self._house.store.carry_out(partial(forget, target=portfolio))
        except SettingsError as error:
            raise Problem(409, "under-way", str(error), "stop that run, then delete it") from None
        await self._thumbnails.forget(hashes)

    def _remove(self, place: Path) -> None:
        """Only what lies in the data folder was ever ours."""
        if not place.is_relative_to(os.path.realpath(self._house.data / "portfolios")):
            return
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)


def fit(name: str) -> str:
    """A name that can be shown on one line. Raises Problem where nothing is left of it."""
    visible = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in name)
    # Halves of characters come from broken text, and cannot be kept.
    clean = " ".join(visible.encode("utf-8", "replace").decode().split())
    if not clean or len(clean) > LONGEST_NAME:
        raise Problem(
            422,
            "no-name",
            f"a name has 1 to {LONGEST_NAME} characters that can be seen",
            "choose another name",
        )
    return clean


def _made(place: Path) -> str:
    place.mkdir(parents=True)
    return os.path.realpath(place)
