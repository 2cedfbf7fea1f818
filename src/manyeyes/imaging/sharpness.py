"""How sharp a picture is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Pixels on either side that the picture is blurred over, for comparison.
_REACH = 4
#: Rows and columns left out between those measured.
_STRIDE = 16
#: What photographs range over: the measure of one out of focus, and of one with every thread visible.
_BLURRED, _CRISP = 0.3, 0.8


def sharpness_of(rgb: npt.NDArray[np.uint8]) -> float | None:
    """0 (a blur) to 1 (crisp) for a picture (rows, columns, 3); None where it is too small or has no detail.

    A sharp picture loses much of the difference between neighbours when it is blurred, a blurred one
    little: F. Crété-Roffet et al., "The blur effect: perception and estimation with a new no-reference
    perceptual blur metric", SPIE 6492 (2007). It compares the picture with itself, so contrast does not
    count; and pictures are compared at the size they are prepared to, so their own size does not either.
    """
    green = rgb[..., 1]
    if min(green.shape) < 4 * _REACH:
        return None
    lines = [
        _kept(np.ascontiguousarray(green[::_STRIDE])),
        _kept(np.ascontiguousarray(green[:, ::_STRIDE].T)),
    ]
    if min(total for total, _ in lines) < 1:
        return None
    blur = max(1 - lost / total for total, lost in lines)
    return round(float(np.clip((1 - blur - _BLURRED) / (_CRISP - _BLURRED), 0, 1)), 2)


def _kept(lines: npt.NDArray[np.uint8]) -> tuple[float, float]:
    """The mean difference between neighbours along `lines`, and how much of it blurring takes away."""
    width = 2 * _REACH + 1
    levels = lines.astype(np.int16)
    step = np.abs(levels[:, 1:] - levels[:, :-1])[:, _REACH:-_REACH] * np.int16(width)
    # Of two neighbouring means of `width` pixels, all but the first and the last pixel are the same.
    softer = np.abs(levels[:, width:] - levels[:, :-width])
    lost = np.maximum(step - softer, 0)
    of = width * step.size
    return int(step.sum(dtype=np.int64)) / of, int(lost.sum(dtype=np.int64)) / of
