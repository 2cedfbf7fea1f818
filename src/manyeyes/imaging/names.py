"""Plain names of the colours that garments have."""

from __future__ import annotations

import numpy as np

from manyeyes.imaging.cielab import Floats, lab_of

#: A name and the sRGB colour that it fits best, drawn up by eye for cloth in photographs: black cloth is
#: never #000000 there, nor white #ffffff.
COLOUR_NAMES: dict[str, str] = {
    "black": "#17171a",
    "charcoal": "#3a3b3f",
    "dark gray": "#57585b",
    "gray": "#858688",
    "light gray": "#bfc0c1",
    "white": "#f3f3f2",
    "off-white": "#e4e0d8",
    "ivory": "#f8f2df",
    "cream": "#efdfbd",
    "beige": "#d6c2a4",
    "tan": "#c09c74",
    "camel": "#b0834f",
    "taupe": "#8d7f72",
    "brown": "#6f4a30",
    "dark brown": "#402c22",
    "rust": "#a64b2a",
    "burgundy": "#6a1b30",
    "dark red": "#8f1a22",
    "red": "#cb2530",
    "coral": "#f27a66",
    "peach": "#f7c4a5",
    "orange": "#ee7f25",
    "mustard": "#c89b32",
    "yellow": "#f4d638",
    "pale yellow": "#f5eaa6",
    "khaki": "#a89a72",
    "olive": "#6b6a3a",
    "dark olive": "#40412b",
    "lime": "#a8d13c",
    "green": "#2f8c48",
    "dark green": "#1e4a33",
    "emerald": "#128f68",
    "sage": "#9dab8e",
    "mint": "#a9dcc6",
    "teal": "#1a7477",
    "dark teal": "#174a50",
    "turquoise": "#3cc0c4",
    "light blue": "#b0cbe5",
    "sky blue": "#6cb1e0",
    "blue": "#2b5fbd",
    "royal blue": "#2a35a6",
    "denim blue": "#506d92",
    "dark denim": "#33445e",
    "slate": "#70808f",
    "navy": "#1d2440",
    "indigo": "#3c3078",
    "purple": "#6d3391",
    "lavender": "#b9a8db",
    "lilac": "#cfaacf",
    "plum": "#5a2a4f",
    "mauve": "#a37b92",
    "magenta": "#bd2a80",
    "hot pink": "#ea4590",
    "pink": "#ef9bba",
    "light pink": "#f5d1d9",
    "dusty pink": "#cb9a9b",
}

#: Colours of screens and drawings, purer than cloth has them, that would fall to a neighbour's name.
_PURE: tuple[tuple[str, str], ...] = (
    ("orange", "#ffa500"),
    ("blue", "#0000ff"),
    ("navy", "#000080"),
    ("magenta", "#ff00ff"),
    ("burgundy", "#800000"),
    ("brown", "#8b4513"),
    ("dark green", "#006400"),
    ("tan", "#d2b48c"),
    ("khaki", "#c3b091"),
)

#: L* of a white sheet, well exposed.
_PAPER = 96.0
#: Names are not chosen for a picture more than this much lighter.
_MOST_EXPOSURE = 1.18

_NAMED = (*COLOUR_NAMES.items(), *_PURE)
_NAMES = tuple(name for name, _ in _NAMED)


def _din99o(lab: Floats) -> Floats:
    """CIELAB bent so that plain distances in it are much like CIEDE2000's, at a fifth of the work.

    DIN 6176:2018, for reference conditions.
    """
    turn = np.float32(np.radians(26))
    along = lab[:, 1] * np.cos(turn) + lab[:, 2] * np.sin(turn)
    across = np.float32(0.83) * (lab[:, 2] * np.cos(turn) - lab[:, 1] * np.sin(turn))
    chroma = np.hypot(along, across)
    squeezed = np.log1p(0.075 * chroma) / (0.0435 * np.maximum(chroma, np.float32(1e-6)))
    lightness = np.float32(303.67) * np.log1p(np.float32(0.0039) * lab[:, 0])
    return np.stack([lightness, along * squeezed, across * squeezed], axis=1).astype(np.float32)


_ANCHORS = _din99o(lab_of(np.array([list(bytes.fromhex(code[1:])) for _, code in _NAMED], dtype=np.uint8)))


def names_of(lab: Floats, white: float = 100.0) -> list[str]:
    """The nearest name of each CIELAB colour in `lab`, of shape (colours, 3).

    `white` is the L* that looks white where the colours were seen: people take the lightest thing in a
    dim picture for white (A. Gilchrist et al., "An anchoring theory of lightness perception",
    Psychological Review 106, 1999), and call a shirt white that was photographed gray.
    """
    exposure = min(max(_PAPER / max(white, 1.0), 1.0), _MOST_EXPOSURE)
    apart = _din99o(lab * np.float32(exposure))[:, None, :] - _ANCHORS
    return [_NAMES[i] for i in np.einsum("cni,cni->cn", apart, apart).argmin(axis=1)]
