"""Writes the gallery: one row for each picture of a portfolio, with what it is found by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.store.facets import keep_facets, values_of
from manyeyes.store.page_tables import gallery
from manyeyes.store.rows import keep
from manyeyes.store.words import descriptor_words, keep_words, take_out_words

#: What a picture may be.
WAITING, ANALYZED, FAILED = "waiting", "analyzed", "failed"
#: Bytes of a name that it is sorted by: no index of a database holds more than a few thousand.
_LONGEST_KEY = 600
_DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture as the gallery is to show it."""

    picture: str
    name: str
    sha256: str
    size: int
    status: str
    #: With the corrections made by hand.
    descriptor: StyleDescriptor | None = None
    #: Fields that were corrected by hand.
    corrected: tuple[str, ...] = ()
    #: The outcome that is shown, and its answer.
    run: str | None = None
    position: int | None = None
    answer: str | None = None


_NUMBERS = select(gallery.c.picture, gallery.c.id).where(
    gallery.c.picture.in_(bindparam("pictures", expanding=True))
)
_LAST_NUMBER = select(func.coalesce(func.max(gallery.c.id), 0))
_LAST_CHANGE = select(func.coalesce(func.max(gallery.c.changed), 0)).where(
    gallery.c.portfolio == bindparam("of_portfolio")
)


def take_in(connection: Connection, portfolio: str, entries: Sequence[Entry]) -> None:
    """Show pictures of a portfolio so, each at most once, in place of how they were shown before."""
    if not entries:
        return
    asked = {"pictures": [entry.picture for entry in entries]}
    numbers = {row.picture: row.id for row in connection.execute(_NUMBERS, asked)}
    take_out_words(connection, numbers.values())
    next_number = connection.execute(_LAST_NUMBER).scalar_one() + 1
    for entry in entries:
        if entry.picture not in numbers:
            numbers[entry.picture], next_number = next_number, next_number + 1
    changed = last_change(connection, portfolio)
    rows = [
        _row(portfolio, numbers[entry.picture], changed + place, entry)
        for place, entry in enumerate(entries, start=1)
    ]
    keep(connection, gallery, rows)
    keep_facets(
        connection,
        portfolio,
        {
            numbers[entry.picture]: values_of(entry.descriptor, entry.status, corrected=bool(entry.corrected))
            for entry in entries
        },
    )
    keep_words(connection, portfolio, {numbers[entry.picture]: _said(entry) for entry in entries})


def take_out(connection: Connection, portfolio: str, numbers: Iterable[int]) -> None:
    """Find nothing any more of pictures that are about to be deleted, by their numbers."""
    gone = list(numbers)
    take_out_words(connection, gone)
    keep_facets(connection, portfolio, dict.fromkeys(gone, ()))


def last_change(connection: Connection, portfolio: str) -> int:
    """How many changes the gallery of a portfolio has seen."""
    count: int = connection.execute(_LAST_CHANGE, {"of_portfolio": portfolio}).scalar_one()
    return count


def _row(portfolio: str, number: int, changed: int, entry: Entry) -> dict[str, Any]:
    return {
        "id": number,
        "picture": entry.picture,
        "portfolio": portfolio,
        "name_key": name_key(entry.name),
        "sha256": entry.sha256,
        "size": entry.size,
        "status": entry.status,
        "confidence": None if entry.descriptor is None else entry.descriptor.confidence,
        "changed": changed,
        "run": entry.run,
        "position": entry.position,
        "answer": entry.answer,
    }


def _said(entry: Entry) -> str:
    said = () if entry.descriptor is None else descriptor_words(entry.descriptor)
    return " ".join((entry.name, *said))


def name_key(name: str) -> str:
    """What a name is sorted by: capitals do not matter, and numbers count by their value."""
    return _DIGITS.sub(_number, name.casefold())[: _LONGEST_KEY // 4]


def _number(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    # A longer number is a larger one.
    return f"{chr(ord('0') + min(len(digits), 70))}{digits}"
