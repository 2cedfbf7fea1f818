"""Portfolios as a page lists them: made by an upload or by a run, with what is in them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, not_, select, tuple_, update

from manyeyes.model.errors import SettingsError
from manyeyes.model.image import Locator
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.finding import PictureRecord
from manyeyes.store.indexing import WAITING, Entry, take_in
from manyeyes.store.page_tables import gallery
from manyeyes.store.reports import RunSummary, run_summary
from manyeyes.store.rows import keep, new_id
from manyeyes.store.tables import outcomes, pictures, portfolios, runs


@dataclass(frozen=True, slots=True)
class PortfolioSummary:
    """A portfolio, as a list shows it. Times are seconds since the epoch."""

    portfolio: Portfolio
    #: Where pictures that were uploaded lie; None where they are the user's own files.
    folder: str | None
    created: float
    pictures: int
    analyzed: int
    failed: int
    #: Uploaded, and not looked at yet.
    waiting: int
    #: Of all pictures together.
    bytes: int
    newest_run: RunSummary | None


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture that arrived in a portfolio and was looked at by nobody yet."""

    locator: Locator
    name: str
    version: str
    size: int
    sha256: str


def create(connection: Connection, name: str, folder: str) -> Portfolio:
    """Make a portfolio whose only source is `folder`, given as its real path (`os.path.realpath`).

    A run of that folder, started by whomever, is a run of this portfolio.
    """
    fresh = Portfolio(new_id(), name)
    connection.execute(
        insert(portfolios).values(
            id=fresh.id, name=name, origin=json.dumps([folder]), created=time.time(), folder=folder
        )
    )
    return fresh


def rename(connection: Connection, portfolio: str, name: str) -> None:
    """Call a portfolio something else."""
    connection.execute(update(portfolios).where(portfolios.c.id == portfolio).values(name=name))


def sources_of(connection: Connection, portfolio: str) -> tuple[str, ...]:
    """Where a portfolio's pictures come from. Raises SettingsError where there is no such portfolio."""
    origin = connection.execute(
        select(portfolios.c.origin).where(portfolios.c.id == portfolio)
    ).scalar_one_or_none()
    if origin is None:
        raise SettingsError(f"{portfolio!r} is no portfolio of this store: take its id from the list of them")
    return tuple(json.loads(origin))


def list_portfolios(
    connection: Connection, *, after: str | None = None, most: int = 50
) -> list[PortfolioSummary]:
    """Portfolios, newest first; of a longer list, those after the one with this id."""
    asked = select(portfolios).order_by(portfolios.c.created.desc(), portfolios.c.id.desc()).limit(most)
    if after is not None:
        last = select(portfolios.c.created, portfolios.c.id).where(portfolios.c.id == after)
        asked = asked.where(tuple_(portfolios.c.created, portfolios.c.id) < last.scalar_subquery())
    return _summaries(connection, asked)


def portfolio_summary(connection: Connection, portfolio: str) -> PortfolioSummary | None:
    """The portfolio with this id."""
    found = _summaries(connection, select(portfolios).where(portfolios.c.id == portfolio))
    return found[0] if found else None


def add_pictures(connection: Connection, portfolio: Portfolio, arrived: Sequence[NewPicture]) -> list[str]:
    """Keep pictures that arrived; they wait to be analyzed. Gives back their ids, in the same order."""
    ids = {portfolio.picture_id(one.locator): one for one in arrived}
    before = _hashes(connection, ids)
    keep(connection, pictures, [_picture_row(portfolio, id_, one) for id_, one in ids.items()])
    fresh = [
        Entry(id_, one.name, one.sha256, one.size, WAITING)
        for id_, one in ids.items()
        if before.get(id_) != one.sha256
    ]
    take_in(connection, portfolio.id, fresh)
    return [portfolio.picture_id(one.locator) for one in arrived]


def held(connection: Connection, portfolio: str, hashes: Iterable[str]) -> Mapping[str, str]:
    """Of pictures with these sha256, those that the portfolio holds already: sha256 to a name."""
    rows = connection.execute(
        select(gallery.c.sha256, pictures.c.name)
        .select_from(gallery.join(pictures, pictures.c.id == gallery.c.picture))
        .where(gallery.c.portfolio == portfolio, gallery.c.sha256.in_(list(hashes)))
        .order_by(gallery.c.id.desc())
    )
    return {row.sha256: row.name for row in rows}


def picture_of(connection: Connection, picture: str) -> PictureRecord | None:
    """The picture with exactly this id."""
    row = connection.execute(
        select(pictures, portfolios.c.name.label("portfolio_name"))
        .select_from(pictures.join(portfolios))
        .where(pictures.c.id == picture)
    ).one_or_none()
    return None if row is None else _record(row)


def pictures_of(connection: Connection, portfolio: str) -> list[PictureRecord]:
    """Every picture of a portfolio whose bytes could be read."""
    asked = (
        select(pictures, portfolios.c.name.label("portfolio_name"))
        .select_from(pictures.join(portfolios))
        .where(pictures.c.portfolio == portfolio, pictures.c.sha256 != "")
        .order_by(pictures.c.id)
    )
    return [_record(row) for row in connection.execute(asked)]


def _record(row: Any) -> PictureRecord:
    portfolio = Portfolio(row.portfolio, row.portfolio_name)
    return PictureRecord(row.id, row.name, portfolio, Locator(row.path, row.entry), row.size, row.sha256)


def _picture_row(portfolio: Portfolio, picture: str, arrived: NewPicture) -> dict[str, Any]:
    return {
        "id": picture,
        "portfolio": portfolio.id,
        "path": arrived.locator.path,
        "entry": arrived.locator.entry,
        "name": arrived.name,
        "version": arrived.version,
        "size": arrived.size,
        "sha256": arrived.sha256,
    }


def _hashes(connection: Connection, picture_ids: Iterable[str]) -> Mapping[str, str]:
    asked = select(gallery.c.picture, gallery.c.sha256).where(gallery.c.picture.in_(list(picture_ids)))
    return {row.picture: row.sha256 for row in connection.execute(asked)}


def _summaries(connection: Connection, asked: Select[Any]) -> list[PortfolioSummary]:
    return [_summary(connection, row) for row in connection.execute(asked).all()]


def _summary(connection: Connection, row: Any) -> PortfolioSummary:
    counts, size = _counts(connection, row.id)
    of_it = select(runs.c.id).where(runs.c.portfolio == row.id)
    newest = connection.execute(
        of_it.order_by(runs.c.started.desc(), runs.c.id).limit(1)
    ).scalar_one_or_none()
    return PortfolioSummary(
        portfolio=Portfolio(row.id, row.name),
        folder=row.folder,
        created=row.created,
        pictures=sum(counts.values()),
        analyzed=counts["analyzed"],
        failed=counts["failed"],
        waiting=counts["waiting"],
        bytes=size,
        newest_run=None if newest is None else run_summary(connection, newest),
    )


#: Pictures whose latest outcomes nobody has brought into the gallery yet, and as what they stand there.
_FRESH = (
    select(
        pictures.c.size,
        gallery.c.status.label("before"),
        func.count().filter(outcomes.c.kind.is_(None)).label("analyzed"),
    )
    .select_from(
        runs.join(outcomes, outcomes.c.run == runs.c.id)
        .join(pictures, pictures.c.id == outcomes.c.picture)
        .outerjoin(gallery, gallery.c.picture == pictures.c.id)
    )
    .where(runs.c.portfolio == bindparam("of_portfolio"), not_(outcomes.c.shown))
    .group_by(pictures.c.id, pictures.c.size, gallery.c.status)
)


def _counts(connection: Connection, portfolio: str) -> tuple[dict[str, int], int]:
    """Pictures by their status, and the bytes of all: as the gallery has them, and as it would have those
    that nobody has looked at yet."""
    counts = {"waiting": 0, "analyzed": 0, "failed": 0}
    size = 0
    in_gallery = (
        select(gallery.c.status, func.count().label("number"), func.sum(gallery.c.size).label("size"))
        .where(gallery.c.portfolio == portfolio)
        .group_by(gallery.c.status)
    )
    for row in connection.execute(in_gallery):
        counts[row.status] += row.number
        size += int(row.size)
    for row in connection.execute(_FRESH, {"of_portfolio": portfolio}):
        if row.before is None:
            size += row.size
        else:
            counts[row.before] -= 1
        counts["analyzed" if row.analyzed or row.before == "analyzed" else "failed"] += 1
    return counts, size
