"""A colour's name fits its hex, whatever it is seen on."""

from __future__ import annotations

import numpy as np
import pytest

from manyeyes.imaging.measure import measure

COLOURS = {
    "red": "ff0000",
    "orange": "ffa500",
    "turquoise": "00ffff",
    "navy": "000080",
    "olive": "808000",
    "brown": "8b4513",
    "green": "008000",
    "blue": "0000ff",
    "purple": "800080",
    "magenta": "ff00ff",
    "yellow": "ffff00",
}


@pytest.mark.parametrize(("name", "code"), COLOURS.items())
def test_a_plain_colour_has_its_plain_name(name: str, code: str) -> None:
    colour = np.array(list(bytes.fromhex(code)), dtype=np.uint8)
    everywhere = np.broadcast_to(colour, (384, 288, 3)).copy()
    on_white = np.full((384, 288, 3), 250, np.uint8)
    on_white[80:300, 70:220] = colour
    for picture in (everywhere, on_white):
        first = measure(picture).palette[0]
        assert (first.name, first.hex) == (name, f"#{code}")
