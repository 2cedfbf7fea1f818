"""What drawn garments lie on or hang before: walls, floors, carpets, sheets."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np

from manyeyes.lab.cloth import Colour, Floats, draw_noise

#: What a backdrop is called, how it is drawn, and the colours that it comes in.
_LIGHT: tuple[Colour, ...] = ((244, 243, 240), (232, 228, 220), (216, 217, 219), (238, 226, 208))
_BOLD: tuple[Colour, ...] = ((178, 42, 52), (196, 88, 122), (70, 104, 150), (92, 128, 98), (208, 172, 96))
_WOODEN: tuple[Colour, ...] = ((198, 158, 108), (146, 104, 70), (178, 172, 164), (222, 192, 142))
_WOOLLEN: tuple[Colour, ...] = ((206, 200, 190), (150, 146, 142), (178, 160, 136))


def draw_backdrop(size: tuple[int, int], rng: Random) -> tuple[str, Floats]:
    """A backdrop's name and its colours, (rows, columns, 3) of 0 to 255, for a picture of `size`."""
    name = rng.choice(tuple(_BACKDROPS))
    draw, colours = _BACKDROPS[name]
    colour = np.array(rng.choice(colours), dtype=np.float32) + rng.uniform(-8, 8)
    return name, draw(size, colour, rng)


def _tinted(colour: Floats, light: Floats) -> Floats:
    """`colour` in that light, (rows, columns)."""
    return np.multiply.outer(light, colour)


def _wall(size: tuple[int, int], colour: Floats, rng: Random) -> Floats:
    return _tinted(colour, 1 + 0.012 * draw_noise(size, rng, coarse=5))


def _fading(size: tuple[int, int], colour: Floats, rng: Random) -> Floats:
    width, height = size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    fall = 1 - rng.uniform(0.08, 0.2) * (rng.choice((x, -x, y, x + y)) + 1) / 2
    return _tinted(colour, fall)


def _sheet(size: tuple[int, int], colour: Floats, rng: Random) -> Floats:
    wrinkles = 0.05 * draw_noise(size, rng, coarse=6) + 0.04 * draw_noise(size, rng, coarse=17)
    return _tinted(colour, 1 + wrinkles)


def _floor(size: tuple[int, int], colour: Floats, rng: Random) -> Floats:
    width, height = size
    plank = rng.randint(50, 110)
    light = np.ones((height, width), dtype=np.float32)
    grain = draw_noise((height, width), rng, coarse=60).T
    streaks = np.repeat(draw_noise((width, 64), rng, coarse=120)[:1], height, axis=0)
    for left in range(0, width, plank):
        light[:, left : left + plank] *= 1 + rng.uniform(-0.09, 0.09)
        light[:, left : left + 2] *= 0.72
        joint = rng.randrange(height)
        light[joint : joint + 2, left : left + plank] *= 0.75
    return _tinted(colour, light + 0.05 * streaks + 0.03 * grain)


def _carpet(size: tuple[int, int], colour: Floats, rng: Random) -> Floats:
    grains = np.random.default_rng(rng.randrange(2**32))
    tufts = grains.normal(0, 0.16, (size[1] // 3 + 1, size[0] // 3 + 1)).repeat(3, axis=0).repeat(3, axis=1)
    tufts = tufts[: size[1], : size[0]] + grains.normal(0, 0.06, (size[1], size[0]))
    patches = 0.05 * draw_noise(size, rng, coarse=6)
    return _tinted(colour, (1 + tufts + patches).astype(np.float32))


def _tiles(size: tuple[int, int], colour: Floats, rng: Random) -> Floats:
    side, grout = rng.randint(150, 260), 5
    light = 1 + 0.02 * draw_noise(size, rng, coarse=9)
    start = rng.randrange(side)
    for at in range(start, size[1], side):
        light[at : at + grout] *= 0.8
    for at in range(start, size[0], side):
        light[:, at : at + grout] *= 0.8
    return _tinted(colour, light)


_Draw = Callable[[tuple[int, int], Floats, Random], Floats]

_BACKDROPS: dict[str, tuple[_Draw, tuple[Colour, ...]]] = {
    "light wall": (_wall, _LIGHT),
    "coloured wall": (_wall, _BOLD),
    "fading light": (_fading, _LIGHT + _BOLD),
    "white sheet": (_sheet, _LIGHT),
    "coloured sheet": (_sheet, _BOLD),
    "wooden floor": (_floor, _WOODEN),
    "carpet": (_carpet, _WOOLLEN),
    "tiles": (_tiles, _LIGHT + _WOOLLEN),
}
