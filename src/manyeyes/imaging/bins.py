"""Counting colours: many pixels become a few bins, each with its mean colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.cielab import Floats

#: Where L*, a* and b* begin to be counted; what lies below is counted in the first bin.
_LOW = np.array([0.0, -84.0, -84.0], dtype=np.float32)
_HIGH = np.array([101.0, 100.0, 100.0])


@dataclass(frozen=True, slots=True)
class Bins:
    """The colours of some pixels. `n` is how many bins hold any."""

    #: The bin of each pixel, 0 to n - 1.
    of_pixel: npt.NDArray[np.intp]
    #: Mean CIELAB of each bin, (n, 3).
    colours: Floats
    #: Pixels in each bin, (n,).
    counts: npt.NDArray[np.intp]


def count_colours(lab: Floats, width: float) -> Bins:
    """`lab` of shape (pixels, 3), counted in cubes of `width` CIELAB units a side."""
    spans = np.ceil((_HIGH - _LOW) / width).astype(np.intp)
    steps = ((lab - _LOW) * np.float32(1 / width)).astype(np.int32)
    np.clip(steps, 0, spans - 1, out=steps)
    index = (steps[:, 0] * spans[1] + steps[:, 1]) * spans[2] + steps[:, 2]
    counts = np.bincount(index, minlength=int(spans.prod()))
    used = np.flatnonzero(counts)
    number = np.empty(counts.size, dtype=np.intp)
    number[used] = np.arange(used.size)
    of_pixel = number[index]
    sums = [np.bincount(of_pixel, lab[:, axis]) for axis in range(3)]
    counts = counts[used]
    return Bins(of_pixel, (np.stack(sums, axis=1) / counts[:, None]).astype(np.float32), counts)


def distances(colours: Floats) -> Floats:
    """Squared Euclidean distances between all `colours`, (n, 3) to (n, n)."""
    lightness, a, b = colours.T
    apart: Floats = np.subtract.outer(lightness, lightness) ** 2
    apart += np.subtract.outer(a, a) ** 2
    apart += np.subtract.outer(b, b) ** 2
    return apart
