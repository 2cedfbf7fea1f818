"""A garment in one channel: along the line through its colours on which they differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image


@dataclass(frozen=True, slots=True)
class Contrast:
    """A picture as levels of grey, be the difference one of light and dark or of red and green."""

    #: Mode L; 255 levels are the whole range that the line has within sRGB.
    image: Image.Image
    #: Of the colours' variance, the share that the line explains, 0 to 1.
    two_toned: float


def strongest_contrast(image: Image.Image, sample: npt.NDArray[np.uint8]) -> Contrast:
    """`image` (mode RGB) along the first principal component of `sample`, garment pixels (n, 3)."""
    off = sample.astype(np.float32)
    off -= off.mean(axis=0)
    strengths, directions = np.linalg.eigh(off.T @ off)
    line = directions[:, 2] / np.abs(directions[:, 2]).sum()
    red, green, blue = (float(part) for part in line)
    lowest = 255 * sum(min(part, 0.0) for part in (red, green, blue))
    total = max(float(strengths.sum()), 1e-6)
    return Contrast(image.convert("L", (red, green, blue, -lowest)), float(strengths[2]) / total)
