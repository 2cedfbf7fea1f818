"""What pictures are filtered and counted by: the values of their fields, and which picture has which.

For each value there is a set of pictures, kept as bits: counting what is left under any filters is then a
matter of a few thousand `and`s, however many pictures there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.store.page_tables import facets as table
from manyeyes.store.rows import keep

#: The value of a field that could not be seen: null, or an empty list.
NOT_SEEN = "none"
#: Fields of the picture rather than of its descriptor.
STATUS, CORRECTED = "status", "corrected"
#: Pictures of a segment: small enough that a value that one picture has takes little, and that a few
#: pictures are soon taken in.
SEGMENT = 1024
#: Characters of a value.
LONGEST_VALUE = 200

#: Of a field with more values, the most frequent are told.
MOST_VALUES = 100

_WORDS = (
    "garment_type", "silhouette", "fit", "neckline", "sleeve_length", "fabric", "finish", "texture",
    "pattern",
)  # fmt: skip
_PARTS = (
    ("lighting.type", "lighting", "type"),
    ("lighting.direction", "lighting", "direction"),
    ("camera.angle", "camera", "angle"),
    ("camera.height", "camera", "height"),
)
_FLAGS = ("is_patterned", "is_two_piece", "is_garment")
_LISTS = ("color_palette", "embellishments", "style_labels")
#: Every field that can be filtered by, in the order in which they are shown.
FIELDS = (*_WORDS, *(path for path, *_ in _PARTS), *_LISTS, *_FLAGS, STATUS, CORRECTED)

#: A set of pictures: segment to bits.
Members = Mapping[int, int]
#: A field, a value of it, and for a colour its hex.
Value = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True)
class Facet:
    """A value of a field, and how many pictures have it."""

    value: str
    count: int
    #: For a colour, one of those that were called so: `#rrggbb`.
    hex: str | None = None


def values_of(descriptor: StyleDescriptor | None, status: str, *, corrected: bool) -> Iterator[Value]:
    """All that a picture is filtered and counted by."""
    yield STATUS, status, None
    if descriptor is None:
        return
    yield CORRECTED, _flag(corrected), None
    for field in _WORDS:
        yield field, getattr(descriptor, field) or NOT_SEEN, None
    for field, whole, part in _PARTS:
        yield field, getattr(getattr(descriptor, whole), part) or NOT_SEEN, None
    for field in _FLAGS:
        yield field, _flag(getattr(descriptor, field)), None
    yield from _of_lists(descriptor)


def _of_lists(descriptor: StyleDescriptor) -> Iterator[Value]:
    for colour in descriptor.color_palette:
        yield "color_palette", colour.name, colour.hex
    for name in descriptor.embellishments:
        yield "embellishments", name, None
    for label in descriptor.style_labels:
        yield "style_labels", label.name, None
    for field in _LISTS:
        if not getattr(descriptor, field):
            yield field, NOT_SEEN, None


def _flag(value: bool | None) -> str:
    return NOT_SEEN if value is None else str(value).lower()


def members_of(numbers: Iterable[int]) -> dict[int, int]:
    """The set of these pictures, by their numbers in the gallery."""
    members: dict[int, int] = {}
    for number in numbers:
        segment, bit = divmod(number, SEGMENT)
        members[segment] = members.get(segment, 0) | 1 << bit
    return members


def numbers_in(members: Members) -> Iterator[int]:
    """The numbers of a set's pictures, in order."""
    for segment in sorted(members):
        bits = members[segment]
        while bits:
            lowest = bits & -bits
            yield segment * SEGMENT + lowest.bit_length() - 1
            bits ^= lowest


def size_of(members: Members) -> int:
    """How many pictures are in a set."""
    return sum(bits.bit_count() for bits in members.values())


def in_all(sets: Iterable[Members]) -> Members | None:
    """The pictures that are in all of these sets; None where there is no set, and so none is left out."""
    left: Members | None = None
    for members in sets:
        left = members if left is None else {one: bits & members.get(one, 0) for one, bits in left.items()}
    return left


def keep_facets(connection: Connection, portfolio: str, pictures: Mapping[int, Iterable[Value]]) -> None:
    """Keep the values that pictures have, by their numbers, in place of those that they had."""
    fresh: dict[tuple[int, str, str], int] = {}
    colours: dict[tuple[int, str, str], str] = {}
    for number, values in pictures.items():
        segment, bit = divmod(number, SEGMENT)
        for field, value, digits in values:
            key = segment, field, value[:LONGEST_VALUE]
            fresh[key] = fresh.get(key, 0) | 1 << bit
            if digits is not None:
                colours[key] = digits
    touched = members_of(pictures)
    rows, gone = [], []
    for row in connection.execute(_SEGMENTS, {"of_portfolio": portfolio, "segments": list(touched)}):
        key = row.segment, row.field, row.value
        before = _bits(row.members)
        after = before & ~touched[row.segment] | fresh.pop(key, 0)
        if not after:
            gone.append(_place(portfolio, key))
        elif after != before:
            rows.append(_row(portfolio, key, after, row.hex or colours.get(key)))
    rows += [_row(portfolio, key, bits, colours.get(key)) for key, bits in fresh.items()]
    keep(connection, table, rows)
    if gone:
        connection.execute(_DELETE, gone)


def find_members(connection: Connection, portfolio: str, field: str, values: Iterable[str]) -> dict[int, int]:
    """The pictures that have one of these values in a field."""
    members: dict[int, int] = {}
    asked = {"of_portfolio": portfolio, "of_field": field, "values": [one[:LONGEST_VALUE] for one in values]}
    for row in connection.execute(_MEMBERS, asked):
        members[row.segment] = members.get(row.segment, 0) | _bits(row.members)
    return members


def count_facets(
    connection: Connection,
    portfolio: str,
    filters: Mapping[str, Members],
    chosen: Mapping[str, frozenset[str]],
) -> dict[str, list[Facet]]:
    """Of every field its values with their counts, most frequent first; each field is counted with the
    filters on the others applied. `filters` are sets of pictures by what they filter.

    Of a field with many values the most frequent ones are told, and those `chosen`.
    """
    everywhere = in_all(filters.values())
    within = {
        field: in_all(members for other, members in filters.items() if other != field) for field in filters
    }
    counts: dict[str, dict[str, int]] = {field: {} for field in FIELDS}
    colours: dict[str, str] = {}
    for row in connection.execute(_ALL, {"of_portfolio": portfolio}):
        bits, left = _bits(row.members), within.get(row.field, everywhere)
        count = (bits if left is None else bits & left.get(row.segment, 0)).bit_count()
        of_field = counts[row.field]
        of_field[row.value] = of_field.get(row.value, 0) + count
        if row.hex is not None:
            colours.setdefault(row.value, row.hex)
    return {
        field: _told(field, of_field, colours, chosen.get(field, frozenset()))
        for field, of_field in counts.items()
    }


def _told(
    field: str, counts: Mapping[str, int], colours: Mapping[str, str], chosen: frozenset[str]
) -> list[Facet]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    facets = [
        Facet(value, count, colours.get(value) if field == "color_palette" else None)
        for place, (value, count) in enumerate(ordered)
        if (count and place < MOST_VALUES) or value in chosen
    ]
    return facets + [Facet(value, 0) for value in sorted(chosen) if value not in counts]


_OF_PORTFOLIO = table.c.portfolio == bindparam("of_portfolio")
# Columns rather than the table: whoever counts reads many rows.
_READ = select(table.c.segment, table.c.field, table.c.value, table.c.members, table.c.hex)
_ALL = _READ.where(_OF_PORTFOLIO)
_SEGMENTS = _ALL.where(table.c.segment.in_(bindparam("segments", expanding=True)))
_MEMBERS = _ALL.where(
    table.c.field == bindparam("of_field"), table.c.value.in_(bindparam("values", expanding=True))
)
_DELETE = delete(table).where(
    _OF_PORTFOLIO,
    table.c.segment == bindparam("of_segment"),
    table.c.field == bindparam("of_field"),
    table.c.value == bindparam("of_value"),
)


def _bits(members: bytes) -> int:
    return int.from_bytes(members, "little")


def _row(portfolio: str, key: tuple[int, str, str], bits: int, digits: str | None) -> dict[str, Any]:
    segment, field, value = key
    members = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return {
        "portfolio": portfolio,
        "segment": segment,
        "field": field,
        "value": value,
        "members": members,
        "hex": digits,
    }


def _place(portfolio: str, key: tuple[int, str, str]) -> dict[str, Any]:
    segment, field, value = key
    return {"of_portfolio": portfolio, "of_segment": segment, "of_field": field, "of_value": value}
