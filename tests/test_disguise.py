"""Pictures are looked through for what else they may be; whatever they hold, that ends and never fails."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile_files import good_files, hostile_files, photo
from intake_crafted import zip_of
from manyeyes.imaging.thumbnail import check_decodes
from manyeyes.intake.anatomy import anatomy_of
from manyeyes.intake.arriving import Arrivals
from manyeyes.intake.disguise import why_not_plain
from manyeyes.intake.landing import place_for
from manyeyes.intake.safety import Caps
from manyeyes.model.arrival import Duplicate, Refused, Taken

KINDS = ["JPEG", "PNG", "WebP", "GIF", "HEIF", "AVIF", "BMP"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_ends_where_its_file_does(kind: str) -> None:
    data = photo(kind)
    anatomy = anatomy_of(kind, data)
    assert anatomy is not None
    assert anatomy.end == len(data)
    assert anatomy.stretches >= 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "GIF", "BMP"])
def test_what_follows_a_picture_is_not_part_of_it(kind: str) -> None:
    data = photo(kind)
    anatomy = anatomy_of(kind, data + b"\1\2\3\4" * 99)
    assert anatomy is not None
    assert anatomy.end == len(data)


def test_what_is_said_of_a_picture_is_told_from_its_pixels() -> None:
    data = photo(comment=b"a holiday by the sea")
    anatomy = anatomy_of("JPEG", data)
    assert anatomy is not None
    said = b"".join(data[part.start : part.end] for part in anatomy.said)
    assert b"by the sea" in said
    assert len(said) < len(data)


def test_frames_are_counted_up_to_the_cap() -> None:
    frame = b",\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    head = b"GIF89a\1\0\1\0\x80\0\0" + bytes(6)
    assert why_not_plain("GIF", head + frame * 7 + b";", Caps(frames=7)) is None
    reason = why_not_plain("GIF", head + frame * 8 + b";", Caps(frames=7))
    assert reason is not None
    assert reason.startswith("it has 8 frames; at most 7 are taken")


@pytest.mark.parametrize("seed", range(4))
def test_no_film_behind_a_picture_is_taken_for_something_else_by_chance(seed: int) -> None:
    assert why_not_plain("JPEG", photo() + random.Random(seed).randbytes(5_000_000), Caps()) is None


@pytest.mark.parametrize(
    "mark", [b"PK\5\6", b"PK\5\6" + bytes(18), b"PK\3\4", b"%PDF-1.7", b"<svg>", b"<?=", b"<?xml"]
)
def test_a_few_bytes_that_mean_nothing_where_they_stand_are_no_reason(mark: bytes) -> None:
    assert why_not_plain("JPEG", photo() + bytes(2000) + mark + bytes(2000), Caps()) is None


@pytest.mark.parametrize("kind", [*KINDS, "TIFF"])
@given(data=st.binary(max_size=400), start=st.integers(0, 80))
def test_any_bytes_come_to_an_end(kind: str, data: bytes, start: int) -> None:
    whole = photo(kind)[:start] + data
    anatomy = anatomy_of(kind, whole)
    assert anatomy is None or anatomy.end <= len(whole)
    why_not_plain(kind, whole, Caps())


@cache
def seeds() -> list[bytes]:
    """Uploads of every kind that a damaged one is made of."""
    hostile = [one.data for one in hostile_files() if 0 < len(one.data) < 50_000]
    return [*good_files().values(), *hostile, zip_of({f"{at}/é.jpg": photo(edge=80 + at) for at in range(3)})]


@settings(max_examples=150)
@given(choice=st.randoms(use_true_random=False), name=st.text(max_size=12))
def test_a_damaged_upload_of_any_kind_is_taken_or_refused_and_leaves_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, choice: random.Random, name: str
) -> None:
    data = bytearray(choice.choice(seeds()))
    for _ in range(choice.randint(0, 6)):
        at = choice.randrange(len(data))
        data[at : at + choice.choice([0, 1, 1, 4])] = choice.randbytes(choice.choice([0, 1, 1, 4]))
    folder = tmp_path_factory.mktemp("portfolio")
    place = place_for(folder)
    place.write_bytes(bytes(data))
    rows = list(Arrivals(folder, check_decodes, lambda _: None).take(place, name))
    assert rows
    for row in rows:
        assert isinstance(row, Taken | Duplicate | Refused)
        row.name.encode()
    taken = {row.path for row in rows if isinstance(row, Taken)}
    assert {str(path) for path in folder.rglob("*") if path.is_file()} == taken
    assert all(Path(path).is_relative_to(folder) for path in taken)
