from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import tracemalloc
from itertools import product
from pathlib import Path

import pytest

from intake_crafted import JPEG, fill, names_of, passed_over_by, pictures_of, rows_of, unless_root, zip_of
from manyeyes.intake import files, sources
from manyeyes.intake.folder import Found, walk
from manyeyes.intake.sources import Sources


def test_a_folder_is_listed_with_its_folders_in_natural_order(tmp_path: Path) -> None:
    fill(tmp_path, "img10.jpg", "img2.jpg", "IMG1.JPG", "b/2.png", "b/10.png", "b/c/1.webp", "a.jpg")
    expected = ["a.jpg", "b/2.png", "b/10.png", "b/c/1.webp", "IMG1.JPG", "img2.jpg", "img10.jpg"]
    assert names_of(Sources([tmp_path])) == expected


def test_a_picture_is_told_by_its_content_and_not_by_its_extension(tmp_path: Path) -> None:
    fill(tmp_path, "photo", "photo.txt", "photo.JPG")
    fill(tmp_path, "words.jpg", data=b"these are words\n")
    fill(tmp_path, "nothing.png", data=b"")
    assert names_of(Sources([tmp_path])) == ["photo", "photo.JPG", "photo.txt"]
    assert passed_over_by(Sources([tmp_path])) == {
        "nothing.png": "an empty file",
        "words.jpg": "text, no picture",
    }


def test_a_damaged_picture_is_listed_as_a_picture(tmp_path: Path) -> None:
    fill(tmp_path, "cut.png", data=b"\x89PNG\r\n\x1a\n\0\0")
    fill(tmp_path, "cut.jpg", data=b"\xff\xd8\xff")
    assert names_of(Sources([tmp_path])) == ["cut.jpg", "cut.png"]


def test_hidden_files_and_folders_are_passed_over_in_silence(tmp_path: Path) -> None:
    fill(tmp_path, ".a.jpg", ".git/b.jpg", "__MACOSX/._c.jpg", "sub/.DS_Store", "sub/d.jpg")
    rows = rows_of(Sources([tmp_path]))
    assert [row.name for row in rows] == ["sub/d.jpg"]


def test_a_hidden_folder_is_listed_where_it_is_the_source(tmp_path: Path) -> None:
    fill(tmp_path, ".photos/a.jpg")
    assert names_of(Sources([tmp_path / ".photos"])) == ["a.jpg"]


def test_other_things_of_the_system_are_named(tmp_path: Path) -> None:
    fill(tmp_path, "Thumbs.db", data=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    fill(tmp_path, "desktop.ini", data=b"[.ShellClassInfo]\r\n")
    assert set(passed_over_by(Sources([tmp_path]))) == {"Thumbs.db", "desktop.ini"}


def test_an_empty_folder_lists_nothing(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert rows_of(Sources([tmp_path])) == []


def test_linked_folders_and_files_are_followed(tmp_path: Path) -> None:
    photos = fill(tmp_path / "photos", "a.jpg")
    fill(tmp_path / "elsewhere", "deep/b.jpg", "c.jpg")
    (photos / "link").symlink_to(tmp_path / "elsewhere")
    (photos / "d.jpg").symlink_to(tmp_path / "elsewhere" / "c.jpg")
    listed = pictures_of(Sources([photos]))
    assert [ref.name for ref in listed] == ["a.jpg", "d.jpg", "link/c.jpg", "link/deep/b.jpg"]
    assert all(ref.locator.path.startswith(f"{photos}/") for ref in listed)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    photos = fill(tmp_path / "photos", "a.jpg", "sub/b.jpg")
    (photos / "sub" / "up").symlink_to(photos)
    (photos / "above").symlink_to(tmp_path)
    outside = fill(tmp_path / "outside", "c.jpg")
    (outside / "back").symlink_to(outside)
    (outside / "home").symlink_to(photos)
    (photos / "z").symlink_to(outside)
    assert names_of(Sources([photos])) == ["a.jpg", "sub/b.jpg", "z/c.jpg"]
    assert passed_over_by(Sources([photos])) == {
        "above": "a link back to a folder that it lies in",
        "sub/up": "a link back to a folder that it lies in",
        "z/back": "a link back to a folder that it lies in",
        "z/home": "a link to a folder that is listed anyway",
    }


def test_a_link_to_a_folder_that_is_listed_anyway_is_named_and_not_followed(tmp_path: Path) -> None:
    fill(tmp_path, "season/a.jpg", ".store/b.jpg")
    (tmp_path / "latest").symlink_to("season")
    (tmp_path / "kept").symlink_to(".store")
    assert names_of(Sources([tmp_path])) == ["kept/b.jpg", "season/a.jpg"]
    assert passed_over_by(Sources([tmp_path])) == {"latest": "a link to a folder that is listed anyway"}


def test_links_that_double_at_each_step_are_followed_once(tmp_path: Path) -> None:
    fill(tmp_path, "19/a.jpg")
    for step in range(19):
        (tmp_path / str(step)).mkdir()
        for twin in ("x", "y"):
            (tmp_path / str(step) / twin).symlink_to(tmp_path / str(step + 1))
    assert len(rows_of(Sources([tmp_path / "0"]))) == 20


def test_a_broken_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    reasons = passed_over_by(Sources([tmp_path]))
    assert reasons["gone.jpg"] == "a link to nothing"
    assert reasons["self.jpg"] == "cannot be read: too many levels of symbolic links"


def test_pipes_sockets_and_devices_are_named_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "null.jpg").symlink_to("/dev/null")
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as unix:
        # The path of a socket may have 108 bytes at most.
        os.chdir(tmp_path)
        unix.bind("socket.jpg")
        os.chdir(here)
        assert passed_over_by(Sources([tmp_path])) == {
            "null.jpg": "a device, no picture",
            "pipe.jpg": "a pipe, no picture",
            "socket.jpg": "a socket, no picture",
        }


@unless_root
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "closed/a.jpg", "open/b.jpg")
    (tmp_path / "closed").chmod(0)
    assert names_of(Sources([tmp_path])) == ["open/b.jpg"]
    assert passed_over_by(Sources([tmp_path])) == {"closed": "cannot be read: permission denied"}
    (tmp_path / "closed").chmod(stat.S_IRWXU)


def test_folders_deeper_than_python_recurses_are_listed(tmp_path: Path) -> None:
    # Paths end at 4,096 bytes, so the last folders are made from within.
    here, depth = Path.cwd(), 1_900
    try:
        os.chdir(tmp_path)
        for _ in range(depth):
            Path("d").mkdir()
            os.chdir("d")
        Path("a.jpg").write_bytes(JPEG)
    finally:
        os.chdir(here)
    names = [row.name for row in rows_of(Sources([tmp_path]))]
    # What Python would take away, it would take away by recursion.
    subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)
    assert names == ["d/" * depth + "a.jpg"]


async def first_of(photos: Sources) -> str:
    async for row in photos.list():
        return row.name
    return ""


def test_twenty_thousand_files_are_never_held_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Names for one file: to write so many would keep the disk busy for long.
    fill(tmp_path, *(f"{folder}/0.jpg" for folder in range(20)))
    for folder, number in product(range(20), range(1, 1_000)):
        os.link(tmp_path / f"{folder}/0.jpg", tmp_path / f"{folder}/{number}.jpg")
    looked_at: list[str] = []

    def counting(path: str) -> files.Look:
        looked_at.append(path)
        return files.look_at(path)

    monkeypatch.setattr(sources, "look_at", counting)
    asyncio.run(first_of(Sources([tmp_path])))
    # One visit of the thread, and no more until the next row is asked for.
    assert 0 < len(looked_at) <= 100

    tracemalloc.start()
    counted = sum(isinstance(found, Found) for found in walk(str(tmp_path), ""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counted == 20_000
    # A thousand entries at a time; all of them would take 8 MB and more.
    assert peak < 2_000_000


def test_a_zip_in_a_folder_is_opened_whatever_it_is_called(tmp_path: Path) -> None:
    fill(tmp_path, "sub/shop.zip", "sub/shop.cbz", data=zip_of({"front/1.jpg": JPEG}))
    fill(tmp_path, "sub/shop.jpg", "sub/t.jpg")
    names = ["sub/shop.cbz/front/1.jpg", "sub/shop.jpg", "sub/shop.zip/front/1.jpg", "sub/t.jpg"]
    assert names_of(Sources([tmp_path])) == names
