"""CIELAB, the colours as people see them apart, and CIEDE2000, how far apart they see them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

#: sRGB to CIE XYZ, both relative to D65 (IEC 61966-2-1), rows divided by the white point.
_XYZ_FROM_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _XYZ_FROM_RGB.sum(axis=1)
_SCALED = (_XYZ_FROM_RGB / _WHITE[:, None]).astype(np.float32)
_BACK = np.linalg.inv(_XYZ_FROM_RGB / _WHITE[:, None]).astype(np.float32)

#: CIE 15:2004, 8.2.1: below `_EPSILON` the cube root gives way to a straight line of slope `_KAPPA` / 116.
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27


def _linear(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


_LINEAR_OF_BYTE = _linear(np.arange(256) / 255).astype(np.float32)


def lab_of(rgb: npt.NDArray[np.uint8]) -> Floats:
    """CIELAB (D65, 2°) of sRGB bytes; both of shape (…, 3). L* is 0 to 100."""
    f = _LINEAR_OF_BYTE[rgb] @ _SCALED.T
    dark = f <= _EPSILON
    straight = f[dark] * np.float32(_KAPPA / 116) + np.float32(16 / 116)
    f = np.cbrt(f)
    f[dark] = straight
    lab: Floats = np.empty_like(f)
    lab[..., 0] = 116 * f[..., 1] - 16
    lab[..., 1] = 500 * (f[..., 0] - f[..., 1])
    lab[..., 2] = 200 * (f[..., 1] - f[..., 2])
    return lab


def rgb_of(lab: Floats) -> npt.NDArray[np.uint8]:
    """sRGB bytes of CIELAB (D65), of shape (…, 3); colours outside of sRGB are clipped to it."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f**3 > _EPSILON, f**3, (116 * f - 16) / _KAPPA)
    linear = np.clip(xyz @ _BACK.T, 0, 1)
    levels = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(levels * 255), dtype=np.uint8)


def ciede2000(one: npt.ArrayLike, other: npt.ArrayLike, *, k_l: float = 1.0) -> Any:
    """The CIEDE2000 difference of two CIELAB colours, or arrays of them (…, 3) that broadcast together.

    `k_l` above 1 makes light of differences in lightness. Formula and numbering of Sharma, Wu and Dalal,
    "The CIEDE2000 color-difference formula: implementation notes, supplementary test data, and
    mathematical observations", Color Research and Application 30 (2005).
    """
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    l1, a1, b1 = first[..., 0], first[..., 1], first[..., 2]
    l2, a2, b2 = second[..., 0], second[..., 1], second[..., 2]
    # (2)-(7): a* is stretched near the neutral axis; then chroma and hue.
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1 = np.degrees(np.arctan2(b1, stretch * a1)) % 360
    h2 = np.degrees(np.arctan2(b2, stretch * a2)) % 360
    # (8)-(11): the differences; a colour without chroma has no hue to differ in.
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where((turn == -180) & (h2 > h1), 180.0, turn)
    big_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    # (12)-(14): the means; hues are averaged across the shorter way round.
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(c1 * c2 == 0, h1 + h2, _mean_hue(h1, h2))
    s_l, s_c, s_h, rotation = _weights(mean_l, mean_c, mean_h)
    light, chroma, hue = (l2 - l1) / (k_l * s_l), (c2 - c1) / s_c, big_h / s_h
    return np.sqrt(light**2 + chroma**2 + hue**2 + rotation * chroma * hue)


def _mean_hue(h1: npt.NDArray[np.float64], h2: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    total = h1 + h2
    around = np.where(total < 360, total + 360, total - 360)
    return np.where(np.abs(h1 - h2) <= 180, total, around) / 2


def _weights(mean_l: Any, mean_c: Any, mean_h: Any) -> tuple[Any, Any, Any, Any]:
    """S_L, S_C, S_H and R_T: equations (15) to (21)."""
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    theta = 30 * np.exp(-(((mean_h - 275) / 25) ** 2))
    r_c = 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    off_grey = (mean_l - 50) ** 2
    s_l = 1 + 0.015 * off_grey / np.sqrt(20 + off_grey)
    return s_l, 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t, -np.sin(np.radians(2 * theta)) * r_c
