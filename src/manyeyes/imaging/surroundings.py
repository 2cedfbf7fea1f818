"""What is around a garment, and how it is lit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.cielab import Floats
from manyeyes.imaging.subject import Subject

#: Cells of surroundings needed to say anything of them, as a share of the picture.
_LEAST = 0.08


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found; None is "cannot tell"."""

    #: `plain` or `textured`.
    surface: str | None = None
    #: Its CIELAB colour; there where `surface` is.
    colour: Floats | None = None
    #: `soft`.
    light: str | None = None
    #: `side` or `45deg`.
    direction: str | None = None


def find_surroundings(lab: Floats, subject: Subject) -> Surroundings:
    """The background and the light on it, from a small copy of a picture as CIELAB (rows, columns, 3)."""
    around = subject.likely < 0.1
    if not subject.sure or np.count_nonzero(around) < _LEAST * around.size:
        return Surroundings()
    # (3, cells): numpy is slow where the last of an array's dimensions is as short as 3.
    cells = np.ascontiguousarray(lab[around].T)
    some = np.sort(cells[:, ::4], axis=1)
    colour = some[:, some.shape[1] // 2]
    light, *tint = np.abs(cells - colour[:, None]).mean(axis=1).tolist()
    if sum(tint) > 9 or light > 14:
        return Surroundings()
    if sum(tint) < 6 and _roughness(lab[..., 0], around) < 2.2:
        return Surroundings("plain", colour, *_light(cells[0], around))
    return Surroundings("textured", colour)


def _roughness(lightness: Floats, around: npt.NDArray[np.bool_]) -> float:
    """Mean difference in L* between neighbouring cells that are both surroundings."""
    both = around[:, 1:] & around[:, :-1]
    return float(np.abs(np.diff(lightness, axis=1))[both].mean()) if both.any() else 0.0


def _light(lightness: Floats, around: npt.NDArray[np.bool_]) -> tuple[str | None, str | None]:
    """Type and direction of the light on a plain background: does it fall off, are shadows cast?"""
    rows, columns = around.shape
    y, x = np.nonzero(around)
    across, down = _slope(x * (1 / columns), lightness), _slope(y * (1 / rows), lightness)
    rest = np.abs(lightness - lightness.mean() - across * (x / columns - x.mean() / columns))
    # No shadow is cast anywhere. Hard light is never claimed: a wrinkled sheet looks as if lit by it.
    kind = "soft" if np.count_nonzero(rest < 5) > 0.95 * len(rest) else None
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
