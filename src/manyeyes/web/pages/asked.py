"""What of a gallery is asked for, as its address says it: filters, words, order, place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from manyeyes.store.facets import CORRECTED, FIELDS, NOT_SEEN, STATUS, Facet
from manyeyes.store.gallery import Filters
from manyeyes.store.sorting import SORTS, Sort
from manyeyes.web.pages.words import label, percent

#: Orders with what they are called.
ORDERS: Sequence[tuple[Sort, str]] = (
    ("name", "By name"),
    ("latest", "Latest first"),
    ("confidence", "Least sure first"),
    ("-confidence", "Surest first"),
    ("status", "By state"),
    ("size", "Smallest files first"),
)
#: Facets that are open from the start where nothing is chosen.
_OPEN = ("garment_type", "color_palette")
#: What is worth a filter, in the order shown.
_SHOWN = (
    "garment_type", "color_palette", "pattern", "fabric", "silhouette", "fit", "neckline", "sleeve_length",
    "style_labels", "embellishments", "finish", "texture", "lighting.type", "lighting.direction",
    "camera.angle", "camera.height", "is_two_piece", "is_garment", STATUS, CORRECTED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address without it."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for."""

    filters: Filters
    sort: Sort
    cursor: str | None
    #: The pairs of the address but for its place, in its order.
    pairs: tuple[tuple[str, str], ...]
    chips: tuple[Chip, ...]

    @property
    def text(self) -> str:
        """The words looked for."""
        return self.filters.text

    @property
    def query(self) -> str:
        """The address behind its `?`, but for its place."""
        return urlencode(self.pairs)


@dataclass(frozen=True, slots=True)
class ValueShown:
    """A value that can be ticked."""

    value: str
    words: str
    count: int
    hex: str | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field with its values."""

    name: str
    label: str
    values: Sequence[ValueShown]
    open: bool


def asked_of(params: QueryParams, base: str) -> Asked:
    """What the address of a gallery at `base` asks for; what it does not know it leaves out."""
    pairs = tuple((name, value) for name, value in params.multi_items() if _is_known(name, value))
    values: dict[str, set[str]] = {}
    for name, value in pairs:
        if name in FIELDS:
            values.setdefault(name, set()).add(value)
    sort = params.get("sort", "name")
    filters = Filters(
        {name: frozenset(chosen) for name, chosen in values.items()},
        text=params.get("q", "")[:200].strip(),
        below=_share(params.get("below", "")),
    )
    chips = tuple(
        Chip(_words_of(name, value), _without(base, pairs, place))
        for place, (name, value) in enumerate(pairs)
        if name != "sort"
    )
    return Asked(filters, sort if sort in SORTS else "name", params.get("cursor") or None, pairs, chips)


def facets_shown(facets: Mapping[str, Sequence[Facet]], filters: Filters) -> list[FieldShown]:
    """The fields that tell pictures apart, or are filtered by already."""
    shown = []
    for name in _SHOWN:
        chosen = filters.values.get(name, frozenset())
        values = [
            ValueShown(one.value, words_of(name, one.value), one.count, one.hex, one.value in chosen)
            for one in facets.get(name, ())
        ]
        values.sort(key=lambda one: one.value == NOT_SEEN)
        if chosen or len(values) > 1:
            shown.append(FieldShown(name, label(name), values, bool(chosen) or name in _OPEN))
    return shown


def words_of(field: str, value: str) -> str:
    """A value as people read it."""
    if value == NOT_SEEN:
        return "cannot be seen" if not field.startswith(("style", "embell", "color")) else "none told"
    if value in ("true", "false"):
        return "yes" if value == "true" else "no"
    return value


def _is_known(name: str, value: str) -> bool:
    if name in FIELDS:
        return bool(value)
    if name == "sort":
        return value in SORTS and value != "name"
    if name == "below":
        return _share(value) is not None
    return name == "q" and bool(value.strip())


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _words_of(name: str, value: str) -> str:
    if name == "q":
        return f"“{value.strip()}”"
    if name == "below":
        return f"less than {percent(float(value))} sure"
    said = words_of(name, value)
    return f"{label(name)}: {said}" if said in ("yes", "no") or value == NOT_SEEN else said


def _without(base: str, pairs: Sequence[tuple[str, str]], place: int) -> str:
    left = urlencode([pair for at, pair in enumerate(pairs) if at != place])
    return f"{base}?{left}" if left else base
