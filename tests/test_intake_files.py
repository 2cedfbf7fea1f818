from __future__ import annotations

import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_crafted import JPEG, fill, names_of, passed_over_by, pictures_of, refuse, unless_root
from manyeyes.intake import files, sources
from manyeyes.intake.safety import Caps
from manyeyes.intake.sources import Sources
from manyeyes.model.errors import ImageTooLarge, UnreadableImage, UnsupportedImage
from manyeyes.model.image import ImageRef, Locator


def test_a_pipe_put_in_the_place_of_a_picture_is_not_waited_for(tmp_path: Path) -> None:
    photos = Sources([fill(tmp_path, "a.jpg")])
    (ref,) = pictures_of(photos)
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(UnreadableImage, match=r"'a.jpg' cannot be read: it is no regular file"):
        photos.read(ref)


def test_a_picture_is_read_once_and_known_by_its_hash(tmp_path: Path) -> None:
    photos = Sources([fill(tmp_path, "a.jpg")])
    (ref,) = pictures_of(photos)
    original = photos.read(ref)
    assert original.data == JPEG
    assert original.sha256 == hashlib.sha256(JPEG).hexdigest()
    assert original.ref == ref
    status = (tmp_path / "a.jpg").stat()
    assert (ref.size, ref.version) == (len(JPEG), f"{len(JPEG)}-{status.st_mtime_ns}")
    assert ref.locator == Locator(str(tmp_path / "a.jpg"))


def test_a_picture_deleted_after_listing_counts_as_failed(tmp_path: Path) -> None:
    photos = Sources([fill(tmp_path, "a.jpg")])
    (ref,) = pictures_of(photos)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(UnreadableImage, match=r"'a.jpg' is gone since it was listed"):
        photos.read(ref)


def test_a_picture_changed_after_listing_is_read_as_it_is_now(tmp_path: Path) -> None:
    photos = Sources([fill(tmp_path, "a.jpg")])
    (ref,) = pictures_of(photos)
    (tmp_path / "a.jpg").write_bytes(JPEG * 2)
    original = photos.read(ref)
    assert original.data == JPEG * 2
    assert original.ref.version != ref.version
    assert (original.ref,) == tuple(pictures_of(photos))


def test_a_picture_that_changes_while_it_is_read_counts_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = Sources([fill(tmp_path, "a.jpg")])
    (ref,) = pictures_of(photos)

    def grow(*_: object) -> None:
        with (tmp_path / "a.jpg").open("ab") as file:
            file.write(b"more")

    # It is called between the look at the size and the reading of the bytes.
    monkeypatch.setattr(files, "check_supported", grow)
    with pytest.raises(UnreadableImage, match="changed while it was read"):
        photos.read(ref)


def test_a_file_over_the_cap_is_refused_by_name_before_it_is_read(tmp_path: Path) -> None:
    photos = Sources([tmp_path], Caps(file_bytes=1_000))
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.write(JPEG)
        file.truncate(10**12)
    (ref,) = pictures_of(photos)
    tracemalloc.start()
    with pytest.raises(
        ImageTooLarge, match=r"'huge.jpg' has 1,000,000,000,000 bytes; at most 1,000 are read"
    ):
        photos.read(ref)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_format_that_is_not_read_is_listed_and_fails_by_name(tmp_path: Path) -> None:
    photos = Sources([fill(tmp_path, "design.psd", data=b"8BPS\0\1" + bytes(100))])
    (ref,) = pictures_of(photos)
    with pytest.raises(UnsupportedImage, match=r"'design.psd' is a picture in the format Photoshop \(PSD\)"):
        photos.read(ref)


def test_what_cannot_be_opened_is_a_picture_if_it_is_called_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = Sources([fill(tmp_path, "a.jpg", "b.txt")])
    monkeypatch.setattr(sources, "look_at", refuse)
    assert names_of(photos) == ["a.jpg"]
    assert passed_over_by(photos) == {"b.txt": "cannot be read: permission denied"}


@unless_root
def test_a_picture_without_permission_counts_as_failed(tmp_path: Path) -> None:
    photos = Sources([fill(tmp_path, "a.jpg")])
    (tmp_path / "a.jpg").chmod(0)
    (ref,) = pictures_of(photos)
    with pytest.raises(UnreadableImage, match=r"'a.jpg' cannot be read: permission denied"):
        photos.read(ref)


hostile_names = st.binary(min_size=1, max_size=60).filter(
    lambda raw: not {b"/"[0], 0}.intersection(raw) and not raw.startswith(b".") and raw != b"__MACOSX"
)


@given(raw_names=st.sets(hostile_names, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_name_that_a_disk_takes_passes_through_unharmed(
    tmp_path_factory: pytest.TempPathFactory, raw_names: set[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    for raw in raw_names:
        (folder / os.fsdecode(raw)).write_bytes(JPEG)
    photos = Sources([folder])
    listed = pictures_of(photos)
    assert {os.fsencode(ref.name) for ref in listed} == raw_names
    assert all(Path(ref.locator.path).parent == folder for ref in listed)
    assert all(photos.read(ref).data == JPEG for ref in listed)


@pytest.mark.parametrize(
    "name",
    ["two\nlines.jpg", "'quoted\".jpg", "👗.jpg", "bell\x07\x1b[31m.jpg", "n" * 250 + ".jpg", "a\\b.jpg"],
)
def test_names_that_trouble_others_are_names_here(tmp_path: Path, name: str) -> None:
    photos = Sources([fill(tmp_path, name)])
    (ref,) = pictures_of(photos)
    assert ref.name == name
    assert photos.read(ref).data == JPEG


def test_a_picture_that_was_never_listed_is_gone(tmp_path: Path) -> None:
    ref = ImageRef("a.jpg", Locator(str(tmp_path / "a.jpg" / "b")), "1-1", 1)
    with pytest.raises(UnreadableImage):
        Sources([tmp_path]).read(ref)
