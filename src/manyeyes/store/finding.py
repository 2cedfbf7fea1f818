"""Finds what a person names: a run, a picture or a portfolio, by its id, the beginning of it, or its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, Table, select

from manyeyes.model.errors import SettingsError
from manyeyes.model.image import Locator
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.reports import RunSummary, list_runs, run_summary
from manyeyes.store.tables import pictures, portfolios, runs

#: Names the newest run.
LATEST = "latest"
#: So many of those that are meant alike are named in a complaint.
_NAMED = 5

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
    return _the_one(text, "run", _runs(connection, text))


def find_run_or_picture(connection: Connection, text: str = LATEST) -> RunSummary | PictureRecord:
    """What `text` names. Raises SettingsError where it names nothing, or several things."""
    if text == LATEST:
        return _latest(connection)
    found: list[RunSummary | PictureRecord] = [*_runs(connection, text), *_pictures(connection, text)]
    return _the_one(text, "run or picture", found)


def find_portfolio_or_picture(connection: Connection, text: str) -> Portfolio | PictureRecord:
    """What `text` names. Raises SettingsError where it names nothing, or several things."""
    found: list[Portfolio | PictureRecord] = [*_portfolios(connection, text), *_pictures(connection, text)]
    return _the_one(text, "portfolio or picture", found)


def _latest(connection: Connection) -> RunSummary:
    if not (newest := list_runs(connection, most=1)):
        raise SettingsError("the store holds no run yet: `manyeyes analyze` makes one")
    return newest[0]


def _the_one(text: str, what: str, found: Sequence[T]) -> T:
    if not found:
        raise SettingsError(f"{text!r} names no {what} of this store: `manyeyes runs` lists what there is")
    if len(found) > 1:
        named = "; ".join(_described(one) for one in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise SettingsError(f"{text!r} could mean {named}{more}: give more of the id")
    return found[0]


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


def _runs(connection: Connection, text: str) -> list[RunSummary]:
    called = _called(connection, select(runs.c.id), runs, text)
    return [run for row in called if (run := run_summary(connection, row.id)) is not None]


def _portfolios(connection: Connection, text: str) -> list[Portfolio]:
    called = _called(connection, select(portfolios), portfolios, text)
    return [Portfolio(row.id, row.name) for row in called]


def _pictures(connection: Connection, text: str) -> list[PictureRecord]:
    whole = select(pictures, portfolios.c.name.label("portfolio_name")).select_from(pictures.join(portfolios))
    return [
        PictureRecord(
            row.id,
            row.name,
            Portfolio(row.portfolio, row.portfolio_name),
            Locator(row.path, row.entry),
            row.size,
            row.sha256,
        )
        for row in _called(connection, whole, pictures, text)
    ]


def _called(connection: Connection, query: Select[Any], table: Table, text: str) -> Sequence[Row[Any]]:
    """Rows with this id or name; where there are none, those whose id begins so."""
    exact = table.c.id == text
    if "name" in table.c:
        exact |= table.c.name == text
    rows = connection.execute(query.where(exact).order_by(table.c.id)).all()
    if rows or not re.fullmatch("[a-z0-9]+", text):
        return rows
    begun = query.where(table.c.id.startswith(text)).order_by(table.c.id)
    # One more than are named tells that there are more.
    return connection.execute(begun.limit(_NAMED + 1)).all()
