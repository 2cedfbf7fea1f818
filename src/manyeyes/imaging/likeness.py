"""Which pictures look alike: a short vector of each, how far two are apart, and the nearest of many.

The vector is a colour layout, as in MPEG-7 (ISO/IEC 15938-3, Colour Layout Descriptor; B. S. Manjunath and
others, "Color and texture descriptors", IEEE Transactions on Circuits and Systems for Video Technology 11,
2001): the picture, squeezed to a small square, is turned into frequencies by a discrete cosine transform, and
the lowest are kept. Three things differ: the planes are those of CIELAB, in which distances are as people see
them; the square is finer and more frequencies are kept, since garments on plain grounds are all alike in the
lowest; and higher ones count for more, by the root of their order. Few bits of a gradient (dHash) were tried
beside it: on plain grounds, most of them are noise, and nothing was gained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from manyeyes.imaging.cielab import Floats, lab_of
from manyeyes.imaging.upright import MAX_PIXELS, upright

#: Pixels of a side of the square; and of the longest edge that is decoded for it.
_SIDE, _DECODED = 64, 128
#: Orders of frequency that are kept of L*, and of a* and b* each: the triangle i + j < orders.
_ORDERS = (7, 5, 5)
#: Numbers of a vector.
LENGTH = sum(orders * (orders + 1) // 2 for orders in _ORDERS)
#: Pictures nearer than this are the same one, in another size, encoded again or with its edges cut off.
#: Measured by `benchmarks/likeness.py`.
SAME = 8.0


def _cosines() -> Floats:
    """The orthonormal DCT-II of `_SIDE` values as a matrix, its rows the frequencies."""
    order, place = np.arange(_SIDE)[:, None], np.arange(_SIDE)[None]
    matrix = np.cos(np.pi * (place + 0.5) * order / _SIDE) * np.sqrt(2 / _SIDE)
    matrix[0] /= np.sqrt(2)
    lowest: Floats = matrix[: max(_ORDERS)].astype(np.float32)
    return lowest


_COSINES = _cosines()
#: sqrt(1 + i + j) for the frequency (i, j), divided so that the first is a plane's mean.
_WEIGHTS = (np.sqrt(1 + np.add.outer(np.arange(7), np.arange(7))) / _SIDE).astype(np.float32)


def features(name: str, data: bytes, *, max_pixels: int = MAX_PIXELS) -> Floats:
    """What the picture `data`, called `name`, looks like: (LENGTH,), in units of CIELAB.

    Raises `UnsupportedImage`, `ImageTooLarge` and `UnreadableImage`. Call it off the event loop.
    """
    return features_of(upright(name, data, _DECODED, max_pixels=max_pixels).pixels)


def features_of(pixels: Image.Image) -> Floats:
    """The same of a picture that is upright, RGB and sRGB already."""
    square = pixels.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    planes = lab_of(np.asarray(square)).transpose(2, 0, 1)
    waves = (_COSINES @ planes @ _COSINES.T) * _WEIGHTS
    kept = [plane[_triangle(orders)] for plane, orders in zip(waves, _ORDERS, strict=True)]
    return np.concatenate(kept)


def _triangle(orders: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices of the frequencies (i, j) with i + j < orders."""
    down, across = np.indices((orders, orders))
    return down[down + across < orders], across[down + across < orders]


def distance(one: Floats, other: Floats) -> float:
    """How far two pictures are apart: 0 for the same pixels, below `SAME` for the same picture."""
    return float(np.linalg.norm(one - other))


@dataclass(frozen=True, slots=True)
class Crowd:
    """The vectors of many pictures, ready to be searched: exactly, all of them looked at."""

    #: (pictures, LENGTH).
    vectors: Floats
    #: Their squared lengths, (pictures,).
    squares: Floats

    @classmethod
    def of(cls, vectors: Sequence[Floats] | Floats) -> Crowd:
        """A crowd of these, known from now on by their places."""
        rows = np.asarray(vectors, dtype=np.float32).reshape(-1, LENGTH)
        return cls(rows, np.einsum("ij,ij->i", rows, rows))

    def nearest(self, one: Floats, most: int) -> list[tuple[int, float]]:
        """The `most` pictures nearest to `one`, the nearest first: place and distance. Of equally near ones
        the first; `one` itself is among them where it is in the crowd."""
        most = min(most, len(self.vectors))
        if most <= 0:
            return []
        # |v - one|² less |one|², which is the same for all: one product of a matrix and a vector.
        apart = self.squares - 2 * (self.vectors @ one)
        near = np.argpartition(apart, most - 1)[:most]
        # The product rounds; of the few that are left, the distance is taken anew.
        exact = np.linalg.norm(self.vectors[near] - one, axis=1)
        order = np.lexsort((near, exact))
        return [(int(near[at]), float(exact[at])) for at in order]
