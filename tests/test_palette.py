"""Colours are told apart and named as people do it, and the garment's are found among its surroundings'."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawn_pictures import Pixels
from manyeyes.imaging.cielab import ciede2000, lab_of, rgb_of
from manyeyes.imaging.measure import measure
from manyeyes.imaging.names import COLOUR_NAMES, names_of
from manyeyes.imaging.palette import MOST, dominant_colours
from manyeyes.imaging.subject import find_subject

#: Sharma, Wu and Dalal (2005), table 1: two colours and their difference.
PUBLISHED = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, 2.8361, -74.0200), (50, 0, -82.7485), 3.4412),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, -1.1848, -84.8006), (50, 0, -82.7485), 1.0000),
    ((50, -0.9009, -85.5211), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, -1, 2), (50, 0, 0), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0010), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, 2.49, -0.001), (50, -2.49, 0.0012), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0010, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((50, 2.5, 0), (50, 3.1736, 0.5854), 1.0000),
    ((50, 2.5, 0), (50, 3.2972, 0), 1.0000),
    ((50, 2.5, 0), (50, 1.8634, 0.5757), 1.0000),
    ((50, 2.5, 0), (50, 3.2592, 0.3350), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((61.2901, 3.7196, -5.3901), (61.4292, 2.2480, -4.9620), 1.8731),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((36.4612, 47.8580, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]

Colour = tuple[int, int, int]
levels = st.integers(0, 255)
colours = st.tuples(levels, levels, levels)


def lab(*colour: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return lab_of(np.array(colour, dtype=np.uint8))


def on_wall(garment: Pixels, wall: Colour = (225, 222, 214)) -> Pixels:
    """`garment` in the middle of a wall, seen by a camera that is not free of noise."""
    height, width, _ = garment.shape
    picture = np.empty((384, 288, 3), dtype=np.float64)
    picture[:] = wall
    top, left = (384 - height) // 2, (288 - width) // 2
    picture[top : top + height, left : left + width] = garment
    noise = np.random.default_rng(5).normal(0, 2, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def plain(colour: Colour, height: int = 220, width: int = 160) -> Pixels:
    return np.full((height, width, 3), colour, dtype=np.uint8)


@pytest.mark.parametrize(("one", "other", "difference"), PUBLISHED)
def test_ciede2000_agrees_with_the_published_pairs(
    one: tuple[float, ...], other: tuple[float, ...], difference: float
) -> None:
    assert round(float(ciede2000(one, other)), 4) == difference
    assert round(float(ciede2000(other, one)), 4) == difference


def test_ciede2000_takes_arrays() -> None:
    first, second, expected = (np.array(column) for column in zip(*PUBLISHED, strict=True))
    assert np.abs(ciede2000(first, second) - expected).max() < 6e-5
    assert ciede2000(first[:, None], second[None, :5]).shape == (len(PUBLISHED), 5)


@given(colours, colours)
def test_ciede2000_is_a_distance(one: Colour, other: Colour) -> None:
    there, back = float(ciede2000(lab(*one), lab(*other))), float(ciede2000(lab(*other), lab(*one)))
    assert there == pytest.approx(back)
    assert (there == 0) == (one == other)


@given(colours)
def test_srgb_comes_back_from_cielab(colour: Colour) -> None:
    assert tuple(rgb_of(lab(*colour))) == colour


def test_cielab_of_known_colours() -> None:
    # By the formulas of CIE 15:2004 with sRGB's D65.
    assert np.allclose(lab(255, 255, 255), (100, 0, 0), atol=0.01)
    assert np.allclose(lab(255, 0, 0), (53.24, 80.09, 67.20), atol=0.01)
    assert np.allclose(lab(0, 0, 255), (32.30, 79.19, -107.86), atol=0.01)


def test_every_name_is_nearest_to_its_own_colour() -> None:
    anchors = lab_of(
        np.array([list(bytes.fromhex(code[1:])) for code in COLOUR_NAMES.values()], dtype=np.uint8)
    )
    assert names_of(anchors) == list(COLOUR_NAMES)


@pytest.mark.parametrize(
    ("colour", "name"),
    [((10, 10, 12), "black"), ((30, 38, 66), "navy"), ((205, 30, 45), "red"), ((245, 245, 245), "white")],
)
def test_colours_get_plain_names(colour: Colour, name: str) -> None:
    assert names_of(lab(*colour)[None]) == [name]


def test_a_white_shirt_in_a_dim_picture_is_called_white() -> None:
    dim = lab(205, 205, 206)[None]
    assert names_of(dim) == ["light gray"]
    assert names_of(dim, white=float(dim[0, 0])) == ["white"]


@pytest.mark.parametrize(
    "colour", [(200, 40, 48), (32, 40, 68), (238, 224, 192), (28, 116, 120), (245, 245, 245)]
)
def test_the_garments_colour_is_found_and_the_walls_is_not(colour: Colour) -> None:
    found = measure(on_wall(plain(colour), wall=(150, 150, 155)))
    assert len(found.palette) == 1
    assert float(ciede2000(found.palette[0].lab, lab(*colour))) < 3
    assert found.palette[0].share > 0.97
    assert found.garment_share == pytest.approx(220 * 160 / (384 * 288), abs=0.05)


def test_a_shaded_garment_has_one_colour() -> None:
    fold = 1 + 0.3 * np.sin(np.linspace(0, 9, 160))[None, :, None]
    garment = (plain((60, 90, 150)) * fold).clip(0, 255).astype(np.uint8)
    found = measure(on_wall(garment))
    assert len(found.palette) == 1
    assert float(ciede2000(found.palette[0].lab, lab(60, 90, 150))) < 10


def test_shares_tell_which_colour_is_dominant() -> None:
    garment = plain((28, 30, 60))
    garment[150:] = (235, 200, 60)
    first, second = measure(on_wall(garment)).palette
    assert first.share == pytest.approx(150 / 220, abs=0.04)
    assert second.share == pytest.approx(70 / 220, abs=0.04)
    assert (first.name, second.name) == ("navy", "yellow")
    assert first.hex.startswith("#")
    assert len(first.hex) == 7


def test_trousers_do_not_take_the_floor_between_the_legs_for_cloth() -> None:
    legs = plain((40, 60, 110), height=300, width=150)
    legs[90:, 55:95] = (190, 150, 100)
    found = measure(on_wall(legs, wall=(190, 150, 100)))
    assert [colour.share > 0.95 for colour in found.palette] == [True]


def test_what_cannot_be_told_from_its_surroundings_is_looked_for_in_the_middle() -> None:
    subject = find_subject(lab_of(np.full((64, 48, 3), 200, dtype=np.uint8)))
    assert not subject.sure
    assert subject.likely[32, 24] > 0.5 > subject.likely[0, 0]
    found = measure(np.full((384, 288, 3), 200, dtype=np.uint8))
    assert found.garment_share is None
    assert found.background is None
    assert found.pattern.kind is None
    assert len(found.palette) == 1


@given(st.lists(colours, min_size=1, max_size=40), st.booleans())
def test_there_are_one_to_three_colours_and_their_shares_are_no_more_than_all(
    pixels: list[Colour], patterned: bool
) -> None:
    found, shares = dominant_colours(lab_of(np.array(pixels, dtype=np.uint8)), patterned=patterned)
    assert 1 <= len(found) == len(shares) <= MOST
    assert 0 < shares.sum() <= 1.0001
    assert (np.diff(shares) <= 0).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 3), (7, 384), (64, 64), (63, 70)])
def test_pictures_of_any_shape_are_measured(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (*shape, 3)).astype(np.uint8)
    assert 1 <= len(measure(noise).palette) <= MOST
