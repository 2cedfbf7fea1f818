from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from intake_crafted import (
    JPEG,
    Crafted,
    crafted_zip,
    fill,
    names_of,
    passed_over_by,
    pictures_of,
    refuse,
    rows_of,
    unless_root,
    zip_of,
)
from manyeyes.intake import files, sources
from manyeyes.intake.sources import Sources
from manyeyes.model.errors import SettingsError
from manyeyes.model.image import PassedOver


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: `photos` with two pictures and a text, `more` with one, `shop.zip` with one."""
    fill(tmp_path, "photos/a.jpg", "photos/sub/b.jpg", "more/c.jpg")
    (tmp_path / "photos/notes.txt").write_bytes(b"words")
    (tmp_path / "shop.zip").write_bytes(zip_of({"front/1.jpg": JPEG, "readme.txt": b"words"}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_source_names_its_pictures_by_what_lies_below_it(here: Path) -> None:
    assert names_of(Sources(["photos"])) == ["a.jpg", "sub/b.jpg"]
    assert names_of(Sources(["./shop.zip"])) == ["front/1.jpg"]
    assert names_of(Sources(["photos/sub/b.jpg"])) == ["b.jpg"]
    assert names_of(Sources([here / "photos" / "sub"])) == ["b.jpg"]


def test_several_sources_are_told_apart_by_how_they_were_typed(here: Path) -> None:
    photos = Sources(
        ["./photos/", "shop.zip", "photos/../more", str(here / "more" / "c.jpg"), "photos/a.jpg"]
    )
    assert names_of(photos) == ["photos/a.jpg", "photos/sub/b.jpg", "shop.zip/front/1.jpg", "more/c.jpg"]
    assert set(passed_over_by(photos)) == {"photos/notes.txt", "shop.zip/readme.txt"}
    assert names_of(Sources([here / "more" / "c.jpg", "shop.zip"]))[0] == f"{here}/more/c.jpg"


def test_the_working_folder_adds_nothing_to_names(here: Path) -> None:
    assert names_of(Sources([".", "photos"]))[:2] == ["more/c.jpg", "photos/a.jpg"]


@pytest.mark.parametrize(
    "typed",
    [
        ("photos", "photos/sub/b.jpg"),
        ("photos/sub/b.jpg", "photos"),
        ("photos", "photos"),
        ("photos", "photos/sub", "photos/"),
        ("photos", "linked"),
        ("photos", "photos/../photos"),
    ],
)
def test_a_picture_reached_twice_is_listed_once(here: Path, typed: tuple[str, ...]) -> None:
    (here / "linked").symlink_to("photos")
    photos = Sources(typed)
    assert sorted(ref.locator.path for ref in pictures_of(photos)) == [
        str(here / "photos/a.jpg"),
        str(here / "photos/sub/b.jpg"),
    ]


def test_an_entry_reached_twice_is_listed_once(here: Path) -> None:
    (here / "photos" / "in.zip").write_bytes(zip_of({"x.jpg": JPEG}))
    assert names_of(Sources(["photos", "photos/in.zip"])).count("photos/in.zip/x.jpg") == 1
    assert len(names_of(Sources(["photos", "photos/in.zip"]))) == 3


def test_the_same_bytes_twice_are_two_pictures(here: Path) -> None:
    (here / "photos" / "copy.jpg").write_bytes(JPEG)
    (here / "photos" / "link.jpg").symlink_to("a.jpg")
    photos = Sources(["photos"])
    assert names_of(photos) == ["a.jpg", "copy.jpg", "link.jpg", "sub/b.jpg"]
    assert len({photos.read(ref).sha256 for ref in pictures_of(photos)}) == 1


def test_a_portfolio_is_known_by_where_its_sources_lie(here: Path) -> None:
    (here / "linked").symlink_to("photos")
    assert Sources(["photos"]).identity == (str(here / "photos"),)
    assert Sources(["linked"]).identity == Sources([here / "photos" / "sub" / ".."]).identity
    assert Sources(["shop.zip", "photos"]).identity == Sources(["./photos/", here / "shop.zip"]).identity
    assert Sources(["photos"]).identity != Sources(["more"]).identity


def test_a_linked_file_keeps_its_own_place(here: Path) -> None:
    (here / "photos" / "link.jpg").symlink_to("../more/c.jpg")
    assert Sources(["photos/link.jpg"]).identity == (str(here / "photos" / "link.jpg"),)
    assert len(pictures_of(Sources(["photos", "photos/link.jpg"]))) == 3


def test_a_portfolio_has_a_short_name(here: Path) -> None:
    assert Sources(["photos/"]).label == "photos"
    assert Sources(["shop.zip"]).label == "shop.zip"
    assert Sources(["."]).label == here.name
    assert Sources(["/"]).label == "/"
    assert Sources(["photos", "more", "shop.zip"]).label == "photos and 2 more"
    assert Sources(["photos", "./photos"]).label == "photos"


def test_good_sources_pass_the_check(here: Path) -> None:
    (here / "empty").mkdir()
    (here / "design.psd").write_bytes(b"8BPS" + bytes(99))
    for typed in (
        ["photos"],
        ["shop.zip"],
        ["photos/a.jpg"],
        ["photos", "shop.zip"],
        ["empty"],
        ["design.psd"],
    ):
        Sources(typed).check()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("nowhere", "'nowhere' does not exist; check the spelling"),
        ("photos/a.jpg/b", "'photos/a.jpg/b' does not exist"),
        ("no\nwhere", r"'no\nwhere' does not exist"),
        ("", "A source is empty: name a folder, pictures or a ZIP"),
        ("a\0b", r"'a\x00b' is no path"),
        ("\ud800", r"'\ud800' is no path"),
        ("a" * 300, "cannot be read: file name too long"),
        ("https://example.com/a.jpg", "this version reads folders, files and ZIPs"),
        ("s3://bucket/photos", "'s3://bucket/photos' lies elsewhere"),
        ("s3:/bucket/photos", "this version reads folders, files and ZIPs"),
        ("lost", "'lost' is a link to nothing"),
        ("circle", "'circle' cannot be read: too many levels of symbolic links"),
        ("pipe", "'pipe' is a pipe or a device"),
        ("/dev/null", "'/dev/null' is a pipe or a device"),
        ("photos/notes.txt", "'photos/notes.txt' is text, no picture; name a folder, pictures or a ZIP"),
        ("empty.jpg", "'empty.jpg' is an empty file; name a folder"),
        ("letter.docx", "'letter.docx' is a document in the form of a ZIP, no picture"),
        ("cut.zip", "'cut.zip' cannot be opened as a ZIP: it is cut short: its directory"),
        ("part.zip", "it is one part of a split archive; join the parts first"),
        ("all.rar", "'all.rar' is a RAR archive; unpack it and give the folder"),
    ],
)
def test_a_source_that_cannot_be_used_is_named_with_what_to_do(here: Path, typed: str, message: str) -> None:
    os.mkfifo("pipe")
    Path("lost").symlink_to("nowhere")
    Path("circle").symlink_to("circle")
    Path("empty.jpg").touch()
    Path("letter.docx").write_bytes(zip_of({"[Content_Types].xml": b"<x/>"}))
    Path("cut.zip").write_bytes(zip_of({"a.jpg": JPEG})[:-30])
    part = crafted_zip(Crafted("a.jpg"))
    Path("part.zip").write_bytes(part[:-18] + b"\2\0\0\0" + part[-14:])
    Path("all.rar").write_bytes(b"Rar!\x1a\x07\1\0")
    with pytest.raises(SettingsError) as caught:
        Sources([typed]).check()
    assert message in str(caught.value)


def test_no_source_at_all_is_an_error() -> None:
    with pytest.raises(SettingsError, match="There is no source; name a folder"):
        Sources([]).check()


def test_files_that_are_no_pictures_are_passed_over_beside_others(here: Path) -> None:
    photos = Sources(["photos/a.jpg", "photos/notes.txt"])
    photos.check()
    assert [row.name for row in rows_of(photos)] == ["photos/a.jpg", "photos/notes.txt"]
    assert passed_over_by(photos) == {"photos/notes.txt": "text, no picture"}


@pytest.mark.parametrize("typed", ["nowhere", "cut.zip", "all.rar"])
def test_a_source_whose_pictures_would_be_missing_is_an_error_beside_others(here: Path, typed: str) -> None:
    Path("cut.zip").write_bytes(zip_of({"a.jpg": JPEG})[:-30])
    Path("all.rar").write_bytes(b"Rar!\x1a\x07\1\0")
    with pytest.raises(SettingsError, match=typed):
        Sources(["photos", typed]).check()


def test_listing_a_source_that_is_gone_is_an_error(here: Path) -> None:
    photos = Sources(["photos", "more"])
    photos.check()
    (here / "more" / "c.jpg").unlink()
    (here / "more").rmdir()
    with pytest.raises(SettingsError, match="'more' does not exist"):
        rows_of(photos)


@unless_root
@pytest.mark.parametrize("typed", ["closed", "closed.jpg"])
def test_a_source_without_permission_is_named(here: Path, typed: str) -> None:
    Path("closed").mkdir(mode=0)
    Path("closed.jpg").touch(mode=0)
    with pytest.raises(SettingsError, match=f"'{typed}' cannot be read: permission denied"):
        Sources([typed]).check()


def test_a_source_that_the_system_refuses_is_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "look_at", refuse)
    with pytest.raises(SettingsError, match=r"'photos/a.jpg' cannot be read: permission denied"):
        Sources(["photos/a.jpg"]).check()


def test_the_disk_is_never_touched_on_the_event_loop(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    def watching(path: str) -> files.Look:
        threads.add(threading.get_ident())
        return files.look_at(path)

    monkeypatch.setattr(sources, "look_at", watching)
    assert len(rows_of(Sources(["photos"]))) == 3
    assert threads
    assert threading.get_ident() not in threads


def test_nothing_is_touched_before_it_is_asked_for() -> None:
    assert isinstance(Sources(["nowhere"]), Sources)
    assert Sources(["nowhere"]).identity == (str(Path.cwd() / "nowhere"),)


def test_listing_may_be_given_up_at_any_time(here: Path) -> None:
    async def first_two() -> list[str]:
        names: list[str] = []
        async for row in Sources(["photos", "shop.zip"]).list():
            names.append(row.name)
            if len(names) == 2:
                break
        return names

    assert asyncio.run(first_two()) == ["photos/a.jpg", "photos/notes.txt"]


def test_listing_twice_gives_the_same(here: Path) -> None:
    photos = Sources([".", "shop.zip"])
    first = rows_of(photos)
    assert rows_of(photos) == first
    assert any(isinstance(row, PassedOver) for row in first)


def test_every_photograph_of_the_collection_is_listed_and_read() -> None:
    folder = Path(os.environ.get("MANYEYES_PHOTOS") or Path(__file__).parents[2] / "shared/data/clothing")
    if not folder.is_dir():
        pytest.skip("the clothing photographs are not here: set MANYEYES_PHOTOS to their folder")
    photos = Sources([folder])
    photos.check()
    listed = pictures_of(photos)
    assert len(listed) == sum(
        1 for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    )
    for ref in listed[:: max(len(listed) // 50, 1)]:
        assert photos.read(ref).data == Path(ref.locator.path).read_bytes()
