"""Garments by colours: which colours each type of garment comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from manyeyes.portrait.colours import TOLD, Palette

#: Of each, at most.
ROWS, COLUMNS = 8, 8
#: A type that fewer pictures show tells nothing of its colours.
ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Crossed:
    """The shares of colours in each type of garment; each row and what it leaves out come to 1."""

    garments: tuple[str, ...]
    #: Pictures of each.
    counts: tuple[int, ...]
    #: Their names; of those that are called alike, with their hex.
    colours: tuple[str, ...]
    hexes: tuple[str | None, ...]
    #: A row for each garment: of its area, that of each colour, 0 to 1.
    shares: tuple[tuple[float, ...], ...]

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them."""
        return {
            "garments": list(self.garments),
            "counts": list(self.counts),
            "colours": list(self.colours),
            "hexes": list(self.hexes),
            "shares": [list(row) for row in self.shares],
        }


def crossed(palette: Palette, names: Sequence[str], types: Counter[str]) -> Crossed | None:
    """The table; None with fewer than two types of garment, or two colours, to tell apart."""
    ranked = sorted(types, key=lambda name: (-types[name], name))
    garments = [name for name in ranked if types[name] >= ENOUGH and any(palette.by_garment.get(name, ()))]
    garments = garments[:ROWS]
    sums = [sum(palette.by_garment[name][place] for name in garments) for place in range(TOLD)]
    places = sorted((place for place in range(TOLD) if sums[place]), key=lambda place: (-sums[place], place))
    places = places[:COLUMNS]
    if len(garments) < 2 or len(places) < 2:
        return None
    rows = [palette.by_garment[name] for name in garments]
    return Crossed(
        tuple(garments),
        tuple(types[name] for name in garments),
        tuple(names[place] for place in places),
        tuple(palette.colours[place].hex for place in places),
        tuple(tuple(round(row[place] / sum(row), 6) for place in places) for row in rows),
    )
