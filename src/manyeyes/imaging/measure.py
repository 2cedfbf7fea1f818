"""All that can be measured of a garment's picture without a trained model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from manyeyes.imaging.cielab import Floats, lab_of
from manyeyes.imaging.contrast import strongest_contrast
from manyeyes.imaging.names import names_of
from manyeyes.imaging.palette import Swatch, dominant_colours, swatches_of
from manyeyes.imaging.pattern import SOLID, Pattern, find_pattern
from manyeyes.imaging.sharpness import sharpness_of
from manyeyes.imaging.subject import Subject, find_subject
from manyeyes.imaging.surroundings import find_surroundings

#: Longest edge, in cells, of the small copy in which garment and surroundings are told apart.
_CELLS = 64
#: How likely a cell must be garment for its colour to count: those along the edge are mixed.
_SURELY = 0.7
#: Share of the commonest colour from which on cloth is of one colour.
_ONE_COLOUR = 0.85
#: Chroma below which a thing has no colour of its own.
_GRAY = 10.0
#: Difference in L* between neighbouring threads that is no pattern.
_SMOOTH = 2.0


@dataclass(frozen=True, slots=True)
class Measurements:
    """What a picture shows, as far as it can be measured; None is "cannot tell"."""

    palette: tuple[Swatch, ...]
    pattern: Pattern
    #: `plain white`, `textured brown`.
    background: str | None
    #: `soft`.
    light: str | None
    #: `side` or `45deg`.
    light_direction: str | None
    #: 0 to 1.
    sharpness: float | None
    #: Share of the picture that the garment takes up; None where it could not be told from the rest.
    garment_share: float | None


def measure(rgb: npt.NDArray[np.uint8]) -> Measurements:
    """Measures an upright sRGB picture (rows, columns, 3), best at about 384 pixels' longest edge."""
    image = Image.fromarray(rgb)
    cell = max(1, round(max(rgb.shape) / _CELLS))
    small = lab_of(np.asarray(image.reduce(cell)))
    subject = find_subject(small)
    inside = _inside(subject)
    # One pixel of each cell of garment rather than its mean: a mean of stripes is nobody's colour.
    cloth = _picked(rgb, cell, inside.shape)[inside]
    lab = lab_of(cloth)
    colours, shares = dominant_colours(lab)
    pattern = Pattern()
    if subject.sure and shares[0] > _ONE_COLOUR and _is_smooth(lab[:, 0] - small[inside][:, 0]):
        pattern = SOLID
    elif subject.sure:
        garment, cells = _cut_out(image, subject.mask, cell)
        plain = bool(shares[0] > _ONE_COLOUR)
        pattern = find_pattern(strongest_contrast(garment, cloth), cells, cell, one_colour=plain)
    if pattern.is_patterned:
        colours, shares = dominant_colours(lab, patterned=True)
    around = find_surroundings(small, subject)
    names = names_of(colours if around.colour is None else np.vstack([colours, around.colour]), _white(small))
    return Measurements(
        swatches_of(colours, shares, names[: len(colours)]),
        pattern,
        around.surface and f"{around.surface} {names[-1]}",
        around.light,
        around.direction,
        sharpness_of(rgb),
        subject.share if subject.sure else None,
    )


def _inside(subject: Subject) -> npt.NDArray[np.bool_]:
    """The cells whose colour counts."""
    inside = subject.likely > _SURELY
    return inside if inside.any() else subject.likely >= subject.likely.max()


def _picked(rgb: npt.NDArray[np.uint8], cell: int, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A pixel of each of (rows, columns) cells: the middle one, or the last of a cell that is cut off."""
    middles = (np.arange(count) * cell + cell // 2 for count in shape)
    y, x = (np.minimum(at, side - 1) for at, side in zip(middles, rgb.shape[:2], strict=True))
    picked: npt.NDArray[np.uint8] = rgb[y[:, None], x]
    return picked


def _cut_out(
    image: Image.Image, cells: npt.NDArray[np.bool_], cell: int
) -> tuple[Image.Image, npt.NDArray[np.bool_]]:
    """The part of `image`, and of its `cells`, that the garment lies in."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    edges = left * cell, top * cell, min(right * cell, image.width), min(bottom * cell, image.height)
    return image.crop(edges), cells[top:bottom, left:right]


def _is_smooth(grain: Floats) -> bool:
    """Whether pixels differ from the mean of their cell, in L*, by so little that no pattern is in them."""
    return bool(np.sort(np.abs(grain))[len(grain) * 8 // 10] < _SMOOTH)


def _white(lab: Floats) -> float:
    """The L* that only a thirtieth of the picture is lighter than and gray; 100 where less is gray, since
    what has a colour of its own says nothing of how light the scene was."""
    cells = lab.reshape(-1, 3)
    gray = np.sort(cells[np.hypot(cells[:, 1], cells[:, 2]) < _GRAY, 0])
    few = len(cells) // 30
    return float(gray[-1 - few]) if len(gray) > few else 100.0
