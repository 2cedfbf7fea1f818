"""Which pictures look alike: a short vector of each, how far two are apart, and the nearest of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.upright import MAX_PIXELS

Floats = npt.NDArray[np.float32]

#: Numbers of a vector.
LENGTH = 96
#: Two pictures nearer than this are the same one, resized, encoded again or slightly cropped.
SAME = 1.0


def features(name: str, data: bytes, *, max_pixels: int = MAX_PIXELS) -> Floats:
    """What the picture `data`, called `name`, looks like: (LENGTH,). Raises ImageError."""
    raise NotImplementedError


def distance(one: Floats, other: Floats) -> float:
    """How far two pictures are apart, from 0."""
    return float(np.linalg.norm(one - other))


@dataclass(frozen=True, slots=True)
class Crowd:
    """The vectors of many pictures, ready to be searched."""

    #: (pictures, LENGTH).
    vectors: Floats
    #: Their squared lengths, (pictures,).
    squares: Floats

    @classmethod
    def of(cls, vectors: Sequence[Floats]) -> Crowd:
        """A crowd of these."""
        raise NotImplementedError

    def nearest(self, one: Floats, most: int) -> list[tuple[int, float]]:
        """The `most` pictures nearest to `one`, the nearest first: index and distance."""
        raise NotImplementedError
