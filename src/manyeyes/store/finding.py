"""Finds what a person names: a run, a picture or a portfolio, by its id, the beginning of it, or its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Table, false, or_, select

from manyeyes.model.errors import SettingsError
from manyeyes.model.image import Locator
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.reports import RunSummary, list_runs, run_summary
from manyeyes.store.tables import pictures, portfolios, runs

#: Names the newest run.
LATEST = "latest"
#: So many of those that are meant alike are named in a complaint.
_NAMED = 5
#: So many are looked for: enough to tell that there are too many.
_ENOUGH = 100
_ID = re.compile("[a-z0-9]+")

#: Which rows of a table are meant.
Where = Callable[[Table], ColumnElement[bool]]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """A picture of a portfolio as it was last seen."""

    id: str
    name: str
    portfolio: Portfolio
    locator: Locator
    #: Bytes, before decoding.
    size: int
    #: Empty where its bytes could not be read.
    sha256: str


def find_run(connection: Connection, text: str = LATEST) -> RunSummary:
    """The run that `text` names. Raises SettingsError where it names none, or several."""
    if text == LATEST:
        return _latest(connection)
    return _find(text, "run", lambda where: _runs(connection, where))


def find_run_or_picture(connection: Connection, text: str = LATEST) -> RunSummary | PictureRecord:
    """What `text` names. Raises SettingsError where it names nothing, or several things."""
    if text == LATEST:
        return _latest(connection)

    def among(where: Where) -> list[RunSummary | PictureRecord]:
        return [*_runs(connection, where), *_pictures(connection, where)]

    return _find(text, "run or picture", among)


def find_portfolio_or_picture(connection: Connection, text: str) -> Portfolio | PictureRecord:
    """What `text` names. Raises SettingsError where it names nothing, or several things."""

    def among(where: Where) -> list[Portfolio | PictureRecord]:
        return [*_portfolios(connection, where), *_pictures(connection, where)]

    return _find(text, "portfolio or picture", among)


def find_run_or_portfolio(connection: Connection, text: str = LATEST) -> RunSummary | Portfolio:
    """What `text` names. Raises SettingsError where it names nothing, or several things."""
    if text == LATEST:
        return _latest(connection)

    def among(where: Where) -> list[RunSummary | Portfolio]:
        return [*_runs(connection, where), *_portfolios(connection, where)]

    return _find(text, "run or portfolio", among)


def _latest(connection: Connection) -> RunSummary:
    if not (newest := list_runs(connection, most=1)):
        raise SettingsError("the store holds no run yet: `manyeyes analyze` makes one")
    return newest[0]


def _find(text: str, what: str, among: Callable[[Where], Sequence[T]]) -> T:
    """The one thing that is called so; where nothing is, the one whose id begins so."""
    found = among(partial(_is_called, text)) or among(partial(_begins, text))
    if not found:
        raise SettingsError(f"{text!r} names no {what} of this store: `manyeyes runs` lists what there is")
    if len(found) > 1:
        named = "; ".join(_described(one) for one in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise SettingsError(f"{text!r} could mean {named}{more}: give more of the id")
    return found[0]


def _is_called(text: str, table: Table) -> ColumnElement[bool]:
    by_name = table.c.name == text if "name" in table.c else false()
    return or_(by_name, table.c.id == text) if _ID.fullmatch(text) else by_name


def _begins(text: str, table: Table) -> ColumnElement[bool]:
    return table.c.id.startswith(text) if _ID.fullmatch(text) else false()


def _described(found: object) -> str:
    match found:
        case PictureRecord(id=id_, name=name, portfolio=portfolio):
            return f"picture {id_} ({name!r} of {portfolio.name!r})"
        case Portfolio(id=id_, name=name):
            return f"portfolio {id_} ({name!r})"
        case RunSummary(id=id_):
            return f"run {id_}"
        case _:
            raise AssertionError(found)


def _runs(connection: Connection, where: Where) -> list[RunSummary]:
    rows = connection.execute(select(runs.c.id).where(where(runs)).order_by(runs.c.id).limit(_ENOUGH)).all()
    return [run for row in rows if (run := run_summary(connection, row.id)) is not None]


def _portfolios(connection: Connection, where: Where) -> list[Portfolio]:
    asked = select(portfolios).where(where(portfolios)).order_by(portfolios.c.id).limit(_ENOUGH)
    return [Portfolio(row.id, row.name) for row in connection.execute(asked)]


def _pictures(connection: Connection, where: Where) -> list[PictureRecord]:
    asked = (
        select(pictures, portfolios.c.name.label("portfolio_name"))
        .select_from(pictures.join(portfolios))
        .where(where(pictures))
        .order_by(pictures.c.id)
        .limit(_ENOUGH)
    )
    return [
        PictureRecord(
            row.id,
            row.name,
            Portfolio(row.portfolio, row.portfolio_name),
            Locator(row.path, row.entry),
            row.size,
            row.sha256,
        )
        for row in connection.execute(asked)
    ]
