"""The outlines of drawn garments: the right half of each, from the middle of its top downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Line = tuple[tuple[float, float], ...]

GarmentType = Literal[
    "t-shirt",
    "shirt",
    "dress",
    "pants",
    "skirt",
    "shorts",
    "coat",
    "hoodie",
    "sweater",
    "top",
    "hat",
    "shoes",
]


@dataclass(frozen=True, slots=True)
class Outline:
    """A garment's shape. All measures are shares of its height; x is 0 in the middle."""

    #: (x, y), mirrored on the left. None parts two curves: the corner between them is sharp.
    half: tuple[tuple[float, float] | None, ...]
    #: Seams, hems, collars: drawn as thin lines, mirrored as well.
    seams: tuple[Line, ...] = ()
    #: Middles of buttons.
    buttons: Line = ()
    #: Half the width that it takes up.
    reach: float = 0.5
    #: Two of them beside each other, this far apart: shoes.
    pair: float = 0.0


_SLEEVED_BODY = ((0.36, 0.28), None, (0.345, 0.55), (0.36, 0.95), None, (0.2, 0.965), (0, 0.97))
_LONG_SLEEVE = (
    *((0.3, 0.05), (0.41, 0.27), (0.5, 0.74), None, (0.41, 0.755), None),
    *((0.385, 0.52), (0.34, 0.24), None, (0.34, 0.55), (0.35, 0.95), None, (0.2, 0.965), (0, 0.97)),
)
_CUFF: Line = ((0.492, 0.695), (0.405, 0.71))

OUTLINES: dict[GarmentType, Outline] = {
    "t-shirt": Outline(
        (
            *((0, 0.1), (0.09, 0.085), (0.15, 0.01), None, (0.31, 0.05), (0.53, 0.22), None),
            *((0.45, 0.34), None, *_SLEEVED_BODY),
        ),
        (
            ((0, 0.13), (0.105, 0.11), (0.175, 0.02)),
            ((0.505, 0.2), (0.425, 0.318)),
            ((0, 0.94), (0.2, 0.935), (0.355, 0.92)),
            ((0.31, 0.05), (0.335, 0.16), (0.36, 0.28)),
        ),
        reach=0.53,
    ),
    "shirt": Outline(
        ((0, 0.07), (0.05, 0.04), (0.11, 0), None, (0.14, 0.015), *_LONG_SLEEVE),
        (
            ((0, 0.07), (0.07, 0.13), (0.14, 0.015)),
            ((0.02, 0.09), (0.02, 0.96)),
            _CUFF,
            ((0.12, 0.3), (0.25, 0.3), (0.25, 0.43), (0.185, 0.46), (0.12, 0.43), (0.12, 0.3)),
        ),
        buttons=tuple((0.0, y) for y in (0.17, 0.31, 0.45, 0.59, 0.73, 0.87)),
        reach=0.5,
    ),
    "dress": Outline(
        (
            *((0, 0.13), (0.09, 0.1), (0.12, 0), None, (0.175, 0), None, (0.175, 0.11), (0.22, 0.19), None),
            *((0.185, 0.4), (0.29, 0.66), (0.4, 0.97), None, (0.2, 0.995), (0, 1)),
        ),
        (((0, 0.4), (0.1, 0.398), (0.19, 0.39)), ((0, 0.965), (0.2, 0.96), (0.39, 0.94))),
        reach=0.4,
    ),
    "pants": Outline(
        (
            *((0, 0.005), (0.1, 0), (0.215, 0), None, (0.255, 0.2), (0.25, 0.6), (0.235, 0.985), None),
            *((0.1, 1), None, (0.07, 0.6), (0.025, 0.31), None, (0, 0.3)),
        ),
        (
            ((0, 0.05), (0.222, 0.045)),
            ((0, 0.05), (0, 0.28)),
            ((0.12, 0.05), (0.17, 0.12), (0.235, 0.14)),
            ((0.1, 0.975), (0.236, 0.96)),
        ),
        buttons=((0.0, 0.025),),
        reach=0.26,
    ),
    "skirt": Outline(
        ((0, 0.01), (0.12, 0), (0.25, 0), None, (0.35, 0.35), (0.47, 0.95), None, (0.25, 0.99), (0, 1)),
        (((0, 0.09), (0.15, 0.085), (0.265, 0.08)), ((0, 0.95), (0.25, 0.945), (0.46, 0.905))),
        reach=0.47,
    ),
    "shorts": Outline(
        (
            *((0, 0.01), (0.2, 0), (0.41, 0), None, (0.47, 0.4), (0.56, 0.93), None),
            *((0.1, 1), None, (0.02, 0.55), None, (0, 0.54)),
        ),
        (
            ((0, 0.1), (0.42, 0.09)),
            ((0, 0.1), (0, 0.52)),
            ((0.22, 0.1), (0.32, 0.25), (0.45, 0.28)),
            ((0.095, 0.95), (0.55, 0.88)),
        ),
        buttons=((0.0, 0.05),),
        reach=0.56,
    ),
    "coat": Outline(
        (
            *((0, 0.1), (0.05, 0.04), (0.1, 0), None, (0.15, 0.015), *_LONG_SLEEVE[:-6]),
            *((0.32, 0.24), None, (0.3, 0.5), (0.38, 0.985), None, (0.2, 0.995), (0, 1)),
        ),
        (
            ((0, 0.1), (0, 0.99)),
            ((0, 0.34), (0.11, 0.2), (0.15, 0.015)),
            ((0, 0.34), (0.05, 0.2), (0.06, 0.03)),
            _CUFF,
            ((0.13, 0.6), (0.25, 0.57)),
        ),
        buttons=((0.05, 0.4), (0.05, 0.52), (0.05, 0.64)),
        reach=0.5,
    ),
    "hoodie": Outline(
        (
            *((0, 0.02), (0.09, 0), (0.15, 0.06), (0.155, 0.13), None, (0.2, 0.14), (0.32, 0.18)),
            *((0.43, 0.4), (0.51, 0.78), None, (0.42, 0.8), None, (0.39, 0.58), (0.34, 0.36), None),
            *((0.345, 0.6), (0.34, 0.96), None, (0.2, 0.97), (0, 0.97)),
        ),
        (
            ((0, 0.24), (0.07, 0.2), (0.1, 0.1), (0.06, 0.05), (0, 0.045)),
            ((0, 0.9), (0.34, 0.895)),
            ((0.5, 0.735), (0.413, 0.755)),
            ((0, 0.62), (0.14, 0.62), (0.21, 0.74), (0.21, 0.85), (0, 0.85)),
            ((0.035, 0.22), (0.045, 0.4)),
        ),
        reach=0.5,
    ),
    "sweater": Outline(
        ((0, 0.09), (0.08, 0.075), (0.14, 0.005), None, *_LONG_SLEEVE),
        (
            ((0, 0.13), (0.11, 0.11), (0.18, 0.015)),
            _CUFF,
            ((0, 0.9), (0.2, 0.895), (0.348, 0.88)),
            ((0.3, 0.05), (0.315, 0.15), (0.34, 0.24)),
        ),
        reach=0.5,
    ),
    "top": Outline(
        (
            *((0, 0.22), (0.12, 0.17), (0.17, 0), None, (0.25, 0), None, (0.26, 0.17), (0.35, 0.3), None),
            *((0.32, 0.6), (0.37, 0.97), None, (0.2, 0.99), (0, 1)),
        ),
        (((0, 0.25), (0.135, 0.2), (0.19, 0)), ((0, 0.95), (0.2, 0.945), (0.365, 0.925))),
        reach=0.37,
    ),
    "hat": Outline(
        (
            *((0, 0.02), (0.25, 0.05), (0.46, 0.3), (0.5, 0.62), None, (0.72, 0.74), (0.78, 0.86), None),
            *((0.5, 0.95), (0, 0.98)),
        ),
        (
            ((0, 0.66), (0.3, 0.66), (0.5, 0.62)),
            ((0, 0.56), (0.3, 0.56), (0.49, 0.52)),
        ),
        reach=0.78,
    ),
    "shoes": Outline(
        ((0, 0), (0.14, 0.04), (0.19, 0.25), (0.16, 0.55), (0.165, 0.8), (0.12, 0.97), (0, 1)),
        (
            ((0, 0.46), (0.08, 0.49), (0.105, 0.7), (0.09, 0.88), (0, 0.93)),
            ((0, 0.08), (0.1, 0.12), (0.15, 0.28), (0.125, 0.55)),
        ),
        reach=0.45,
        pair=0.23,
    ),
}


def closed_outline(outline: Outline) -> Points:
    """The whole outline as a polygon, (points, 2), curves made of short straight lines."""
    half: list[Points] = []
    curve: list[tuple[float, float]] = []
    for point in (*outline.half, None):
        if point is not None:
            curve.append(point)
        elif curve:
            half.append(smooth(np.array(curve)))
            # The corner belongs to both curves.
            curve = curve[-1:]
    right = np.concatenate(half)
    return np.concatenate([right, right[::-1] * (-1, 1)])


def smooth(points: Points, steps: int = 12) -> Points:
    """A Catmull–Rom curve through `points`, (n, 2); a straight line through two of them."""
    if len(points) < 3:
        return points
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    p0, p1, p2, p3 = (padded[i : len(padded) - 3 + i, None, :] for i in range(4))
    curve = p1 + t / 2 * ((p2 - p0) + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])
