from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_crafted import (
    END,
    JPEG,
    LOCAL,
    NOISE,
    Crafted,
    crafted_zip,
    names_of,
    of,
    passed_over_by,
    pictures_of,
    reading,
    zip_of,
)
from manyeyes.intake.safety import Caps
from manyeyes.intake.sources import Sources
from manyeyes.intake.zip_data import unpack
from manyeyes.intake.zip_directory import Entry
from manyeyes.model.errors import ImageError, UnreadableImage


def test_a_damaged_zip64_part_costs_its_own_entry_only(shop: Path) -> None:
    damaged = Crafted("a.jpg", extra=b"\1\0\x08\0abc", size=0xFFFF_FFFF)
    photos = of(shop, damaged, Crafted("b.jpg"))
    assert names_of(photos) == ["b.jpg"]
    assert passed_over_by(photos) == {"a.jpg": "refused: its record in the archive's directory is damaged"}


@pytest.mark.parametrize(
    "entry",
    [
        Crafted("a.jpg", crc=12345),
        Crafted("a.jpg", packed=Crafted("", NOISE).stream[:-100], data=NOISE),
        Crafted("a.jpg", packed=Crafted("", NOISE).stream[:2_000] + bytes(99) + b"\xff" * 99, data=NOISE),
        Crafted("a.jpg", packed=b"\xff" * 99),
        Crafted("a.jpg", packed=b"\xff" * 99, method=12),
        Crafted("a.jpg", packed=b"\xff" * 99, method=14),
        Crafted("a.jpg", packed=b"\x10\x02\5\0" + b"\x5d\xff\xff\xff\xff" + b"\0" * 90, method=14),
        Crafted("a.jpg", packed=b"short", method=14),
    ],
)
def test_a_damaged_entry_counts_as_failed(shop: Path, entry: Crafted) -> None:
    assert reading(of(shop, entry)) is UnreadableImage


def test_a_disk_that_fails_is_not_called_damaged_data() -> None:
    def failing() -> Iterator[bytes]:
        yield Crafted("a.jpg").stream[:50]
        raise OSError(errno.EIO, "Input/output error")

    entry = Entry(method=8, crc=0, packed=100, size=len(JPEG), offset=0, end=1_000)
    with pytest.raises(OSError, match="Input/output error"):
        list(unpack("a.jpg", entry, failing(), Caps()))


def test_a_damaged_entry_that_is_not_called_a_picture_is_passed_over(shop: Path) -> None:
    photos = of(shop, Crafted("a.txt", packed=b"\xff" * 99), Crafted("b.jpg"))
    assert passed_over_by(photos) == {"a.txt": "its packed data is damaged"}


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_an_archive_damaged_anywhere_raises_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = bytearray(crafted_zip(Crafted("a.jpg"), Crafted("b/c.png", b"\x89PNG" + JPEG, method=0)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + 1] = data.draw(st.binary(max_size=4))
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "shop.zip").write_bytes(bytes(raw))
    photos = Sources([folder])
    for ref in pictures_of(photos):
        with contextlib.suppress(ImageError):
            assert photos.read(ref).data in {JPEG, b"\x89PNG" + JPEG}


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_an_archive_that_is_cut_short_is_named_and_the_rest_go_on(tmp_path: Path, kept: float) -> None:
    whole = zip_of({f"{n}.jpg": NOISE for n in range(5)})
    (tmp_path / "cut.zip").write_bytes(whole[: int(len(whole) * kept)])
    (tmp_path / "d.jpg").write_bytes(JPEG)
    photos = Sources([tmp_path])
    assert names_of(photos) == ["d.jpg"]
    assert passed_over_by(photos) == {
        "cut.zip": "a ZIP archive that cannot be opened: it is cut short: "
        "its directory, which stands at the end, is missing"
    }


@pytest.mark.parametrize("end", [END + b"\xff" * 18, END + b"\1\0\1\0" + bytes(14)])
def test_an_archive_whose_directory_is_nowhere_is_named(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "odd.zip").write_bytes(LOCAL + bytes(100) + end)
    assert "cannot be opened" in passed_over_by(Sources([tmp_path]))["odd.zip"]


def test_an_empty_archive_is_named(shop: Path) -> None:
    shop.write_bytes(crafted_zip())
    assert passed_over_by(Sources([shop])) == {"shop.zip": "a ZIP archive with nothing in it"}


@pytest.mark.parametrize(
    "mark", ["[Content_Types].xml", "META-INF/MANIFEST.MF", "mimetype", "AndroidManifest.xml"]
)
def test_documents_in_the_form_of_a_zip_are_passed_over(tmp_path: Path, mark: str) -> None:
    (tmp_path / "letter.docx").write_bytes(zip_of({mark: b"<x/>", "word/media/image1.jpg": JPEG}))
    (tmp_path / "a.jpg").write_bytes(JPEG)
    photos = Sources([tmp_path])
    assert names_of(photos) == ["a.jpg"]
    assert passed_over_by(photos) == {"letter.docx": "a document in the form of a ZIP, no picture"}


def test_archives_within_archives_are_named_and_not_opened(shop: Path) -> None:
    inner = zip_of({"b.jpg": JPEG})
    photos = of(shop, Crafted("inner.zip", inner), Crafted("in.rar", b"Rar!\x1a\x07\0"), Crafted("a.jpg"))
    assert names_of(photos) == ["a.jpg"]
    assert passed_over_by(photos) == {
        "inner.zip": "a ZIP archive within an archive; unpack it first",
        "in.rar": "a RAR archive within an archive; unpack it first",
    }


@pytest.mark.parametrize(
    ("becomes", "said"),
    [
        (
            crafted_zip(Crafted("b.jpg"), Crafted("a.jpg", NOISE)),
            "'a.jpg': its archive changed since it was listed; run again",
        ),
        (LOCAL + b" no longer", "'a.jpg' cannot be read: it is cut short"),
        (None, "'a.jpg': its archive is gone"),
    ],
    ids=["changed", "spoilt", "deleted"],
)
def test_an_archive_that_changes_after_listing_fails_its_pictures(
    shop: Path, becomes: bytes | None, said: str
) -> None:
    photos = of(shop, Crafted("a.jpg"))
    (ref,) = pictures_of(photos)
    if becomes is None:
        shop.unlink()
    else:
        shop.write_bytes(becomes)
    with pytest.raises(UnreadableImage, match=said):
        photos.read(ref)
