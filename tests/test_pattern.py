"""Patterns are named where they are sure, and folds, prints and noise are not taken for any."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from drawn_pictures import Pixels
from manyeyes.imaging.measure import Measurements, measure
from manyeyes.imaging.sharpness import sharpness_of
from manyeyes.lab.sample import draw_garment

NAVY, CREAM, RED = np.array([30, 38, 66]), np.array([236, 226, 204]), np.array([190, 40, 50])


Field = npt.NDArray[np.float64]


def dressed(garment: Field) -> Measurements:
    """What is measured of a garment of 240 × 180 pixels before a wall."""
    picture = np.empty((384, 288, 3))
    picture[:] = (214, 190, 186)
    picture[72:312, 54:234] = garment
    noise = np.random.default_rng(3).normal(0, 2, picture.shape)
    return measure((picture + noise).clip(0, 255).astype(np.uint8))


def cloth(cover: Field) -> Measurements:
    """The same of one that is cream where `cover` is 1 and navy where it is 0."""
    return dressed(NAVY + cover[..., None] * (CREAM - NAVY))


Y, X = np.mgrid[0:240, 0:180].astype(np.float64)


def bands(at: Field, period: float) -> Field:
    return (np.mod(at, period) < period / 2).astype(np.float64)


@pytest.mark.parametrize("period", [6, 10, 16, 22])
@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 135])
def test_stripes_are_found_at_any_angle(degrees: int, period: int) -> None:
    turned = X * np.sin(np.radians(degrees)) + Y * np.cos(np.radians(degrees))
    found = cloth(bands(turned, period))
    assert found.pattern.kind == "stripe"
    assert found.pattern.is_patterned is True


@pytest.mark.parametrize("period", [10, 14, 20])
def test_a_chessboard_is_checkered(period: int) -> None:
    across, down = bands(X, period), bands(Y, period)
    assert cloth(np.abs(across - down)).pattern.kind == "checkered"


def test_bands_of_several_widths_both_ways_are_plaid() -> None:
    garment = np.empty((240, 180, 3))
    garment[:] = (30, 90, 60)
    for at in (X, Y):
        phase = np.mod(at, 34)[..., None]
        garment += 0.5 * (phase < 12) * (RED - garment)
        garment += 0.75 * ((phase > 21) & (phase < 24)) * (CREAM - garment)
    assert dressed(garment).pattern.kind == "plaid"


@pytest.mark.parametrize("radius", [3.0, 4.5])
def test_round_dots_of_one_size_are_polka_dots(radius: float) -> None:
    period = 20
    aside = np.mod(X + (np.floor(Y / period) % 2) * period / 2, period) - period / 2
    distance = np.hypot(aside, np.mod(Y, period) - period / 2)
    found = cloth((radius - distance + 0.5).clip(0, 1))
    assert found.pattern.kind == "polka dot"


def test_plain_cloth_is_solid() -> None:
    found = cloth(np.zeros((240, 180)))
    assert found.pattern.kind == "solid"
    assert found.pattern.is_patterned is False


@pytest.mark.parametrize("depth", [0.1, 0.25, 0.4])
def test_soft_folds_are_no_stripes(depth: float) -> None:
    folds = 0.5 + depth * np.sin(X / 7 + 2 * np.sin(Y / 60)) * np.cos(Y / 90)
    assert cloth(folds).pattern.kind in {None, "solid"}


def test_a_label_does_not_make_a_pattern() -> None:
    label = np.zeros((240, 180))
    label[60:75, 80:110] = 1
    assert cloth(label).pattern.kind == "solid"


def test_squares_and_sticks_scattered_at_random_are_not_named() -> None:
    rng = np.random.default_rng(4)
    confetti = np.zeros((240, 180))
    for y, x, height, width in rng.integers((0, 0, 3, 3), (235, 175, 16, 16), (160, 4)):
        confetti[y : y + height, x : x + width] = 1
    found = cloth(confetti)
    assert found.pattern.kind is None
    assert found.pattern.is_patterned in {None, True}


def test_of_drawn_garments_hardly_any_pattern_is_named_wrongly() -> None:
    wrong = []
    for number in range(1, 31):
        picture, drawn = draw_garment(number, seed=7)
        picture.thumbnail((384, 384), Image.Resampling.LANCZOS)
        said = measure(np.asarray(picture)).pattern.kind
        if said not in {None, drawn.pattern}:
            wrong.append((drawn.name, said))
    assert len(wrong) <= 1, wrong


def photo_of_noise(size: int = 300) -> Image.Image:
    noise = np.random.default_rng(6).integers(0, 256, (size, size, 3)).astype(np.uint8)
    return Image.fromarray(noise).filter(ImageFilter.GaussianBlur(0.6))


def test_the_more_blurred_the_less_sharp() -> None:
    blurs = [photo_of_noise().filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 1, 2, 4)]
    measured = [sharpness_of(np.asarray(image)) or 0.0 for image in blurs]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 0.7
    assert measured[-1] < 0.2


def test_sharpness_does_not_depend_on_contrast() -> None:
    image = np.asarray(photo_of_noise())
    faint: Pixels = (image // 4 + 90).astype(np.uint8)
    assert sharpness_of(faint) == pytest.approx(sharpness_of(image), abs=0.05)


@pytest.mark.parametrize("shape", [(300, 300, 3), (4, 300, 3), (1, 1, 3)])
def test_a_picture_without_detail_has_no_sharpness(shape: tuple[int, ...]) -> None:
    assert sharpness_of(np.full(shape, 90, dtype=np.uint8)) is None


def test_a_plain_wall_is_named_with_its_light() -> None:
    found = cloth(np.zeros((240, 180)))
    assert found.background == "plain light pink"
    assert found.light == "soft"
    assert found.light_direction is None


def test_light_from_one_side_is_seen_on_a_plain_wall() -> None:
    picture = np.empty((384, 288, 3))
    picture[:] = np.linspace(235, 185, 288)[None, :, None]
    picture[72:312, 84:204] = RED
    found = measure(picture.astype(np.uint8))
    assert found.light_direction == "side"


def test_a_carpet_is_textured() -> None:
    rng = np.random.default_rng(8)
    tufts = rng.normal(0, 22, (64, 48)).repeat(6, axis=0).repeat(6, axis=1)[..., None]
    picture = np.array([170, 140, 105]) + tufts
    picture[72:312, 54:234] = NAVY
    assert (measure(picture.clip(0, 255).astype(np.uint8)).background or "").startswith("textured ")
