"""All that can be measured of a garment's picture without a trained model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from manyeyes.imaging.cielab import Floats, lab_of
from manyeyes.imaging.contrast import strongest_contrast
from manyeyes.imaging.palette import Swatch, dominant_colours
from manyeyes.imaging.pattern import Pattern, find_pattern
from manyeyes.imaging.sharpness import sharpness_of
from manyeyes.imaging.subject import find_subject
from manyeyes.imaging.surroundings import Surroundings, find_surroundings

#: Longest edge, in cells, of the small copy in which garment and surroundings are told apart.
_CELLS = 64
#: How likely a cell must be garment for its colour to count: those along the edge are mixed.
_SURELY = 0.7


@dataclass(frozen=True, slots=True)
class Measurements:
    """What a picture shows, as far as it can be measured; None is "cannot tell"."""

    palette: tuple[Swatch, ...]
    pattern: Pattern
    surroundings: Surroundings
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
    # One pixel of each cell rather than its mean: a mean of stripes is a colour that nobody wears.
    picked = rgb[cell // 2 :: cell, cell // 2 :: cell]
    rows, columns = picked.shape[:2]
    likely = subject.likely[:rows, :columns]
    inside = likely > _SURELY
    cloth = picked[inside if inside.any() else likely >= likely.max()]
    colours = lab_of(cloth)
    white = _white(small)
    palette = dominant_colours(colours, white=white)
    pattern = Pattern()
    if subject.sure:
        contrast = strongest_contrast(image, cloth)
        pattern = find_pattern(contrast, subject.mask, cell, palette[0].share)
    if pattern.is_patterned:
        palette = dominant_colours(colours, white=white, patterned=True)
    return Measurements(
        palette,
        pattern,
        find_surroundings(small, subject, white=white),
        sharpness_of(rgb),
        round(float(subject.mask.mean()), 3) if subject.sure else None,
    )


def _white(lab: Floats) -> float:
    """The L* that only a thirtieth of the picture is lighter than."""
    lightness = np.sort(lab[..., 0], axis=None)
    return float(lightness[-1 - len(lightness) // 30])
