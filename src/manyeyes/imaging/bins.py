"""Counting colours: many pixels become a few bins, each with its mean colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.cielab import Floats

#: The smallest and the largest L*, a* and b* of any sRGB colour, rounded outwards.
_RANGES = ((0.0, 101.0), (-87.0, 99.0), (-108.0, 95.0))


@dataclass(frozen=True, slots=True)
class Bins:
    """The colours of some pixels. `n` is how many bins hold any."""

    #: The bin of each pixel, 0 to n - 1.
    of_pixel: npt.NDArray[np.intp]
    #: Mean CIELAB of each bin, (n, 3).
    colours: Floats
    #: Pixels in each bin, (n,).
    counts: Floats


def count_colours(lab: Floats, width: float) -> Bins:
    """`lab` of shape (pixels, 3), counted in cubes of `width` CIELAB units a side."""
    index = np.zeros(len(lab), dtype=np.intp)
    size = 1
    # One axis after the other: numpy is slow where the last of an array's dimensions is as short as 3.
    for axis, (low, high) in enumerate(_RANGES):
        index *= (span := math.ceil((high - low) / width))
        index += ((lab[:, axis] - np.float32(low)) * np.float32(1 / width)).astype(np.intp)
        size *= span
    counts = np.bincount(index, minlength=size)
    used = np.flatnonzero(counts)
    number = np.empty(counts.size, dtype=np.intp)
    number[used] = np.arange(used.size)
    of_pixel = number[index]
    sums = [np.bincount(of_pixel, lab[:, axis]) for axis in range(3)]
    present = counts[used].astype(np.float32)
    return Bins(of_pixel, np.stack(sums, axis=1).astype(np.float32) / present[:, None], present)


def distances(colours: Floats) -> Floats:
    """Squared Euclidean distances between all `colours`, (n, 3) to (n, n)."""
    lightness, a, b = colours.T
    apart: Floats = np.subtract.outer(lightness, lightness) ** 2
    apart += np.subtract.outer(a, a) ** 2
    apart += np.subtract.outer(b, b) ** 2
    return apart
