"""The colours of a portfolio: those that look alike are one, each with its share of all garments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.cielab import ciede2000, lab_of
from manyeyes.model.descriptor import PaletteColor
from manyeyes.portrait.shares import MOST_VALUES

#: Colours nearer than this by CIEDE2000 are one of the palette: much more than the eye can tell apart side
#: by side (about 1), and about what parts the names that people have for the colours of cloth.
ALIKE = 10.0
#: Colours of a palette.
TOLD = 24
#: What the colours after those are called.
OTHER_COLOUR = "other colours"
_HEX = re.compile("#[0-9a-f]{6}")
#: Levels of red, green and blue that are counted together: any portfolio is at most 4,096 cells.
_LEVELS = 16

Cell = tuple[int, int, int]
Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour of the palette."""

    #: What most of it was called.
    name: str
    #: `#rrggbb`: where most of it lies; None where nobody gave more than a name.
    hex: str | None
    #: Of the visible area of all garments, each of which counts alike, 0 to 1.
    share: float
    #: Pictures of which it is the main colour.
    main_of: int

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them."""
        return {"name": self.name, "hex": self.hex, "share": self.share, "mainOf": self.main_of}


@dataclass(slots=True)
class _Area:
    """What was seen of one cell, in millionths of a garment, so that sums do not depend on the order."""

    weight: int = 0
    red: int = 0
    green: int = 0
    blue: int = 0
    names: Counter[str] = field(default_factory=Counter)
    main_of: int = 0
    by_garment: Counter[str] = field(default_factory=Counter)

    @property
    def mean(self) -> tuple[int, int, int]:
        whole = self.weight
        return round(self.red / whole), round(self.green / whole), round(self.blue / whole)


@dataclass(slots=True)
class Colours:
    """Counts the colours of pictures."""

    areas: dict[Cell | str, _Area] = field(default_factory=dict)
    #: Pictures that tell a colour.
    known: int = 0
    #: Colours that came without a hex, by name.
    named: int = 0

    def add(self, palette: Sequence[PaletteColor], garment_type: str | None) -> Cell | str | None:
        """Count one garment's colours; the cell of its main one."""
        shares = _millionths(palette)
        main = None
        for colour, share in zip(palette, shares, strict=True):
            rgb = _rgb(colour.hex)
            key = self._key(colour.name, rgb)
            area = self.areas.setdefault(key, _Area())
            area.weight += share
            if rgb is not None:
                area.red += share * rgb[0]
                area.green += share * rgb[1]
                area.blue += share * rgb[2]
            if name := _plain(colour.name):
                area.names[name if name in area.names or len(area.names) < MOST_VALUES else "…"] += share
            if garment_type is not None:
                area.by_garment[garment_type] += share
            if main is None:
                main, area.main_of = key, area.main_of + 1
        self.known += bool(palette)
        return main

    def _key(self, name: str, rgb: tuple[int, int, int] | None) -> Cell | str:
        if rgb is not None:
            return rgb[0] // _LEVELS, rgb[1] // _LEVELS, rgb[2] // _LEVELS
        name = _plain(name)
        if name not in self.areas:
            self.named += 1
        return name if name in self.areas or self.named <= MOST_VALUES else "…"

    def gathered(self) -> Palette:
        """The colours, those that look alike as one, the largest first."""
        cells = sorted(
            ((key, area) for key, area in self.areas.items() if not isinstance(key, str) and area.weight),
            key=lambda pair: (-pair[1].weight, pair[0]),
        )
        groups: dict[Cell | str, list[Cell | str]] = {}
        for (key, _), seed in zip(cells, _seeds([area.mean for _, area in cells]), strict=True):
            groups.setdefault(cells[seed][0], []).append(key)
        self._join_names(groups)
        return _palette(self, groups)

    def _join_names(self, groups: dict[Cell | str, list[Cell | str]]) -> None:
        """Colours that came without a hex go to the largest that is called so, or stay on their own."""
        called: dict[str, Cell | str] = {}
        for seed in sorted(groups, key=lambda seed: -sum(self.areas[key].weight for key in groups[seed])):
            called.setdefault(_name(self, groups[seed]), seed)
        for key in sorted(key for key in self.areas if isinstance(key, str)):
            if key in called:
                groups[called[key]].append(key)
            else:
                groups[key] = [key]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a portfolio."""

    colours: tuple[Colour, ...]
    #: The share of what comes after those.
    rest: float
    #: Cell to the place in `colours` of the colour that it belongs to; those of the rest are left out.
    belongs: Mapping[Cell | str, int]
    #: Type of garment to the weight of each of `colours`, and of the rest.
    by_garment: Mapping[str, tuple[int, ...]]


def _palette(counted: Colours, groups: Mapping[Cell | str, list[Cell | str]]) -> Palette:
    areas = counted.areas
    whole = sum(area.weight for area in areas.values()) or 1
    weights = {seed: sum(areas[key].weight for key in keys) for seed, keys in groups.items()}
    ranked = sorted(groups, key=lambda seed: (-weights[seed], str(seed)))
    told = ranked[:TOLD]
    colours = tuple(
        Colour(
            _name(counted, groups[seed]),
            None if isinstance(seed, str) else "#{:02x}{:02x}{:02x}".format(*areas[seed].mean),
            round(weights[seed] / whole, 6),
            sum(areas[key].main_of for key in groups[seed]),
        )
        for seed in told
    )
    rest = round(sum(weights[seed] for seed in ranked[TOLD:]) / whole, 6)
    belongs = {key: place for place, seed in enumerate(told) for key in groups[seed]}
    return Palette(colours, rest, belongs, _by_garment(counted, belongs))


def told_apart(colours: Sequence[Colour]) -> tuple[str, ...]:
    """Their names; of those that are called alike, with their hex."""
    called = Counter(colour.name for colour in colours)
    return tuple(
        colour.name if called[colour.name] == 1 or colour.hex is None else f"{colour.name} {colour.hex}"
        for colour in colours
    )


def _by_garment(counted: Colours, belongs: Mapping[Cell | str, int]) -> dict[str, tuple[int, ...]]:
    table: dict[str, list[int]] = {}
    for key, area in counted.areas.items():
        for garment, weight in area.by_garment.items():
            table.setdefault(garment, [0] * (TOLD + 1))[belongs.get(key, TOLD)] += weight
    return {garment: tuple(row) for garment, row in table.items()}


def _name(counted: Colours, keys: Sequence[Cell | str]) -> str:
    """What most of it was called."""
    names: Counter[str] = Counter()
    for key in keys:
        names.update(counted.areas[key].names)
    return min(names, key=lambda name: (-names[name], name), default="unnamed")


def _seeds(means: Sequence[tuple[int, int, int]]) -> list[int]:
    """For each colour, heaviest first, the place of the one that it goes to.

    A colour further than `ALIKE` from all heavier ones of their own is one of its own (leader clustering,
    J. Hartigan, "Clustering Algorithms", 1975, chapter 3); the others go to the nearest of those.
    """
    if not means:
        return []
    labs = lab_of(np.array(means, dtype=np.uint8)).astype(np.float64)
    nearest, distance = np.zeros(len(means), dtype=np.int64), np.full(len(means), np.inf)
    for leader in _leaders(labs, distance):
        apart = ciede2000(labs[leader], labs)
        nearer = apart < distance
        nearest[nearer], distance[nearer] = leader, apart[nearer]
    return [int(place) for place in nearest]


def _leaders(labs: Numbers, distance: Numbers) -> Iterator[int]:
    """Each that is too far from those before it, which have shortened `distance`."""
    for place in range(len(labs)):
        if distance[place] > ALIKE:
            yield place


def _millionths(palette: Sequence[PaletteColor]) -> list[int]:
    """The shares, which come to a million; one that came without counts like the others on the average."""
    if not palette:
        return []
    raw = [1 / len(palette) if colour.share is None else max(colour.share, 0.0) for colour in palette]
    whole = sum(raw)
    if not whole:
        raw, whole = [1.0] * len(palette), float(len(palette))
    return [round(1e6 * share / whole) for share in raw]


def _plain(name: str) -> str:
    return " ".join(name.split()).lower()


def _rgb(hex_: str | None) -> tuple[int, int, int] | None:
    if hex_ is None or not _HEX.fullmatch(hex_):
        return None
    red, green, blue = bytes.fromhex(hex_[1:])
    return red, green, blue
