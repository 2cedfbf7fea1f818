"""A sample portfolio: drawn garments whose colours and patterns are known."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from manyeyes.lab.backdrop import draw_backdrop
from manyeyes.lab.cloth import Colour, Floats, Folds, PatternName, Weave, draw_cloth, draw_folds
from manyeyes.lab.outlines import OUTLINES, GarmentType, Outline, Points, closed_outline, smooth

#: Pixels of a drawn picture: width, height.
SIZE = (600, 800)
#: Outlines are drawn so many times larger and then reduced, which makes them smooth.
_FINER = 3

#: How often each pattern is drawn: most clothes are plain.
_PATTERNS: dict[PatternName, int] = {
    "solid": 36,
    "stripe": 18,
    "polka dot": 12,
    "plaid": 10,
    "checkered": 10,
    "floral": 8,
    "geometric": 3,
    "animal print": 3,
}

#: Colours that cloth is dyed in, as photographs show them.
_DYES: dict[str, Colour] = {
    "black": (28, 28, 31),
    "charcoal": (60, 61, 66),
    "gray": (133, 134, 137),
    "light-gray": (190, 191, 193),
    "white": (240, 240, 238),
    "cream": (238, 224, 192),
    "beige": (212, 192, 162),
    "camel": (178, 134, 84),
    "brown": (108, 72, 48),
    "burgundy": (106, 30, 48),
    "red": (200, 40, 48),
    "coral": (240, 124, 104),
    "orange": (232, 128, 44),
    "mustard": (202, 158, 56),
    "yellow": (242, 214, 70),
    "olive": (108, 108, 62),
    "green": (50, 138, 76),
    "dark-green": (32, 74, 54),
    "mint": (170, 220, 198),
    "teal": (28, 116, 120),
    "light-blue": (174, 202, 230),
    "blue": (46, 98, 188),
    "denim": (82, 110, 146),
    "navy": (32, 40, 68),
    "purple": (108, 54, 144),
    "lilac": (198, 170, 212),
    "pink": (238, 156, 186),
    "magenta": (188, 46, 128),
}


@dataclass(frozen=True, slots=True)
class DrawnGarment:
    """What is true of a drawn picture."""

    #: The file's name; it says what is drawn, to people only.
    name: str
    garment: GarmentType
    pattern: PatternName
    #: `#rrggbb` of each colour in the cloth and its share of it, the largest first.
    colours: tuple[tuple[str, float], ...]
    backdrop: str


def draw_sample(
    folder: Path, count: int = 44, seed: int = 0, *, truth: Path | None = None
) -> list[DrawnGarment]:
    """Draws `count` garments into `folder` as JPEG files, made if missing; the same for the same `seed`.

    What is true of them is returned, and written to the JSON file `truth` where one is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for number in range(1, count + 1):
        image, garment = draw_garment(number, seed)
        image.save(folder / garment.name, quality=_dice("quality", seed, number).randint(72, 94))
        drawn.append(garment)
    if truth is not None:
        truth.write_text(json.dumps([asdict(garment) for garment in drawn], indent=1), encoding="utf-8")
    return drawn


def draw_garment(number: int, seed: int = 0) -> tuple[Image.Image, DrawnGarment]:
    """The garment of that `number` in the sample of `seed`: the picture (mode RGB) and what is true of it."""
    rng = _dice("garment", seed, number)
    kinds = get_args(GarmentType)
    # In turn, so that a small sample has a bit of everything.
    garment: GarmentType = kinds[(number * 7 + seed) % len(kinds)]
    pattern = rng.choices(tuple(_PATTERNS), tuple(_PATTERNS.values()))[0]
    backdrop, scene = draw_backdrop(SIZE, rng)
    dye, weave = _weave(pattern, scene.mean(axis=(0, 1)), rng)
    shape = _place(OUTLINES[garment], rng)
    folds = draw_folds(SIZE, rng)
    cloth = draw_cloth(SIZE, weave, folds, rng)
    mask = _mask(shape)
    picture = _lit(_laid(scene, _shaded(cloth, shape, folds, mask, rng), mask, rng), rng)
    name = (
        f"{number:03}-{garment}-{dye}"
        + ("" if pattern == "solid" else f"-{pattern.replace(' ', '-')}")
        + ".jpg"
    )
    return picture, DrawnGarment(name, garment, pattern, _colours(cloth, weave, mask), backdrop)


def _dice(what: str, seed: int, number: int) -> Random:
    """The same throws for the same `what`, `seed` and `number`."""
    return Random(f"{what} {number} of sample {seed}")  # noqa: S311 - drawn, not kept secret


def _weave(pattern: PatternName, surroundings: Floats, rng: Random) -> tuple[str, Weave]:
    """The dye's name and the colours: apart from each other, and mostly from what is around."""
    alike = 18 if rng.random() < 0.12 else 60

    def pick(away: Sequence[Sequence[float]], least: float) -> tuple[str, Colour]:
        while True:
            name, dye = rng.choice(tuple(_DYES.items()))
            colour = tuple(min(250, max(12, level + rng.randint(-9, 9))) for level in dye)
            if all(math.dist(colour, other) > least for other in away):
                return name, (colour[0], colour[1], colour[2])

    name, base = pick([surroundings.tolist()], alike)
    _, first = pick([base], 110)
    _, second = pick([base, first], 75)
    return name, Weave(pattern, base, (first, second))


@dataclass(frozen=True, slots=True)
class _Shape:
    """An outline placed in the picture: polygons, lines and discs in its pixels."""

    outlines: list[Points]
    seams: list[Points]
    buttons: Points


def _place(outline: Outline, rng: Random) -> _Shape:
    """The outline as large as it fits, a little turned and off the middle."""
    width, height = SIZE
    fit = min(0.88, 0.9 * width / height / (2 * outline.reach))
    scale = fit * height * rng.uniform(0.84, 1.0)
    angle = math.radians(rng.gauss(0, 2.5))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    middle = np.array([width, height]) * (0.5 + rng.uniform(-0.02, 0.02))

    def put(points: Points, aside: float = 0.0) -> Points:
        placed: Points = (points + np.array([aside, -0.5])) * scale @ turn.T + middle
        return placed

    sides = (-outline.pair, outline.pair) if outline.pair else (0.0,)
    lines = [smooth(np.array(seam)) for seam in outline.seams]
    lines += [line * (-1, 1) for line in lines]
    buttons = np.array(outline.buttons).reshape(-1, 2)
    return _Shape(
        [put(closed_outline(outline), aside) for aside in sides],
        [put(line, aside) for line in lines for aside in sides],
        put(buttons),
    )


def _mask(shape: _Shape) -> Floats:
    """The share of each pixel that is garment."""
    layer = Image.new("L", (SIZE[0] * _FINER, SIZE[1] * _FINER))
    for polygon in shape.outlines:
        ImageDraw.Draw(layer).polygon([tuple(point) for point in (polygon * _FINER).tolist()], fill=255)
    return _reduced(layer)


def _reduced(layer: Image.Image) -> Floats:
    return np.asarray(layer.reduce(_FINER), dtype=np.float32) / np.float32(255)


def _blurred(field: Floats, radius: float) -> Floats:
    image = Image.fromarray((field * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32) / np.float32(255)


def _shaded(cloth: Floats, shape: _Shape, folds: Folds, mask: Floats, rng: Random) -> Floats:
    """The cloth with its folds, seams and threads; it turns away from the light towards its edge."""
    layer = Image.new("L", (SIZE[0] * _FINER, SIZE[1] * _FINER))
    pen = ImageDraw.Draw(layer)
    for seam in shape.seams:
        pen.line(
            [tuple(point) for point in (seam * _FINER).tolist()], fill=255, width=2 * _FINER, joint="curve"
        )
    for x, y in (shape.buttons * _FINER).tolist():
        pen.ellipse((x - 5 * _FINER, y - 5 * _FINER, x + 5 * _FINER, y + 5 * _FINER), fill=255)
    seams = _reduced(layer)
    light = folds.shade.clip(0.6, 1.3) * (0.8 + 0.2 * _blurred(mask, 16)) * (1 - 0.32 * seams)
    threads = np.random.default_rng(rng.randrange(2**32)).normal(0, rng.uniform(1, 4), SIZE[::-1])
    shaded: Floats = cloth * light[..., None] + threads.astype(np.float32)[..., None]
    return shaded


def _laid(scene: Floats, cloth: Floats, mask: Floats, rng: Random) -> Floats:
    """The cloth on the scene, with the shadow that it casts there."""
    cast = np.roll(_blurred(mask, rng.uniform(5, 14)), (rng.randint(3, 10), rng.randint(-9, 9)), axis=(0, 1))
    around = scene * (1 - rng.uniform(0.2, 0.45) * cast)[..., None]
    return np.asarray(around + mask[..., None] * (cloth - around), dtype=np.float32)


def _lit(picture: Floats, rng: Random) -> Image.Image:
    """As a camera sees it: light that falls off, is a little warm or cold, and a sensor's noise."""
    width, height = SIZE
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, math.tau)
    slope = ((x / width - 0.5) * math.cos(angle) + (y / height - 0.5) * math.sin(angle)) * rng.uniform(
        0, 0.16
    )
    warmth = rng.uniform(-0.025, 0.025)
    light = rng.uniform(0.95, 1.04) * (1 + slope)[..., None] * np.array([1 + warmth, 1, 1 - warmth])
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, rng.uniform(0.5, 2.5), picture.shape)
    return Image.fromarray((picture * light + noise).clip(0, 255).astype(np.uint8))


def _colours(cloth: Floats, weave: Weave, mask: Floats) -> tuple[tuple[str, float], ...]:
    """The colours in the unlit cloth, by what most of each pixel is."""
    if weave.pattern == "solid":
        return ((_hex(weave.base), 1.0),)
    # As one number each: rows of three take ten times as long to sort.
    red, green, blue = (cloth[mask > 0.5] + 0.5).astype(np.uint8).astype(np.uint32).T
    levels, counts = np.unique(red << 16 | green << 8 | blue, return_counts=True)
    shares = counts / counts.sum()
    common = np.argsort(-shares)[:4]
    return tuple((f"#{levels[i]:06x}", round(float(shares[i]), 3)) for i in common if shares[i] > 0.02)


def _hex(colour: Sequence[int] | npt.NDArray[np.uint8]) -> str:
    return "#" + bytes(int(level) for level in colour).hex()
