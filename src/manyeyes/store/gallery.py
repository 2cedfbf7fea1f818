"""Reads the gallery: pictures page by page under filters, and what the filters would leave.

It shows what `refresh` has brought in; whoever looks calls that first, until it says 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from manyeyes.model.correction import corrected
from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.errors import SettingsError
from manyeyes.store import corrections
from manyeyes.store.facets import (
    CORRECTED,
    FIELDS,
    STATUS,
    Facet,
    Members,
    count_facets,
    find_members,
    in_all,
    members_of,
    size_of,
)
from manyeyes.store.indexing import ANALYZED, FAILED, last_change
from manyeyes.store.page_tables import gallery
from manyeyes.store.refreshing import refresh
from manyeyes.store.rows import to_descriptor
from manyeyes.store.sorting import Sort, beside, numbers_after
from manyeyes.store.tables import answers, outcomes, pictures
from manyeyes.store.words import find_words

__all__ = [
    "Card", "Failure", "Filters", "GalleryPage", "Sort", "card", "changed", "duplicates", "facets",
    "matching", "neighbours", "page", "refresh",
]  # fmt: skip

#: Pictures of a page at most.
LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """Which pictures of a portfolio are meant: those that pass every filter that is set."""

    #: By field (`facets.FIELDS`): one of these values; `none` for what could not be seen.
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Every word of it is in the name or in the descriptor, the last one maybe not yet finished.
    text: str = ""
    #: One of `waiting`, `analyzed` and `failed`; all where none is named.
    statuses: frozenset[str] = frozenset()
    #: The model was less sure than this, from 0 to 1.
    below: float | None = None
    #: Whether a field was corrected by hand; None where that does not matter.
    corrected: bool | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a picture has no descriptor."""

    #: `ManyeyesError.kind`.
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Card:
    """A picture, as the gallery shows it."""

    id: str
    name: str
    sha256: str
    #: Bytes of its file.
    size: int
    #: `waiting`, `analyzed` or `failed`.
    status: str
    #: With the corrections made by hand.
    descriptor: StyleDescriptor | None
    #: Fields that were corrected.
    corrected: tuple[str, ...]
    error: Failure | None
    #: 0 to 1, by the model's own estimate.
    confidence: float | None
    #: The run whose outcome is shown; None for a picture that waits.
    run: str | None
    #: A higher number changed later.
    changed: int


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """Some of the pictures that pass the filters."""

    cards: Sequence[Card]
    #: Names the next page; None where this is the last one.
    cursor: str | None
    #: Of all pages together.
    total: int


_TOTAL = select(func.count()).select_from(gallery).where(gallery.c.portfolio == bindparam("of_portfolio"))
_BELOW = select(gallery.c.id).where(
    gallery.c.portfolio == bindparam("of_portfolio"), gallery.c.confidence < bindparam("below")
)
_CARDS = select(
    *(gallery.c[name] for name in ("id", "picture", "sha256", "size", "status", "run", "changed")),
    pictures.c.name,
    answers.c.descriptor,
    outcomes.c.kind,
    outcomes.c.message,
).select_from(
    gallery.join(pictures, pictures.c.id == gallery.c.picture)
    .outerjoin(answers, answers.c.id == gallery.c.answer)
    .outerjoin(outcomes, (outcomes.c.run == gallery.c.run) & (outcomes.c.position == gallery.c.position))
)
_PAGE = _CARDS.where(gallery.c.id.in_(bindparam("numbers", expanding=True)))
_ONE = _CARDS.where(gallery.c.picture == bindparam("of_picture"))


def page(
    connection: Connection,
    portfolio: str,
    filters: Filters = Filters(),
    *,
    sort: Sort = "name",
    cursor: str | None = None,
    limit: int = 60,
) -> GalleryPage:
    """The next pictures that pass `filters`, from `cursor` on, at most 200.

    Pages keep to their places while pictures arrive. Raises SettingsError for a cursor that is none of ours,
    and for a filter that does not exist.
    """
    left = matching(connection, portfolio, filters)
    wanted = max(1, min(limit, LARGEST_PAGE))
    numbers, after = numbers_after(connection, portfolio, sort, cursor=cursor, among=left, limit=wanted)
    if left is None:
        total = connection.execute(_TOTAL, {"of_portfolio": portfolio}).scalar_one()
    else:
        total = size_of(left)
    rows = {row.id: row for row in connection.execute(_PAGE, {"numbers": numbers})}
    return GalleryPage(_cards(connection, [rows[number] for number in numbers]), after, total)


def matching(connection: Connection, portfolio: str, filters: Filters) -> Members | None:
    """The set of pictures that pass `filters`, by their numbers; None where nothing is filtered."""
    return in_all(_sets(connection, portfolio, filters).values())


def neighbours(
    connection: Connection,
    portfolio: str,
    picture: str,
    filters: Filters = Filters(),
    *,
    sort: Sort = "name",
) -> tuple[str | None, str | None]:
    """The pictures before and after one, among those that pass `filters`; None at an end.

    Raises SettingsError as `page` does.
    """
    left = in_all(_sets(connection, portfolio, filters).values())
    return beside(connection, portfolio, sort, picture=picture, among=left)


def facets(
    connection: Connection, portfolio: str, filters: Filters = Filters()
) -> Mapping[str, Sequence[Facet]]:
    """Of every field its values with their counts, each field counted with the other fields' filters."""
    chosen = {name: values for name, values in _by_field(filters).items() if values}
    return count_facets(connection, portfolio, _sets(connection, portfolio, filters), chosen)


def card(connection: Connection, picture: str) -> Card | None:
    """One picture; None where the gallery does not show it (yet)."""
    rows = connection.execute(_ONE, {"of_picture": picture}).all()
    return _cards(connection, rows)[0] if rows else None


def changed(connection: Connection, portfolio: str) -> int:
    """A number that goes up whenever the gallery of a portfolio shows something else."""
    return last_change(connection, portfolio)


def duplicates(connection: Connection, portfolio: str) -> list[list[Card]]:
    """Pictures with the same bytes, together; in the order in which they came."""
    same = (
        select(gallery.c.sha256)
        .where(gallery.c.portfolio == portfolio, gallery.c.sha256 != "")
        .group_by(gallery.c.sha256)
        .having(func.count() > 1)
    )
    rows = connection.execute(
        _CARDS.where(gallery.c.portfolio == portfolio, gallery.c.sha256.in_(same)).order_by(gallery.c.id)
    ).all()
    groups: dict[str, list[Card]] = {}
    for one in _cards(connection, rows):
        groups.setdefault(one.sha256, []).append(one)
    return list(groups.values())


def _by_field(filters: Filters) -> dict[str, frozenset[str]]:
    """What may be in each field; statuses and corrections are fields too."""
    by_field = {name: frozenset(values) for name, values in filters.values.items()}
    if unknown := set(by_field) - set(FIELDS):
        raise SettingsError(f"{min(unknown)!r} is nothing to filter by: choose one of {', '.join(FIELDS)}")
    if filters.statuses:
        by_field[STATUS] = filters.statuses
    if filters.corrected is not None:
        by_field[CORRECTED] = frozenset({"true" if filters.corrected else "false"})
    return by_field


def _sets(connection: Connection, portfolio: str, filters: Filters) -> dict[str, Members]:
    """For each filter that is set, the pictures that pass it."""
    sets: dict[str, Members] = {
        name: find_members(connection, portfolio, name, values)
        for name, values in _by_field(filters).items()
        if values
    }
    if filters.text.strip():
        sets["text"] = members_of(find_words(connection, portfolio, filters.text))
    if filters.below is not None:
        asked = {"of_portfolio": portfolio, "below": filters.below}
        sets["below"] = members_of(row.id for row in connection.execute(_BELOW, asked))
    return sets


def _cards(connection: Connection, rows: Sequence[Any]) -> list[Card]:
    by_hand = corrections.of(connection, (row.sha256 for row in rows))
    return [_card(row, by_hand.get(row.sha256, {})) for row in rows]


def _card(row: Any, changes: Mapping[str, object]) -> Card:
    descriptor = None if row.descriptor is None else corrected(to_descriptor(row.descriptor), changes)
    error = None
    if row.status == FAILED or (row.status == ANALYZED and descriptor is None):
        gone = Failure("store_error", "its answer is no longer in the store")
        error = gone if row.kind is None else Failure(row.kind, row.message)
    return Card(
        id=row.picture,
        name=row.name,
        sha256=row.sha256,
        size=row.size,
        status=row.status if error is None else FAILED,
        descriptor=descriptor,
        corrected=tuple(changes) if descriptor is not None else (),
        error=error,
        confidence=None if descriptor is None else descriptor.confidence,
        run=row.run,
        changed=row.changed,
    )
