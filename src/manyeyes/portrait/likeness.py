"""How much like the rest each picture is, by how frequent its values are."""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from manyeyes.model.descriptor import PaletteColor
from manyeyes.model.image import ImageRef
from manyeyes.model.outcome import Analyzed
from manyeyes.portrait.colours import OTHER_COLOUR, Cell
from manyeyes.portrait.shares import FIELDS

#: Pictures that are remembered for each value: all of a value that is rarer.
REMEMBERED = 20
#: Of the colours, which are kept more coarsely for this.
_COARSE = 2

#: Fields whose values speak for themselves.
_PLAIN = frozenset({"garment_type", "fabric", "pattern"})
_TITLES = {field.path: field.title for field in FIELDS}
_HEX = re.compile(" #[0-9a-f]{6}$")

#: A field and its value; a colour's is a cell.
Value = tuple[str, str | Cell]


@dataclass(frozen=True, slots=True)
class Reason:
    """A value of a picture, and how many pictures have it."""

    field: str
    value: str
    count: int
    #: Pictures that tell the field.
    of: int

    @property
    def shown(self) -> str:
        """The value, with the field's title where it needs one: `paisley`, `fit: custom`."""
        if self.field == "colour":
            return _HEX.sub("", self.value)
        return self.value if self.field in _PLAIN else f"{_TITLES[self.field].lower()}: {self.value}"

    def __str__(self) -> str:
        return f"{self.shown}, {self.count} of {self.of}"

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them."""
        return {"field": self.field, "value": self.value, "count": self.count, "of": self.of}


@dataclass(frozen=True, slots=True)
class Pick:
    """A picture that is shown, and why."""

    image: ImageRef
    id: str
    sha256: str
    #: What it was picked for: `typical dress`, `least like the rest`.
    role: str
    reasons: tuple[Reason, ...]
    #: Bits that its values tell on the average; the more, the less like the rest.
    bits: float
    palette: tuple[PaletteColor, ...] = ()

    @property
    def name(self) -> str:
        """The picture's name, as shown."""
        return self.image.name

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them."""
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role,
            "bits": self.bits,
            "reasons": [reason.as_json() for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Remembered:
    """A picture that may be picked."""

    image: ImageRef
    id: str
    sha256: str
    values: tuple[Value, ...]
    palette: tuple[PaletteColor, ...]

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands among equals, whatever order they came in."""
        return self.image.name, self.id


@dataclass(slots=True)
class Memory:
    """A few pictures of each value: the same, whatever order they come in.

    They are those with the smallest hash of id and name: a fair sample (E. Cohen and H. Kaplan,
    "Summarizing data using bottom-k sketches", 2007), and all of them where there are few.
    """

    heaps: dict[Value, list[tuple[int, str, Remembered]]] = field(default_factory=dict)

    def add(self, analyzed: Analyzed, values: tuple[Value, ...]) -> None:
        """Remember one picture, if there is room for it."""
        name = f"{analyzed.id}/{analyzed.name}".encode("utf-8", "surrogateescape")
        # Heaps give up their smallest: the largest hash has to go.
        rank = -int.from_bytes(blake2b(name, digest_size=8).digest(), "big")
        entry = None
        for field_name, value in values:
            key = (field_name, _coarse(value))
            heap = self.heaps.setdefault(key, [])
            if len(heap) >= REMEMBERED and rank <= heap[0][0]:
                continue
            entry = entry or (rank, analyzed.id, _remembered(analyzed, values))
            if len(heap) < REMEMBERED:
                heapq.heappush(heap, entry)
            else:
                heapq.heapreplace(heap, entry)

    def pictures(self) -> list[Remembered]:
        """All that are remembered, by name."""
        found = {entry[2].id: entry[2] for heap in self.heaps.values() for entry in heap}
        return sorted(found.values(), key=lambda one: one.place)


def _coarse(value: str | Cell) -> str | Cell:
    if isinstance(value, str):
        return value
    return value[0] // _COARSE, value[1] // _COARSE, value[2] // _COARSE


def _remembered(analyzed: Analyzed, values: tuple[Value, ...]) -> Remembered:
    palette = analyzed.descriptor.color_palette
    return Remembered(analyzed.image, analyzed.id, analyzed.sha256, values, palette)


@dataclass(frozen=True, slots=True)
class Surprise:
    """How many bits the values of a picture tell.

    A value that a part p of the pictures has tells −log2 p bits (C. Shannon, "A Mathematical Theory of
    Communication", 1948); a picture's are the mean over all fields that any picture tells, where a field
    that it does not tell adds nothing. Scoring by the frequency of each value alone is that of A. Koufakou
    et al., "A Scalable and Efficient Outlier Detection Strategy for Categorical Data", ICTAI 2007.
    """

    #: Field to how many pictures have each value.
    counts: Mapping[str, Counter[str]]
    #: Field to how many pictures tell it, where any does.
    _told: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        told = {name: counts.total() for name, counts in self.counts.items() if counts}
        object.__setattr__(self, "_told", told)

    @property
    def usual(self) -> float:
        """Bits of a picture on the average: the mean of the fields' entropies, each by how many tell it."""
        bits = [
            -count * math.log2(count / whole)
            for name, whole in self._told.items()
            for count in self.counts[name].values()
        ]
        return math.fsum(bits) / max(self._told.values()) / len(self._told) if bits else 0.0

    def bits(self, values: Mapping[str, str]) -> float:
        """Of one picture."""
        return -math.fsum(map(math.log2, self._parts(values))) / len(self._told) if values else 0.0

    def likeness(self, values: Mapping[str, str]) -> float:
        """The mean share of pictures that have each of its values, 0 to 1: the more, the more typical.

        A field that it does not tell counts nothing here, too, so that little said is not taken for typical.
        """
        return math.fsum(self._parts(values)) / len(self._told) if values else 0.0

    def reasons(self, values: Mapping[str, str], most: int = 3) -> tuple[Reason, ...]:
        """The values that tell most, the rarest first."""
        each = [
            Reason(name, value, self.counts[name][value], self._told[name])
            for name, value in values.items()
            if value != OTHER_COLOUR
        ]
        return tuple(sorted(each, key=lambda one: (one.count / one.of, one.field))[:most])

    def _parts(self, values: Mapping[str, str]) -> list[float]:
        """The share of each value among the pictures that tell its field."""
        return [self.counts[name][value] / self._told[name] for name, value in values.items()]


@dataclass(frozen=True, slots=True)
class Seen:
    """A remembered picture with its bits."""

    picture: Remembered
    values: Mapping[str, str]
    bits: float
    #: 0 to 1.
    likeness: float

    def pick(self, role: str, reasons: tuple[Reason, ...]) -> Pick:
        """It, shown for that."""
        one = self.picture
        return Pick(one.image, one.id, one.sha256, role, reasons, round(self.bits, 3), one.palette)


def seen(pictures: Sequence[Remembered], surprise: Surprise, word: Callable[[Value], str]) -> Iterator[Seen]:
    """The pictures with their values as `word` says them."""
    for one in pictures:
        values = {value[0]: word(value) for value in one.values}
        yield Seen(one, values, surprise.bits(values), surprise.likeness(values))
