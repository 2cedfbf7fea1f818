"""Where the garment is in a picture, and where only its surroundings are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.bins import Bins, count_colours, distances
from manyeyes.imaging.cielab import Floats

#: Colours closer than this in CIELAB are counted together.
_BIN = 10.0
#: How far the count of one colour speaks for its neighbours, in CIELAB.
_SPREAD = 7.0
#: How much the place of a cell counts beside its colour, round by round: a floor seen between two trouser
#: legs lies in the middle too.
_TRUST_IN_PLACE = (1.0, 0.6, 0.4)
#: Garment and surroundings cannot be told apart where they share more of their colours than this.
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Subject:
    """The garment in a small copy of the picture."""

    #: How likely each cell is part of the garment, 0 to 1; shape (rows, columns).
    likely: Floats
    #: False where garment and surroundings could not be told apart: then the middle is taken for it.
    sure: bool

    @property
    def share(self) -> float:
        """Of the picture, to three places."""
        return round(int(np.count_nonzero(self.mask)) / self.likely.size, 3)

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """The cells that more likely than not belong to the garment."""
        return self.likely > 0.5


def find_subject(lab: Floats) -> Subject:
    """Tells garment from surroundings by colour, in a small copy of a picture as CIELAB (rows, columns, 3).

    Garments are photographed in the middle, so a colour that is commoner there than along the border
    speaks for the garment, even where the surroundings are a wooden floor of twenty browns. What was
    found corrects the first guess of place, a few times over (expectation–maximisation with a colour
    histogram for either side).
    """
    rows, columns, _ = lab.shape
    place = _place(rows, columns)
    bins = count_colours(lab.reshape(-1, 3), _BIN)
    near = np.exp(distances(bins.colours) * np.float32(-0.5 / _SPREAD**2))
    likely, shared = place, 1.0
    for trust in _TRUST_IN_PLACE:
        odds, shared = _odds(bins, near, likely.ravel())
        odds = odds.reshape(rows, columns) * _odds_of_place(rows, columns, trust)
        likely = _smooth(odds / (1 + odds))
    found = Subject(likely, sure=True)
    return found if 0.03 < found.share < 0.9 and shared < _ALIKE else Subject(place, sure=False)


@lru_cache(maxsize=64)
def _place(rows: int, columns: int) -> Floats:
    """How likely a cell is garment before any colour is known: falls from the middle to the border."""
    y = np.abs(np.linspace(-1, 1, rows, dtype=np.float32))[:, None]
    x = np.abs(np.linspace(-1, 1, columns, dtype=np.float32))[None, :]
    inside = np.clip((1.0 - np.maximum(x, y)) / 0.5, 0, 1)
    middle = np.clip(1.25 - np.hypot(x, y), 0, 1)
    return (0.02 + 0.83 * np.sqrt(inside * middle)).astype(np.float32)


@lru_cache(maxsize=64)
def _odds_of_place(rows: int, columns: int, trust: float) -> Floats:
    place = _place(rows, columns)
    odds: Floats = (place / (1 - place)) ** np.float32(trust)
    return odds


def _odds(bins: Bins, near: Floats, likely: Floats) -> tuple[Floats, float]:
    """For each cell, how much commoner its colour is in the garment than around it, squared; and the
    share of their colours that both have.

    Squared, as the cells around one are mostly of its kind and speak for it, too.
    """
    garment = np.bincount(bins.of_pixel, likely, minlength=len(near)).astype(np.float32)
    # einsum, as the library behind `@` starts threads of its own from some size on, and every core has a
    # decoder already.
    inside = np.einsum("ij,j->i", near, garment)
    around = np.einsum("ij,j->i", near, bins.counts - garment)
    inside /= inside.sum() + 1e-6
    around /= around.sum() + 1e-6
    odds: Floats = ((inside + 1e-5) / (around + 1e-5)) ** 2
    return odds[bins.of_pixel], float(np.minimum(inside, around).sum())


def _smooth(field: Floats) -> Floats:
    """The mean of each cell and its eight neighbours; beyond the border there is no garment."""
    lines = field.copy()
    lines[1:] += field[:-1]
    lines[:-1] += field[1:]
    smooth = lines.copy()
    smooth[:, 1:] += lines[:, :-1]
    smooth[:, :-1] += lines[:, 1:]
    smooth *= np.float32(1 / 9)
    return smooth
