"""The gallery's orders, and the cursors that lead from page to page of them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_

from manyeyes.model.errors import SettingsError
from manyeyes.store.facets import SEGMENT, Members, numbers_in, size_of
from manyeyes.store.page_tables import gallery

Sort = Literal["name", "latest", "confidence", "-confidence", "status", "size"]
SORTS: tuple[Sort, ...] = get_args(Sort)

#: So few pictures are named one by one in a question; where more are meant, so many rows are read at once to
#: find them among all.
FEW = 2_000
STEP = 1_000


@dataclass(frozen=True, slots=True)
class _Order:
    key: ColumnElement[Any]
    #: Whether a cursor's value can be a key.
    holds: Callable[[object], bool]
    descending: bool = False


def _is_name(key: object) -> bool:
    try:
        return isinstance(key, str) and key.encode("utf-8", "surrogateescape") is not None
    except UnicodeEncodeError:
        return False


def _is_word(key: object) -> bool:
    return isinstance(key, str) and key.isascii() and key.isalnum()


def _is_number(key: object) -> bool:
    return isinstance(key, int | float) and not isinstance(key, bool) and abs(key) < 2**31


# A picture whose confidence nobody told comes last either way.
_ORDERS: Mapping[str, _Order] = {
    "name": _Order(gallery.c.name_key, _is_name),
    "latest": _Order(gallery.c.changed, _is_number, descending=True),
    "confidence": _Order(func.coalesce(gallery.c.confidence, 2.0), _is_number),
    "-confidence": _Order(func.coalesce(gallery.c.confidence, -1.0), _is_number, descending=True),
    "status": _Order(gallery.c.status, _is_word),
    "size": _Order(gallery.c.size, _is_number),
}


def numbers_after(
    connection: Connection,
    portfolio: str,
    sort: Sort,
    *,
    cursor: str | None,
    among: Members | None,
    limit: int,
) -> tuple[list[int], str | None]:
    """The next pictures' numbers in an order, and the cursor of those that follow.

    `among` is the set of pictures that are meant; None for all. Raises SettingsError for a cursor or an
    order that is none of ours.
    """
    order = _order(sort)
    asked = _asked(order, portfolio)
    if cursor is not None:
        asked = asked.where(_beyond(order, *_read(cursor, sort, order)))
    # One more than is wanted tells whether any follow.
    rows = _rows(connection, order, asked, among, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    after = None if last is None else _written(sort, last.key, last.picture)
    return [row.id for row in rows[:limit]], after


def beside(
    connection: Connection, portfolio: str, sort: Sort, *, picture: str, among: Members | None
) -> tuple[str | None, str | None]:
    """The pictures before and after one in an order; None at an end, and where the gallery does not show it.

    Raises SettingsError for an order that is none of ours.
    """
    order = _order(sort)
    key = select(order.key).where(gallery.c.picture == picture)
    place = connection.execute(key).one_or_none()
    if place is None:
        return None, None
    found = []
    for turned in (replace(order, descending=not order.descending), order):
        asked = _asked(turned, portfolio).where(_beyond(turned, place[0], picture))
        rows = _rows(connection, turned, asked, among, 1)
        found.append(str(rows[0].picture) if rows else None)
    return found[0], found[1]


def _order(sort: str) -> _Order:
    if (order := _ORDERS.get(sort)) is None:
        raise SettingsError(f"{sort!r} is no order of the gallery: choose one of {', '.join(SORTS)}")
    return order


def _asked(order: _Order, portfolio: str) -> Select[Any]:
    asked = select(gallery.c.id, gallery.c.picture, order.key.label("key"))
    keys = (order.key, gallery.c.picture)
    directed = [key.desc() for key in keys] if order.descending else keys
    return asked.where(gallery.c.portfolio == portfolio).order_by(*directed)


def _beyond(order: _Order, key: object, picture: str) -> ColumnElement[bool]:
    """The pictures that follow one, whether it is still there or not."""
    place = tuple_(order.key, gallery.c.picture)
    there = (key, picture)
    return place < there if order.descending else place > there


def _rows(
    connection: Connection, order: _Order, asked: Select[Any], among: Members | None, wanted: int
) -> list[Any]:
    """The first rows of what is asked, of these pictures alone."""
    if among is None:
        return list(connection.execute(asked.limit(wanted)))
    if size_of(among) <= FEW:
        few = gallery.c.id.in_(list(numbers_in(among)))
        return list(connection.execute(asked.where(few).limit(wanted)))
    return _walked(connection, order, asked, among, wanted)


def _walked(
    connection: Connection, order: _Order, asked: Select[Any], among: Members, wanted: int
) -> list[Any]:
    """The first rows whose picture is among these, read in their order, a step at a time."""
    found: list[Any] = []
    here = asked
    while len(found) < wanted:
        rows = connection.execute(here.limit(STEP)).all()
        found += [row for row in rows if among.get(row.id // SEGMENT, 0) >> row.id % SEGMENT & 1]
        if len(rows) < STEP:
            break
        here = asked.where(_beyond(order, rows[-1].key, rows[-1].picture))
    return found[:wanted]


def _written(sort: Sort, key: object, picture: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort, key, picture]).encode()).decode().rstrip("=")


def _read(cursor: str, sort: Sort, order: _Order) -> tuple[Any, str]:
    """The place that a cursor names."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        of_sort, key, picture = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise _none_of_ours() from None
    if of_sort != sort or not order.holds(key) or not _is_word(picture):
        raise _none_of_ours()
    return key, picture


def _none_of_ours() -> SettingsError:
    return SettingsError("this cursor belongs to no page in this order: start again from the first page")
