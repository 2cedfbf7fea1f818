from __future__ import annotations

import os
import stat
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intake_crafted import (
    END,
    JPEG,
    NOISE,
    RECORD,
    Crafted,
    closed,
    crafted_zip,
    local_part,
    names_of,
    of,
    overlapping_zip,
    overwritten,
    passed_over_by,
    pictures_of,
    quoting_zip,
    reading,
    rows_of,
)
from manyeyes.intake import zip_records
from manyeyes.intake.safety import Caps
from manyeyes.intake.sources import Sources
from manyeyes.model.errors import ImageTooLarge, UnreadableImage
from manyeyes.model.image import ImageRef


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


def test_a_name_that_occurs_twice_is_taken_once(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg", JPEG), Crafted("a.jpg", NOISE), Crafted("./a.jpg", NOISE))
    (ref,) = pictures_of(photos)
    assert photos.read(ref).data == JPEG
    refused = [row.name for row in rows_of(photos) if not isinstance(row, ImageRef)]
    assert refused == ["./a.jpg", "a.jpg"]
    assert set(passed_over_by(photos).values()) == {"refused: its name occurs twice in the archive"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_devices_in_an_archive_are_refused(shop: Path, kind: int) -> None:
    photos = of(shop, Crafted("a.jpg", mode=kind | 0o777), Crafted("b.jpg", mode=stat.S_IFREG | 0o644))
    assert names_of(photos) == ["b.jpg"]
    assert passed_over_by(photos) == {"a.jpg": "refused: it is a link or a device, no file"}


@pytest.mark.parametrize("flags", [0x1, 0x40, 0x41])
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
    # Only the directory lies: 4,000 bytes for 40 MB.
    shop.write_bytes(overwritten(shop.read_bytes(), RECORD, 24, (4_000).to_bytes(4, "little")))
    assert claimed.file_size > 40_000_000
    pieces: list[int] = []
    counted = zlib.crc32

    def counting(piece: bytes, value: int = 0) -> int:
        pieces.append(len(piece))
        return counted(piece, value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zlib, "crc32", counting)
        tracemalloc.start()
        assert reading(Sources([shop])) in {ImageTooLarge, UnreadableImage}
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert sum(pieces) <= 4_000
    assert peak < 10_000_000


def test_an_entry_whose_data_would_reach_into_the_directory_is_refused(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg"), Crafted("b.jpg", packed_size=50_000))
    assert names_of(photos) == ["a.jpg"]
    assert passed_over_by(photos) == {"b.jpg": "refused: its data is cut off"}


def test_a_directory_of_any_length_is_read_so_far_and_no_further(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_records, "DIRECTORY_BYTES", 400)
    photos = of(shop, *(Crafted(f"{n}" + "n" * 99 + ".jpg") for n in range(10)))
    assert [name[0] for name in names_of(photos)] == ["0", "1"]
    assert passed_over_by(photos)["shop.zip"].startswith("8 or more entries are left out")


def test_an_archive_that_lies_about_its_number_of_entries_is_found_out(shop: Path) -> None:
    raw = crafted_zip(*(Crafted(f"{n}.jpg") for n in range(9)))
    shop.write_bytes(overwritten(raw, END, 8, bytes(4)))
    assert len(names_of(Sources([shop]))) == 9
    assert passed_over_by(Sources([shop], Caps(entries=5)))["shop.zip"].startswith("1 or more entries")


def test_the_ratio_counts_the_bytes_that_come(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg", JPEG * 50, size=1_000), caps=Caps(ratio=10))
    assert reading(photos) is ImageTooLarge


def test_the_cap_of_an_entry_counts_the_bytes_that_come(shop: Path) -> None:
    photos = of(shop, Crafted("a.jpg", NOISE, size=5_000), caps=Caps(entry_bytes=10_000))
    assert reading(photos) is ImageTooLarge


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
