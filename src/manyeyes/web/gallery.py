"""The pictures of a portfolio with what is known of them: paged, filtered, corrected, exported."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from manyeyes.model.errors import SettingsError
from manyeyes.portrait.export import FORMATS, encoded
from manyeyes.portrait.failures import Cause, causes_of
from manyeyes.store import corrections
from manyeyes.store.facets import Facet
from manyeyes.store.finding import PictureRecord
from manyeyes.store.gallery import (
    Card,
    Filters,
    GalleryPage,
    Sort,
    card,
    duplicates,
    facets,
    page,
    refresh,
)
from manyeyes.store.latest import latest
from manyeyes.store.portfolios import picture_of, portfolio_summary
from manyeyes.store.reports import Kept, Look, history, pages
from manyeyes.web.house import House
from manyeyes.web.problems import Problem, unknown

NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class PagePlace:
    """Which page of the gallery is meant."""

    sort: Sort = "name"
    #: Of the page before; None for the first.
    cursor: str | None = None
    #: Pictures, at most 200.
    limit: int = 60


FIRST_PAGE = PagePlace()


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture with all that is known of it."""

    record: PictureRecord
    card: Card
    #: Every run that it was part of, newest first; with the model's own words.
    looks: Sequence[Look]


class Gallery:
    """Reads the gallery, brought up to date for whoever looks; and corrects what it shows."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def page(
        self, portfolio: str, filters: Filters = NO_FILTERS, place: PagePlace = FIRST_PAGE
    ) -> GalleryPage:
        """The next pictures that pass the filters. Raises Problem for an unknown portfolio, and for a cursor
        that leads nowhere."""
        await self.refresh(portfolio)
        at = partial(page, sort=place.sort, cursor=place.cursor, limit=place.limit)
        try:
            return await self._house.store.carry_out(partial(at, portfolio=portfolio, filters=filters))
        except SettingsError as error:
            raise Problem(
                404, "no-such-page", str(error), "ask for the first page, without `cursor`"
            ) from None

    async def facets(self, portfolio: str, filters: Filters = NO_FILTERS) -> Mapping[str, Sequence[Facet]]:
        """Of every field its values with their counts, each field counted under the others' filters."""
        await self.refresh(portfolio)
        return await self._house.store.carry_out(partial(facets, portfolio=portfolio, filters=filters))

    async def picture(self, picture: str) -> Picture:
        """One picture. Raises Problem where there is none."""
        record = await self._record(picture)
        await self.refresh(record.portfolio.id)
        shown = await self._house.store.carry_out(partial(card, picture=picture))
        looks = await self._house.store.carry_out(partial(history, picture=picture))
        if shown is None:
            raise unknown("picture", "GET /api/portfolios/{id}/images")
        return Picture(record, shown, looks)

    async def correct(self, picture: str, field: str, value: object) -> Card:
        """Set a field of a picture's descriptor by hand. Raises SettingsError where it cannot be that."""
        await self._record(picture)
        await self._house.store.carry_out(
            partial(corrections.correct, picture=picture, field=field, value=value)
        )
        return (await self.picture(picture)).card

    async def withdraw(self, picture: str, field: str) -> Card:
        """Let a field say again what the model said."""
        await self._record(picture)
        await self._house.store.carry_out(partial(corrections.withdraw, picture=picture, field=field))
        return (await self.picture(picture)).card

    async def failures(self, portfolio: str) -> list[Cause]:
        """What failed, by cause, as the portfolio stands."""
        await self.exists(portfolio)
        return await causes_of(self._latest(portfolio, Filters(statuses=frozenset({"failed"}))))

    async def failures_of(self, run: str) -> list[Cause]:
        """What failed in a run, by cause."""
        return await causes_of(pages(self._house.store, run, only_failed=True))

    async def duplicates(self, portfolio: str) -> list[list[Card]]:
        """Pictures with the same bytes, together."""
        await self.refresh(portfolio)
        return await self._house.store.carry_out(partial(duplicates, portfolio=portfolio))

    def kept(self, portfolio: str, *, raw: bool = False) -> AsyncIterator[Sequence[Kept]]:
        """The newest answer of each picture, some at a time; what a profile is made of."""
        return self._latest(portfolio, None, raw=raw)

    def export(self, portfolio: str, kind: str, filters: Filters, *, raw: bool) -> AsyncIterator[bytes]:
        """The results as a file: `jsonl`, `csv` or `parquet`."""
        return encoded(self._latest(portfolio, filters, raw=raw), FORMATS[f".{kind}"], raw=raw)

    def export_of(self, run: str, kind: str, *, raw: bool) -> AsyncIterator[bytes]:
        """The results of a run as a file, the same as the command line writes."""
        return encoded(pages(self._house.store, run, raw=raw), FORMATS[f".{kind}"], raw=raw)

    def _latest(
        self, portfolio: str, filters: Filters | None, *, raw: bool = False
    ) -> AsyncIterator[Sequence[Kept]]:
        return latest(self._house.store, portfolio, filters, raw=raw)

    async def exists(self, portfolio: str) -> None:
        """Raise Problem where there is no such portfolio."""
        if await self._house.store.carry_out(partial(portfolio_summary, portfolio=portfolio)) is None:
            raise unknown("portfolio", "GET /api/portfolios")

    async def refresh(self, portfolio: str) -> None:
        """Bring the gallery up to date, a little at a time: a run goes on meanwhile."""
        await self.exists(portfolio)
        while await self._house.store.carry_out(partial(refresh, portfolio=portfolio)):
            """Until it is."""

    async def _record(self, picture: str) -> PictureRecord:
        found = await self._house.store.carry_out(partial(picture_of, picture=picture))
        if found is None:
            raise unknown("picture", "GET /api/portfolios/{id}/images")
        return found


def check_format(kind: str) -> None:
    """Raise Problem where results cannot be written as `jsonl`, `csv` or `parquet` here."""
    try:
        FORMATS[f".{kind}"](False)
    except SettingsError as error:
        raise Problem(
            409, "not-installed", str(error), "install it on the server, or take jsonl or csv"
        ) from None
