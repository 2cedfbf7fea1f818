"""The style profile, as a value: what a portfolio is like, every count with of how many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from manyeyes.model.written import Written
from manyeyes.portrait.colours import Colour
from manyeyes.portrait.crossed import Crossed
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.shares import Distribution
from manyeyes.portrait.sureness import Sureness


@dataclass(frozen=True, slots=True)
class StyleProfile:
    """What a portfolio is like; every count says of how many."""

    #: Pictures that have ended: analyzed or failed.
    pictures: int
    analyzed: int
    failed: int
    #: Kind of failure to its count, the most frequent first.
    failures: Mapping[str, int]
    #: Of `analyzed`, those with a field that was corrected by hand.
    corrected: int
    #: Of `analyzed`, those that show no garment; nothing of garments is asked of them.
    no_garment: int
    palette: tuple[Colour, ...]
    #: The share of the colours that come after those of `palette`.
    other_colours: float
    #: Pictures that tell a colour.
    coloured: int
    #: By field, as the descriptor spells it, in its order.
    distributions: Mapping[str, Distribution]
    #: Garments by colours; None where it would tell nothing.
    crossed: Crossed | None
    sureness: Sureness
    #: Bits that the values of a picture tell on the average.
    usual_bits: float
    outliers: tuple[Pick, ...]
    contact_sheet: tuple[Pick, ...]
    #: What all that comes to, in sentences.
    summary: tuple[str, ...] = ()
    #: What a model wrote about the portfolio, where one was asked to.
    written: Written | None = None

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them; fields of the descriptor keep their names."""
        return {
            "pictures": self.pictures,
            "analyzed": self.analyzed,
            "failed": self.failed,
            "failures": dict(self.failures),
            "corrected": self.corrected,
            "noGarment": self.no_garment,
            "summary": list(self.summary),
            "words": None if self.written is None else self.written.as_json(),
            "palette": {
                "of": self.analyzed - self.no_garment,
                "known": self.coloured,
                "colours": [colour.as_json() for colour in self.palette],
                "rest": self.other_colours,
            },
            "distributions": {name: each.as_json() for name, each in self.distributions.items()},
            "garmentsByColour": None if self.crossed is None else self.crossed.as_json(),
            "confidence": self.sureness.as_json(),
            "usualBits": self.usual_bits,
            "outliers": [pick.as_json() for pick in self.outliers],
            "contactSheet": [pick.as_json() for pick in self.contact_sheet],
        }
