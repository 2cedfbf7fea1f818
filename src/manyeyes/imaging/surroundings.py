"""What is around a garment, and how it is lit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.cielab import Floats
from manyeyes.imaging.names import names_of
from manyeyes.imaging.subject import Subject

#: Cells of surroundings needed to say anything of them, as a share of the picture.
_LEAST = 0.08


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found; None is "cannot tell"."""

    #: `plain white`, `textured brown`.
    background: str | None = None
    #: `soft`.
    light: str | None = None
    #: `side` or `45deg`.
    direction: str | None = None


def find_surroundings(lab: Floats, subject: Subject, *, white: float = 100.0) -> Surroundings:
    """The background and the light on it, from a small copy of a picture as CIELAB (rows, columns, 3).

    `white` is the L* that looks white in the picture.
    """
    around = subject.likely < 0.1
    if not subject.sure or around.mean() < _LEAST:
        return Surroundings()
    cells = lab[around]
    middle = np.median(cells, axis=0)
    off = np.abs(cells - middle).mean(axis=0)
    tint = float(off[1] + off[2])
    rough = _roughness(lab[..., 0], around)
    if tint > 9 or off[0] > 14:
        return Surroundings()
    plain = tint < 6 and rough < 2.2
    word = "plain" if plain else "textured"
    background = f"{word} {names_of(middle[None], white)[0]}"
    return Surroundings(background, *_light(cells, around)) if plain else Surroundings(background)


def _roughness(lightness: Floats, around: npt.NDArray[np.bool_]) -> float:
    """Mean difference in L* between neighbouring cells that are both surroundings."""
    both = around[:, 1:] & around[:, :-1]
    return float(np.abs(np.diff(lightness, axis=1))[both].mean()) if both.any() else 0.0


def _light(cells: Floats, around: npt.NDArray[np.bool_]) -> tuple[str | None, str | None]:
    """Type and direction of the light on a plain background: does it fall off, are shadows cast?"""
    lightness = cells[:, 0]
    rows, columns = around.shape
    y, x = np.nonzero(around)
    across, down = _slope(x * (1 / columns), lightness), _slope(y * (1 / rows), lightness)
    rest = np.abs(lightness - lightness.mean() - across * (x / columns - x.mean() / columns))
    # No shadow is cast anywhere. Hard light is never claimed: a wrinkled sheet looks as if lit by it.
    kind = "soft" if (rest < 5).mean() > 0.95 else None
    return kind, _direction(across, down)


def _slope(place: npt.NDArray[np.float64], lightness: Floats) -> float:
    """Change of L* for a step of 1 in `place`, by least squares."""
    off = place - place.mean()
    return float((off * lightness).sum() / max(float((off * off).sum()), 1e-6))


def _direction(across: float, down: float) -> str | None:
    """`across` and `down`: change of L* over the picture's width and height."""
    if abs(across) < 14:
        return None
    return "side" if abs(across) > 2 * abs(down) else "45deg"
