from __future__ import annotations

import gc
import io
import random
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from intake_crafted import (
    END,
    JPEG,
    LOCAL,
    NOISE,
    Crafted,
    crafted_zip,
    fill,
    names_of,
    of,
    passed_over_by,
    pictures_of,
    reading,
    rows_of,
    zip_of,
)
from manyeyes.intake import archive
from manyeyes.intake.files import open_regular
from manyeyes.intake.sources import Sources
from manyeyes.model.errors import UnsupportedImage


def test_an_archive_is_listed_in_natural_order_and_read(shop: Path) -> None:
    shop.write_bytes(zip_of({"b/10.jpg": NOISE, "b/2.jpg": JPEG, "B.jpg": JPEG, "a.txt": b"words"}))
    photos = Sources([shop])
    photos.check()
    listed = pictures_of(photos)
    assert [ref.name for ref in listed] == ["b/2.jpg", "b/10.jpg", "B.jpg"]
    assert passed_over_by(photos) == {"a.txt": "text, no picture"}
    assert [photos.read(ref).data for ref in listed] == [JPEG, NOISE, JPEG]
    assert {ref.locator.path for ref in listed} == {str(shop)}
    assert [ref.locator.entry for ref in listed] == ["b/2.jpg", "b/10.jpg", "B.jpg"]


def test_a_folder_and_its_zip_are_listed_in_the_same_order(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    names = [
        "img10.jpg",
        "img9.jpg",
        "Sub/1.jpg",
        "sub-2/1.jpg",
        "sub/z.jpg",
        "Zoo.jpg",
        "a b/c.jpg",
        "a/d.jpg",
    ]
    fill(folder, *names)
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, path.relative_to(folder))
    assert names_of(Sources([tmp_path / "photos.zip"])) == names_of(Sources([folder]))


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
@pytest.mark.parametrize("size", [0, 300, len(NOISE), 3_500_000])
def test_every_method_of_zipfile_is_read(shop: Path, method: int, size: int) -> None:
    data = (JPEG + random.Random(size).randbytes(size))[:size]
    with zipfile.ZipFile(shop, "w", method) as packed:
        packed.writestr("a.jpg", data)
    photos = Sources([shop])
    if size == 0:
        assert passed_over_by(photos) == {"a.jpg": "an empty file"}
    else:
        (ref,) = pictures_of(photos)
        assert ref.size == size
        assert photos.read(ref).data == data


def test_a_streamed_archive_with_sizes_after_the_data_is_read(shop: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.jpg", JPEG)
        packed.writestr("b.jpg", NOISE)
    shop.write_bytes(pipe.getvalue())
    photos = Sources([shop])
    assert [photos.read(ref).data for ref in pictures_of(photos)] == [JPEG, NOISE]


def test_zip64_is_read(shop: Path) -> None:
    with zipfile.ZipFile(shop, "w") as packed:
        with packed.open("wide.jpg", "w", force_zip64=True) as entry:
            entry.write(NOISE)
        for number in range(65_600):
            packed.writestr(zipfile.ZipInfo(f"{number}/"), b"")
        packed.writestr("last.jpg", JPEG)
    photos = Sources([shop])
    assert [(ref.name, photos.read(ref).data) for ref in pictures_of(photos)] == [
        ("last.jpg", JPEG),
        ("wide.jpg", NOISE),
    ]


def test_numbers_that_stand_in_the_zip64_part_of_a_record_are_found(shop: Path) -> None:
    packed = len(Crafted("a.jpg").stream)
    values = b"".join(n.to_bytes(8, "little") for n in (len(JPEG), packed, 0))
    extra = b"\x99\x99\2\0ab" + b"\1\0\x18\0" + values
    wide = 0xFFFF_FFFF
    photos = of(shop, Crafted("a.jpg", extra=extra, size=wide, packed_size=wide, offset=wide))
    (ref,) = pictures_of(photos)
    assert ref.size == len(JPEG)
    assert photos.read(ref).data == JPEG


@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\nexit\n" * 99])
@pytest.mark.parametrize("comment", [b"", b"made by hand", b"c" * 60_000])
def test_bytes_before_and_a_comment_after_do_no_harm(shop: Path, before: bytes, comment: bytes) -> None:
    shop.write_bytes(crafted_zip(Crafted("a.jpg"), before=before and LOCAL + before, comment=comment))
    photos = Sources([shop])
    assert [photos.read(ref).data for ref in pictures_of(photos)] == [JPEG]


def test_a_gap_before_the_end_record_does_no_harm(shop: Path) -> None:
    raw = crafted_zip(Crafted("a.jpg"))
    end = raw.rindex(END)
    shop.write_bytes(raw[:end] + bytes(64) + raw[end:])
    photos = Sources([shop])
    assert [photos.read(ref).data for ref in pictures_of(photos)] == [JPEG]


def test_hidden_entries_and_folders_are_passed_over_in_silence(shop: Path) -> None:
    photos = of(
        shop,
        Crafted("photos/", b"", method=0),
        Crafted("__MACOSX/photos/._a.jpg"),
        Crafted("photos/.DS_Store", b"Bud1"),
        Crafted(".hidden/b.jpg"),
        Crafted("photos/a.jpg"),
    )
    assert [row.name for row in rows_of(photos)] == ["photos/a.jpg"]


def test_names_are_utf_8_whether_or_not_the_archive_says_so(shop: Path) -> None:
    photos = of(
        shop,
        Crafted("said 👗.jpg", flags=0x800),
        Crafted("macOS é.jpg"),
        Crafted(b"old \x82.jpg"),
        Crafted(b"wrong \xff.jpg", flags=0x800),
        Crafted("two\nlines 'and' \"quotes\"\x1b[31m.jpg"),
        Crafted("n" * 5_000 + ".jpg"),
    )
    listed = pictures_of(photos)
    assert {ref.name for ref in listed} == {
        "said 👗.jpg",
        "macOS é.jpg",
        "old é.jpg",
        "wrong \udcff.jpg",
        "two\nlines 'and' \"quotes\"\x1b[31m.jpg",
        "n" * 5_000 + ".jpg",
    }
    assert all(photos.read(ref).data == JPEG for ref in listed)


def test_a_dot_before_each_name_does_no_harm(shop: Path) -> None:
    photos = of(shop, Crafted("./", b"", method=0), Crafted("./b/a.jpg"))
    (ref,) = pictures_of(photos)
    assert (ref.name, ref.locator.entry) == ("b/a.jpg", "./b/a.jpg")
    assert photos.read(ref).data == JPEG


def test_a_format_that_is_not_read_fails_by_name_in_an_archive_too(shop: Path) -> None:
    assert reading(of(shop, Crafted("a.psd", b"8BPS" + JPEG))) is UnsupportedImage


def test_a_picture_that_changed_has_another_version(shop: Path) -> None:
    (before,) = pictures_of(of(shop, Crafted("a.jpg", JPEG)))
    (after,) = pictures_of(of(shop, Crafted("a.jpg", b"\xff\xd8" + JPEG[:1:-1])))
    assert before.size == after.size
    assert before.version != after.version


def test_ten_thousand_entries_open_their_archive_once(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def counting(path: str) -> io.BufferedReader:
        opened.append(path)
        return open_regular(path)

    monkeypatch.setattr(archive, "open_regular", counting)
    photos = of(shop, *(Crafted(f"{n}.jpg", JPEG[: 100 + n % 300]) for n in range(10_000)))
    listed = pictures_of(photos)
    with ThreadPoolExecutor(4) as threads:
        lengths = list(threads.map(lambda ref: len(photos.read(ref).data), listed))
    assert lengths == [100 + n % 300 for n in range(10_000)]
    assert len(opened) == 1


def test_many_threads_read_many_archives_at_once(tmp_path: Path) -> None:
    for number in range(archive.HELD_OPEN * 2):
        files = {f"{n}.jpg": NOISE[:2] + f"{number} {n}".encode() for n in range(20)}
        (tmp_path / f"{number}.zip").write_bytes(zip_of(files))
    photos = Sources([tmp_path])
    # Neighbours lie in different archives, so that they are opened and let go all the time.
    listed = sorted(pictures_of(photos), key=lambda ref: ref.name.split("/")[1])
    with ThreadPoolExecutor(4) as threads:
        originals = list(threads.map(photos.read, listed))
    for original in originals:
        assert original.data[2:].decode() == original.ref.name.replace(".zip/", " ").removesuffix(".jpg")


def test_archives_let_go_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[io.BufferedReader] = []

    def remembering(path: str) -> io.BufferedReader:
        opened.append(open_regular(path))
        return opened[-1]

    monkeypatch.setattr(archive, "open_regular", remembering)
    for number in range(20):
        (tmp_path / f"{number}.zip").write_bytes(zip_of({"a.jpg": JPEG}))
    (tmp_path / "cut.zip").write_bytes(LOCAL)
    photos = Sources([tmp_path])
    assert len(pictures_of(photos)) == 20
    assert sum(not file.closed for file in opened) <= archive.HELD_OPEN
    del photos
    gc.collect()
    assert all(file.closed for file in opened)
