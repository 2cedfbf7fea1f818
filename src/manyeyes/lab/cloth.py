"""What drawn garments are made of: patterns in their colours, folds and threads."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Floats = npt.NDArray[np.float32]
Colour = tuple[int, int, int]

PatternName = Literal[
    "solid", "stripe", "polka dot", "plaid", "checkered", "floral", "animal print", "geometric"
]


@dataclass(frozen=True, slots=True)
class Weave:
    """A pattern and the colours that it is drawn in; `base` is the ground."""

    pattern: PatternName
    base: Colour
    accents: tuple[Colour, Colour]


@dataclass(frozen=True, slots=True)
class Folds:
    """How cloth lies: both fields are of the picture's shape (rows, columns)."""

    #: Light on the folds' slopes: what the colours are multiplied by.
    shade: Floats
    #: Pixels by which the pattern is shifted.
    shift: Floats


def draw_folds(size: tuple[int, int], rng: Random) -> Folds:
    """Soft folds, mostly upright, for a picture of `size` (width, height)."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    shade, shift = np.ones((height, width), dtype=np.float32), np.zeros((height, width), dtype=np.float32)
    bend = draw_noise(size, rng, coarse=4) * 30
    for _ in range(rng.randint(4, 9)):
        angle = math.radians(rng.gauss(0, 28))
        across = (x - rng.uniform(0.2, 0.8) * width) * math.cos(angle) + (
            y - rng.uniform(0.1, 0.9) * height
        ) * math.sin(angle)
        along = (y - rng.uniform(0.2, 1.0) * height) / (height * rng.uniform(0.15, 0.45))
        away = (across + bend) / rng.uniform(14, 42)
        ridge = np.exp(-(away**2 + along**2) / 2)
        shade += rng.choice((-1, 1)) * rng.uniform(0.1, 0.3) * away * ridge
        shift += rng.uniform(-5, 5) * ridge
    return Folds(shade + 0.05 * draw_noise(size, rng, coarse=7), shift)


def draw_noise(size: tuple[int, int], rng: Random, coarse: int) -> Floats:
    """Smooth noise of about -1 to 1 with some `coarse` hills across the picture's width."""
    width, height = size
    rows = max(2, round(coarse * height / width))
    values = np.array(
        [[rng.gauss(0, 0.5) for _ in range(coarse + 1)] for _ in range(rows + 1)], dtype=np.float32
    )
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BICUBIC))


def draw_cloth(size: tuple[int, int], weave: Weave, folds: Folds, rng: Random) -> Floats:
    """The cloth's colours in even light, (rows, columns, 3) of 0 to 255."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = math.radians(rng.gauss(0, 3))
    u = (x - width / 2) * math.cos(angle) + (y - height / 2) * math.sin(angle) + folds.shift
    v = (y - height / 2) * math.cos(angle) - (x - width / 2) * math.sin(angle) + folds.shift * 0.7
    cloth = np.empty((height, width, 3), dtype=np.float32)
    cloth[:] = weave.base
    accents = [np.array(accent, dtype=np.float32) for accent in weave.accents]
    for cover, accent in _PATTERNS[weave.pattern](u, v, rng):
        cloth += cover[..., None] * (accents[accent] - cloth)
    return cloth


#: How much of each pixel is covered, and by which of the two accents.
Layers = list[tuple[Floats, int]]


def _inside(distance: Floats) -> Floats:
    """Cover of a pixel whose middle is so many pixels inside of an edge."""
    cover: Floats = np.clip(distance + np.float32(0.5), 0, 1)
    return cover


def _bands(at: Floats, period: float, width: float, offset: float = 0.0) -> Floats:
    """Bands of `width` pixels that repeat every `period` pixels."""
    phase = np.mod(at + offset, period)
    return _inside(width / 2 - np.abs(phase - period / 2))


def _solid(_u: Floats, _v: Floats, _rng: Random) -> Layers:
    return []


def _stripe(u: Floats, v: Floats, rng: Random) -> Layers:
    turn = rng.choice((0.0, 0.0, 90.0, 90.0, rng.uniform(30, 60)))
    at = u * math.sin(math.radians(turn)) + v * math.cos(math.radians(turn))
    period = rng.uniform(12, 52)
    layers = [(_bands(at, period, period * rng.uniform(0.25, 0.45)), 0)]
    if period > 30 and rng.random() < 0.4:
        layers.append((_bands(at, period, period * 0.08, period / 2), 1))
    return layers


def _polka_dot(u: Floats, v: Floats, rng: Random) -> Layers:
    period = rng.uniform(22, 48)
    radius = period * rng.uniform(0.16, 0.28)
    row = np.floor(v / period)
    aside = np.mod(u + np.mod(row, 2) * period / 2, period) - period / 2
    above = np.mod(v, period) - period / 2
    return [(_inside(np.float32(radius) - np.hypot(aside, above)), 0)]


def _plaid(u: Floats, v: Floats, rng: Random) -> Layers:
    period = rng.uniform(36, 80)
    wide, offset = period * rng.uniform(0.3, 0.45), period * rng.uniform(0.3, 0.5)
    thin = max(2.0, period * rng.uniform(0.05, 0.09))
    strength = np.float32(rng.uniform(0.45, 0.65))
    layers = [(strength * _bands(at, period, wide), 0) for at in (u, v)]
    return layers + [(np.float32(0.75) * _bands(at, period, thin, offset), 1) for at in (u, v)]


def _checkered(u: Floats, v: Floats, rng: Random) -> Layers:
    period = rng.uniform(22, 56)
    across, down = _bands(u, period, period / 2), _bands(v, period, period / 2)
    if rng.random() < 0.5:
        return [(across + down - 2 * across * down, 0)]
    return [(np.float32(0.5) * across, 0), (np.float32(0.5) * down, 0)]


def _geometric(u: Floats, v: Floats, rng: Random) -> Layers:
    period = rng.uniform(30, 60)
    zigzag: Floats = np.abs(np.mod(u, np.float32(period)) - np.float32(period / 2))
    if rng.random() < 0.5:
        return [(_bands(v + zigzag, period * 0.8, period * 0.3), 0)]
    diamond: Floats = zigzag + np.abs(np.mod(v, np.float32(period)) - np.float32(period / 2))
    return [(_inside(period * 0.3 - diamond), 0), (_inside(period * 0.12 - diamond), 1)]


def _animal_print(u: Floats, v: Floats, rng: Random) -> Layers:
    size = u.shape[1], u.shape[0]
    if rng.random() < 0.5:
        swirl = draw_noise(size, rng, coarse=9) * 28 + draw_noise(size, rng, coarse=4) * 40
        return [(_bands(v + swirl, 38, 17), 0)]
    spots = draw_noise(size, rng, coarse=26)
    return [(_inside((spots - 0.28) * 12), 0), (_inside((spots - 0.55) * 12), 1)]


def _floral(u: Floats, _v: Floats, rng: Random) -> Layers:
    height, width = u.shape
    scale = 2
    petals, hearts = (Image.new("L", (width * scale, height * scale)) for _ in range(2))
    flowers, leaves = ImageDraw.Draw(petals), ImageDraw.Draw(hearts)
    spacing = rng.uniform(42, 80)
    for row in range(int(height / spacing) + 1):
        for column in range(int(width / spacing) + 1):
            x = (column + 0.5 + rng.uniform(-0.35, 0.35)) * spacing * scale
            y = (row + 0.5 + rng.uniform(-0.35, 0.35)) * spacing * scale
            _flower(flowers, leaves, (x, y), spacing * scale * rng.uniform(0.16, 0.3), rng)
    covers = [
        np.asarray(layer.reduce(scale), dtype=np.float32) / np.float32(255) for layer in (petals, hearts)
    ]
    return [(covers[0], 0), (covers[1], 1)]


def _flower(
    flowers: ImageDraw.ImageDraw,
    hearts: ImageDraw.ImageDraw,
    at: tuple[float, float],
    size: float,
    rng: Random,
) -> None:
    petals, turn = rng.choice((5, 5, 6)), rng.uniform(0, math.tau)
    for petal in range(petals):
        angle = turn + petal * math.tau / petals
        x, y, r = at[0] + size * math.cos(angle), at[1] + size * math.sin(angle), size * 0.62
        flowers.ellipse((x - r, y - r, x + r, y + r), fill=255)
    heart = size * 0.5
    hearts.ellipse((at[0] - heart, at[1] - heart, at[0] + heart, at[1] + heart), fill=255)
    x, y = at[0] + 2.1 * size * math.cos(turn + 0.6), at[1] + 2.1 * size * math.sin(turn + 0.6)
    hearts.ellipse((x - size * 0.6, y - size * 0.25, x + size * 0.6, y + size * 0.25), fill=255)


_PATTERNS: dict[PatternName, Callable[[Floats, Floats, Random], Layers]] = {
    "solid": _solid,
    "stripe": _stripe,
    "polka dot": _polka_dot,
    "plaid": _plaid,
    "checkered": _checkered,
    "floral": _floral,
    "animal print": _animal_print,
    "geometric": _geometric,
}
