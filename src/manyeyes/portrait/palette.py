"""The colours of a whole run."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass

from manyeyes.model.descriptor import PaletteColor
from manyeyes.model.outcome import Analyzed
from manyeyes.store.reports import Kept


@dataclass(slots=True)
class _Colour:
    weight: float = 0.0
    #: The hex of the largest share, which stands for the name.
    hex: str | None = None
    largest: float = -1.0

    def add(self, colour: PaletteColor, share: float) -> None:
        self.weight += share
        if colour.hex is not None and share > self.largest:
            self.hex, self.largest = colour.hex, share


async def palette_of(pages: AsyncIterable[Sequence[Kept]], most: int = 6) -> list[PaletteColor]:
    """The most frequent colours of a run by name, each with its share of all garments (0 to 1).

    A garment whose colours came without shares counts each of them alike.
    """
    colours: dict[str, _Colour] = {}
    async for page in pages:
        for kept in page:
            if isinstance(kept.outcome, Analyzed):
                _add(colours, kept.outcome.descriptor.color_palette)
    whole = sum(colour.weight for colour in colours.values()) or 1.0
    ranked = sorted(colours.items(), key=lambda named: -named[1].weight)
    return [PaletteColor(name, colour.hex, round(colour.weight / whole, 3)) for name, colour in ranked[:most]]


def _add(colours: dict[str, _Colour], palette: Sequence[PaletteColor]) -> None:
    for colour in palette:
        share = 1 / len(palette) if colour.share is None else colour.share
        colours.setdefault(colour.name, _Colour()).add(colour, share)
