from __future__ import annotations

import contextlib
import gc
import io
import os
import random
import re
import stat
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intake_crafted import (
    JPEG,
    Crafted,
    closed,
    crafted_zip,
    local_part,
    names_of,
    overlapping_zip,
    passed_over_by,
    pictures_of,
    quoting_zip,
    rows_of,
    zip_of,
)
from manyeyes.intake import archive
from manyeyes.intake.files import open_regular
from manyeyes.intake.safety import Caps
from manyeyes.intake.sources import Sources
from manyeyes.model.errors import ImageError, ImageTooLarge, UnreadableImage, UnsupportedImage
from manyeyes.model.image import ImageRef

NOISE = b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(60_000)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tmp_path / "shop.zip"


def of(path: Path, *entries: Crafted, caps: Caps | None = None) -> Sources:
    """The sources that an archive of these entries is."""
    path.write_bytes(crafted_zip(*entries))
    return Sources([path], caps or Caps())


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
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(JPEG)
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


def test_a_damaged_zip64_part_costs_its_own_entry_only(shop: Path) -> None:
    damaged = Crafted("a.jpg", extra=b"\1\0\x08\0abc", size=0xFFFF_FFFF)
    photos = of(shop, damaged, Crafted("b.jpg"))
    assert names_of(photos) == ["b.jpg"]
    assert passed_over_by(photos) == {"a.jpg": "refused: its record in the archive's directory is damaged"}


@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\nexit\n" * 99])
@pytest.mark.parametrize("comment", [b"", b"made by hand", b"c" * 60_000])
def test_bytes_before_and_a_comment_after_do_no_harm(shop: Path, before: bytes, comment: bytes) -> None:
    shop.write_bytes(crafted_zip(Crafted("a.jpg"), before=before and b"PK\3\4" + before, comment=comment))
    photos = Sources([shop])
    assert [photos.read(ref).data for ref in pictures_of(photos)] == [JPEG]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../a.jpg", "its name leads out of the archive (..)"),
        ("b/../../a.jpg", "its name leads out of the archive (..)"),
        ("b/..", "its name leads out of the archive (..)"),
        ("/etc/a.jpg", "its name is an absolute path"),
        ("//server/a.jpg", "its name is an absolute path"),
        ("C:/a.jpg", "its name is an absolute path"),
        ("c:a.jpg", "its name is an absolute path"),
        ("b\\a.jpg", "its name holds a backslash"),
        ("..\\a.jpg", "its name holds a backslash"),
        ("a.jpg\0.txt", "its name holds a NUL"),
        ("", "it has no name"),
        (".", "it has no name"),
    ],
)
def test_an_unsafe_name_is_refused_and_the_rest_go_on(shop: Path, name: str, reason: str) -> None:
    photos = of(shop, Crafted("1.jpg"), Crafted(name), Crafted("2.jpg"))
    assert names_of(photos) == ["1.jpg", "2.jpg"]
    assert passed_over_by(photos) == {name: f"refused: {reason}"}


hostile = st.text(alphabet=st.sampled_from("ab.\\/:\0\n~C\udc80é"), max_size=9).map(
    lambda text: text.encode("utf-8", "surrogateescape")
)


@given(st.lists(hostile | st.binary(max_size=12), max_size=6))
@example([b"../../etc/passwd", b"..", b"/", b"C:", b"a/../b", b"\xff/\xfe", b"__MACOSX/._a.jpg"])
@settings(max_examples=150, deadline=None)
def test_no_name_leads_out_of_its_archive(tmp_path_factory: pytest.TempPathFactory, raw: list[bytes]) -> None:
    shop = tmp_path_factory.mktemp("hostile") / "shop.zip"
    photos = of(shop, *(Crafted(name) for name in raw), Crafted("honest.jpg"))
    listed = pictures_of(photos)
    assert "honest.jpg" in [ref.name for ref in listed]
    assert len({ref.name for ref in listed}) == len(listed)
    for ref in listed:
        assert ref.locator.path == str(shop)
        assert not Path(ref.name).is_absolute()
        assert ".." not in ref.name.split("/")
        assert os.path.normpath(ref.name) == ref.name
        assert not {"\\", "\0"}.intersection(ref.name)
        assert photos.read(ref).data == JPEG


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


def test_a_name_that_occurs_twice_is_taken_once(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg", JPEG), Crafted("a.jpg", NOISE), Crafted("./a.jpg", NOISE))
    (ref,) = pictures_of(photos)
    assert photos.read(ref).data == JPEG
    refused = [row.name for row in rows_of(photos) if not isinstance(row, ImageRef)]
    assert refused == ["./a.jpg", "a.jpg"]
    assert set(passed_over_by(photos).values()) == {"refused: its name occurs twice in the archive"}


def test_a_dot_before_each_name_does_no_harm(shop: Path) -> None:
    photos = of(shop, Crafted("./", b"", method=0), Crafted("./b/a.jpg"))
    (ref,) = pictures_of(photos)
    assert (ref.name, ref.locator.entry) == ("b/a.jpg", "./b/a.jpg")
    assert photos.read(ref).data == JPEG


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_devices_in_an_archive_are_refused(shop: Path, kind: int) -> None:
    photos = of(shop, Crafted("a.jpg", mode=kind | 0o777), Crafted("b.jpg", mode=stat.S_IFREG | 0o644))
    assert names_of(photos) == ["b.jpg"]
    assert passed_over_by(photos) == {"a.jpg": "refused: it is a link or a device, no file"}


@pytest.mark.parametrize("flags", [0x1, 0x41])
def test_an_encrypted_entry_is_refused(shop: Path, flags: int) -> None:
    photos = of(shop, Crafted("a.jpg", flags=flags), Crafted("b.jpg"))
    assert names_of(photos) == ["b.jpg"]
    assert "with its password" in passed_over_by(photos)["a.jpg"]


@pytest.mark.parametrize(("method", "called"), [(9, "Deflate64"), (99, "AES encryption"), (4, "method 4")])
def test_an_entry_packed_by_another_method_is_refused(shop: Path, method: int, called: str) -> None:
    photos = of(shop, Crafted("a.jpg", method=method), Crafted("b.jpg"))
    assert names_of(photos) == ["b.jpg"]
    assert f"packed by {called}, which is not read here" in passed_over_by(photos)["a.jpg"]


def test_an_entry_over_the_cap_is_refused_and_the_rest_go_on(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg", NOISE), Crafted("b.jpg", JPEG), caps=Caps(entry_bytes=10_000))
    assert names_of(photos) == ["b.jpg"]
    assert passed_over_by(photos) == {
        "a.jpg": "refused: it unpacks to 60,004 bytes; at most 10,000 are taken"
    }


def test_an_entry_that_swells_too_much_is_refused(shop: Path) -> None:
    bomb = JPEG + bytes(10_000_000)
    photos = of(shop, Crafted("bomb.jpg", bomb), Crafted("b.jpg"))
    assert names_of(photos) == ["b.jpg"]
    reason = "refused: it unpacks to more than 200 times its packed size"
    assert passed_over_by(photos) == {"bomb.jpg": reason}


def test_entries_beyond_the_cap_of_all_bytes_are_refused(shop: Path) -> None:
    entries = [Crafted(f"{n}.jpg", NOISE, method=0) for n in range(4)]
    photos = of(shop, *entries, Crafted("small.jpg", JPEG), caps=Caps(archive_bytes=140_000))
    assert names_of(photos) == ["0.jpg", "1.jpg", "small.jpg"]
    reason = "refused: with it the archive would unpack to more than 140,000 bytes"
    assert passed_over_by(photos) == {"2.jpg": reason, "3.jpg": reason}


def test_entries_beyond_the_cap_of_entries_are_named_once(shop: Path) -> None:
    photos = of(shop, *(Crafted(f"{n}.jpg") for n in range(9)), caps=Caps(entries=5))
    assert names_of(photos) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert passed_over_by(photos) == {
        "shop.zip": "4 or more entries are left out: only the first 5 of an archive are taken"
    }


def reading(photos: Sources) -> type[ImageError]:
    """How the reading of the only picture fails; the message names it."""
    (ref,) = pictures_of(photos)
    with pytest.raises(ImageError, match=re.escape(repr(ref.name))) as caught:
        photos.read(ref)
    return caught.type


def test_headers_that_lie_about_the_size_are_found_out_while_unpacking(shop: Path) -> None:
    bomb = Crafted("a.jpg", JPEG + bytes(50_000_000), size=5_000)
    assert reading(of(shop, bomb)) in {ImageTooLarge, UnreadableImage}
    assert reading(of(shop, Crafted("a.jpg", JPEG, size=len(JPEG) + 1))) is UnreadableImage
    assert reading(of(shop, Crafted("a.jpg", JPEG, size=len(JPEG) - 1))) is UnreadableImage
    assert reading(of(shop, Crafted("a.jpg", JPEG, method=0, size=len(JPEG) - 1))) is UnreadableImage


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_that_lies_is_never_unpacked_whole(shop: Path, method: int) -> None:
    with zipfile.ZipFile(shop, "w", method) as packed:
        packed.writestr("a.jpg", JPEG + bytes(40_000_000))
        claimed = packed.getinfo("a.jpg")
    raw = shop.read_bytes()
    # Only the directory lies: 4,000 bytes for 40 MB.
    at = raw.rindex(b"PK\1\2")
    shop.write_bytes(raw[: at + 24] + (4_000).to_bytes(4, "little") + raw[at + 28 :])
    assert claimed.file_size > 40_000_000
    pieces: list[int] = []
    counted = zlib.crc32

    def counting(piece: bytes, value: int = 0) -> int:
        pieces.append(len(piece))
        return counted(piece, value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zlib, "crc32", counting)
        assert reading(Sources([shop])) in {ImageTooLarge, UnreadableImage}
    assert sum(pieces) <= 4_000


def test_the_ratio_counts_the_bytes_that_come(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg", JPEG * 50, size=1_000), caps=Caps(ratio=10))
    assert reading(photos) is ImageTooLarge


def test_the_cap_of_an_entry_counts_the_bytes_that_come(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg", NOISE, size=5_000), caps=Caps(entry_bytes=10_000))
    assert reading(photos) is ImageTooLarge


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


def test_a_damaged_entry_that_is_not_called_a_picture_is_passed_over(shop: Path) -> None:
    photos = of(shop, Crafted("a.txt", packed=b"\xff" * 99), Crafted("b.jpg"))
    assert passed_over_by(photos) == {"a.txt": "its packed data is damaged"}


def test_entries_that_share_their_bytes_are_refused(shop: Path) -> None:
    shop.write_bytes(overlapping_zip(["a.jpg", "b.jpg", "c.jpg"], NOISE))
    photos = Sources([shop])
    assert pictures_of(photos) == []
    assert set(passed_over_by(photos)) == {"a.jpg", "b.jpg", "c.jpg"}
    assert set(passed_over_by(photos).values()) == {"refused: it shares its bytes with another entry"}


def test_entries_that_quote_each_other_are_refused(shop: Path) -> None:
    entries = quoting_zip(["a.jpg", "b.jpg", "c.jpg"], JPEG)
    assert all(zlib.decompress(entry.stream, -15) == entry.data for entry in entries)
    body = local_part(entries[0])
    shop.write_bytes(closed(body, entries, [len(body) - len(local_part(entry)) for entry in entries]))
    photos = Sources([shop])
    assert pictures_of(photos) == []
    assert set(passed_over_by(photos)) == {"a.jpg", "b.jpg", "c.jpg"}
    assert set(passed_over_by(photos).values()) == {"refused: it shares its bytes with another entry"}


def test_entries_whose_own_headers_reach_into_the_next_are_found_out(shop: Path) -> None:
    raw = bytearray(crafted_zip(Crafted("a.jpg", method=0), Crafted("b.jpg")))
    # The header claims an extra part, so the data would begin, and end, further on.
    raw[28:30] = (40).to_bytes(2, "little")
    shop.write_bytes(bytes(raw))
    photos = Sources([shop])
    first, second = pictures_of(photos)
    with pytest.raises(UnreadableImage, match="shares its bytes with another entry"):
        photos.read(first)
    assert photos.read(second).data == JPEG


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


@pytest.mark.parametrize("end", [b"PK\5\6" + b"\xff" * 18, b"PK\5\6\1\0\1\0" + bytes(14)])
def test_an_archive_whose_directory_is_nowhere_is_named(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "odd.zip").write_bytes(b"PK\3\4" + bytes(100) + end)
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


def test_a_format_that_is_not_read_fails_by_name_in_an_archive_too(shop: Path) -> None:
    assert reading(of(shop, Crafted("a.psd", b"8BPS" + JPEG))) is UnsupportedImage


def test_a_picture_that_changed_has_another_version(shop: Path) -> None:
    (before,) = pictures_of(of(shop, Crafted("a.jpg", JPEG)))
    (after,) = pictures_of(of(shop, Crafted("a.jpg", b"\xff\xd8" + JPEG[:1:-1])))
    assert before.size == after.size
    assert before.version != after.version


def test_an_archive_changed_after_listing_fails_its_pictures(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg"))
    (ref,) = pictures_of(photos)
    shop.write_bytes(crafted_zip(Crafted("b.jpg"), Crafted("a.jpg", NOISE)))
    with pytest.raises(UnreadableImage, match=r"'a.jpg': its archive changed since it was listed; run again"):
        photos.read(ref)


def test_an_archive_deleted_after_listing_fails_its_pictures(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg"))
    (ref,) = pictures_of(photos)
    shop.unlink()
    with pytest.raises(UnreadableImage, match=r"'a.jpg': its archive is gone"):
        photos.read(ref)


def test_an_archive_spoilt_after_listing_fails_its_pictures(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg"))
    (ref,) = pictures_of(photos)
    shop.write_bytes(b"PK\3\4 no longer")
    with pytest.raises(UnreadableImage, match="it is cut short"):
        photos.read(ref)


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
    (tmp_path / "cut.zip").write_bytes(b"PK\3\4")
    photos = Sources([tmp_path])
    assert len(pictures_of(photos)) == 20
    assert sum(not file.closed for file in opened) <= archive.HELD_OPEN
    del photos
    gc.collect()
    assert all(file.closed for file in opened)
