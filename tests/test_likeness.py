"""Pictures that look alike are near each other, and the nearest of many are found exactly."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drawn_pictures import encoded
from manyeyes.imaging.cielab import Floats
from manyeyes.imaging.likeness import LENGTH, SAME, Crowd, distance, features, features_of
from manyeyes.lab.sample import draw_garment
from manyeyes.model.errors import UnreadableImage

GARMENTS = [draw_garment(number, 7)[0] for number in range(6)]
VECTORS = [features("a", encoded(garment, "JPEG", quality=90)) for garment in GARMENTS]


def jpeg(image: Image.Image, quality: int = 80) -> bytes:
    return encoded(image, "JPEG", quality=quality)


@pytest.mark.parametrize("number", range(len(GARMENTS)))
def test_the_same_picture_is_near_itself_whatever_was_done_to_its_file(number: int) -> None:
    garment, vector = GARMENTS[number], VECTORS[number]
    width, height = garment.size
    again = {
        "smaller": jpeg(garment.resize((width // 4, height // 4))),
        "larger": jpeg(garment.resize((width * 2, height * 2))),
        "recompressed": jpeg(garment, 20),
        "another format": encoded(garment, "WebP", quality=60),
        "cut": jpeg(garment.crop((width // 70, height // 70, width - width // 70, height - height // 70))),
    }
    apart = {how: distance(vector, features("a", data)) for how, data in again.items()}
    assert max(apart.values()) < SAME, apart


def test_different_garments_are_apart() -> None:
    apart = [distance(one, other) for at, one in enumerate(VECTORS) for other in VECTORS[:at]]
    assert min(apart) > SAME


def test_another_colour_makes_another_picture() -> None:
    red, green, blue = GARMENTS[0].split()
    assert distance(VECTORS[0], features("a", jpeg(Image.merge("RGB", (blue, red, green))))) > SAME


def test_a_picture_that_stands_on_its_head_is_another() -> None:
    turned = features("a", jpeg(GARMENTS[0].transpose(Image.Transpose.ROTATE_180)))
    assert distance(VECTORS[0], turned) > SAME


def test_the_first_number_of_each_plane_is_its_mean() -> None:
    vector = features_of(Image.new("RGB", (300, 200), (255, 255, 255)))
    assert vector.shape == (LENGTH,)
    assert vector.dtype == np.float32
    assert vector[0] == pytest.approx(100, abs=0.1)
    assert np.abs(np.delete(vector, 0)).max() < 0.1


def test_upright_pictures_are_compared() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = BytesIO()
    GARMENTS[0].transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=90, exif=exif.tobytes())
    assert distance(VECTORS[0], features("a", buffer.getvalue())) < SAME


def test_a_broken_picture_is_told() -> None:
    with pytest.raises(UnreadableImage, match="'a'"):
        features("a", jpeg(GARMENTS[0])[:2000])


@st.composite
def crowds(draw: st.DrawFn) -> Floats:
    rows = draw(st.integers(0, 40))
    return np.random.default_rng(draw(st.integers(0, 99))).normal(0, 30, (rows, LENGTH)).astype(np.float32)


@given(crowds(), st.integers(0, 50))
def test_the_nearest_are_those_that_a_full_sort_finds(rows: Floats, most: int) -> None:
    one = np.full(LENGTH, 3, dtype=np.float32)
    found = Crowd.of(rows).nearest(one, most)
    every = sorted((float(np.linalg.norm(row - one)), place) for place, row in enumerate(rows))[:most]
    assert [place for place, _ in found] == [place for _, place in every]
    assert [apart for _, apart in found] == pytest.approx([apart for apart, _ in every], abs=1e-3)


def test_a_picture_of_the_crowd_is_nearest_to_itself() -> None:
    crowd = Crowd.of(VECTORS)
    for place, vector in enumerate(VECTORS):
        assert crowd.nearest(vector, 2)[0] == (place, 0.0)


def test_nobody_is_near_in_an_empty_crowd() -> None:
    assert Crowd.of([]).nearest(VECTORS[0], 5) == []
