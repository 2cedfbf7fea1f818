"""The sample portfolio is drawn the same for the same seed, and what is said of it is true."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from manyeyes.imaging.cielab import ciede2000, lab_of
from manyeyes.lab.outlines import OUTLINES, closed_outline
from manyeyes.lab.sample import SIZE, draw_garment, draw_sample

#: Drawn once: several tests look at the same garments.
garment_of = cache(draw_garment)


def test_the_same_seed_draws_the_same_files(tmp_path: Path) -> None:
    one, other = draw_sample(tmp_path / "a", 2, seed=5), draw_sample(tmp_path / "b", 2, seed=5)
    assert one == other
    for garment in one:
        assert (tmp_path / "a" / garment.name).read_bytes() == (tmp_path / "b" / garment.name).read_bytes()


def test_another_seed_draws_others() -> None:
    assert garment_of(1)[1] != draw_garment(1, seed=2)[1]
    assert garment_of(1)[1] != garment_of(2)[1]


def test_a_folder_is_made_and_holds_pictures_only(tmp_path: Path) -> None:
    drawn = draw_sample(tmp_path / "new" / "folder", 4)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(
        g.name for g in drawn
    )
    for garment in drawn:
        with Image.open(tmp_path / "new" / "folder" / garment.name) as image:
            assert (image.format, image.size) == ("JPEG", SIZE)
            assert not image.getexif()


def test_the_truth_is_written_only_where_it_is_asked_for(tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    drawn = draw_sample(tmp_path / "shop", 3, truth=truth)
    told = json.loads(truth.read_text("utf-8"))
    assert [one["name"] for one in told] == [garment.name for garment in drawn]
    assert told[0]["colours"][0][0].startswith("#")


def test_names_are_in_order_and_say_what_is_drawn() -> None:
    names = [garment_of(number)[1] for number in (1, 2, 44)]
    assert [garment.name[:3] for garment in names] == ["001", "002", "044"]
    assert all(garment.garment in garment.name for garment in names)


def test_a_small_sample_has_a_bit_of_everything() -> None:
    drawn = [garment_of(number)[1] for number in range(1, 15)]
    assert len({garment.garment for garment in drawn}) == len(OUTLINES)
    assert len({garment.pattern for garment in drawn}) >= 4
    assert len({garment.backdrop for garment in drawn}) >= 5


@pytest.mark.parametrize("number", range(1, 13))
def test_the_colour_said_to_be_dominant_is_what_the_garment_looks_like(number: int) -> None:
    picture, drawn = garment_of(number)
    assert sum(share for _, share in drawn.colours) <= 1.001
    code = np.array(list(bytes.fromhex(drawn.colours[0][0][1:])), dtype=np.uint8)
    # The middle of the picture is garment, but between trouser legs and shoes.
    pixels = np.asarray(picture)[200:600:4, 150:450:4].reshape(-1, 3)
    near = ciede2000(lab_of(pixels), lab_of(code)) < 14
    assert near.mean() > 0.15


@pytest.mark.parametrize("kind", OUTLINES)
def test_outlines_are_closed_symmetric_and_keep_to_their_reach(kind: str) -> None:
    outline = OUTLINES[kind]  # type: ignore[index]
    polygon = closed_outline(outline)
    assert np.allclose(polygon, polygon[::-1] * (-1, 1))
    assert np.abs(polygon[:, 0]).max() + outline.pair <= outline.reach + 0.03
    assert polygon[:, 1].min() >= -0.03
    assert polygon[:, 1].max() <= 1.03
