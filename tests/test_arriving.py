"""What arrives is taken whole, once, under a safe name, or refused by name with the reason."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from hostile_files import KINDS, Hostile, good_files, hostile_files, photo
from intake_crafted import Crafted, crafted_zip, fill, pictures_of, zip_of
from manyeyes.imaging.thumbnail import check_decodes
from manyeyes.intake.arriving import Arrivals
from manyeyes.intake.landing import place_for, sweep
from manyeyes.intake.safety import Caps
from manyeyes.intake.sources import Sources
from manyeyes.model.arrival import Arrival, Duplicate, Refused, Taken
from manyeyes.model.errors import UnreadableImage

HOSTILE = hostile_files()


def nothing_held(_: str) -> str | None:
    return None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a portfolio."""
    place = tmp_path / "portfolio"
    place.mkdir()
    return place


def take(arrivals: Arrivals, folder: Path, name: str, data: bytes) -> list[Arrival]:
    """Everything that becomes of one upload."""
    place = place_for(folder)
    place.write_bytes(data)
    return list(arrivals.take(place, name))


def arrivals_of(folder: Path, caps: Caps | None = None) -> Arrivals:
    return Arrivals(folder, check_decodes, nothing_held, caps or Caps())


def files_in(folder: Path) -> list[str]:
    """Every file, hidden ones too."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def names_taken(rows: Sequence[Arrival]) -> list[str]:
    return [row.name for row in rows if isinstance(row, Taken)]


def test_there_are_many_hostile_files_each_with_a_name_of_its_own() -> None:
    assert len({one.name for one in HOSTILE}) == len(HOSTILE) > 80
    assert {one.kind for one in HOSTILE} == set(KINDS)


@pytest.mark.parametrize("one", HOSTILE, ids=lambda one: re.sub(r"\W", "_", one.name))
def test_a_hostile_file_is_refused_by_name_and_nothing_of_it_stays(folder: Path, one: Hostile) -> None:
    rows = take(arrivals_of(folder), folder, one.name, one.data)
    assert rows
    for row in rows:
        assert isinstance(row, Refused)
        assert re.search(KINDS[one.kind], row.reason), row.reason
        row.reason.encode()
        row.name.encode()
    assert files_in(folder) == []
    assert files_in(folder.parent) == []


@pytest.mark.parametrize("name", good_files())
def test_an_honest_picture_is_taken_as_it_is(folder: Path, name: str) -> None:
    data = good_files()[name]
    (row,) = take(arrivals_of(folder), folder, name, data)
    assert isinstance(row, Taken), row
    assert (row.name, row.size, row.sha256) == (name, len(data), hashlib.sha256(data).hexdigest())
    assert Path(row.path).read_bytes() == data


def test_listing_the_folder_finds_what_was_taken_under_the_same_names_and_versions(folder: Path) -> None:
    arrivals = arrivals_of(folder)
    rows = [row for name, data in good_files().items() for row in take(arrivals, folder, name, data)]
    listed = {ref.name: (ref.locator.path, ref.version, ref.size) for ref in pictures_of(Sources([folder]))}
    assert listed == {row.name: (row.path, row.version, row.size) for row in rows if isinstance(row, Taken)}
    assert len(listed) == len(good_files())


def test_the_good_entries_of_a_zip_are_taken_and_each_hostile_one_is_named(folder: Path) -> None:
    hostile = {one.name: one for one in HOSTILE if one.name and one.kind not in {"its name", "an entry"}}
    entries = [Crafted(name, one.data, method=0) for name, one in hostile.items()]
    entries += [Crafted(name, data) for name, data in good_files().items()]
    entries += [Crafted(one.name, one.data) for one in HOSTILE if one.name.startswith(("..", "/etc"))]
    rows = take(arrivals_of(folder), folder, "mixed.zip", crafted_zip(*entries))
    assert set(names_taken(rows)) == set(good_files())
    refused = {row.name for row in rows if isinstance(row, Refused)}
    assert refused == {entry.name for entry in entries} - set(good_files())
    assert files_in(folder) == sorted(good_files())


def test_what_a_zip_within_a_folder_holds_lies_in_that_folder(folder: Path) -> None:
    rows = take(arrivals_of(folder), folder, "spring/looks.zip", zip_of({"day/a.jpg": photo()}))
    assert names_taken(rows) == ["spring/day/a.jpg"]


def test_hidden_entries_of_a_zip_are_left_out_in_silence(folder: Path) -> None:
    rows = take(arrivals_of(folder), folder, "mac.zip", zip_of({"a.jpg": photo(), "__MACOSX/._a.jpg": b"x"}))
    assert [row.name for row in rows] == ["a.jpg"]


def test_entries_beyond_the_cap_are_counted(folder: Path) -> None:
    entries = {f"{number}.jpg": photo(edge=80 + number) for number in range(5)}
    rows = take(arrivals_of(folder, Caps(entries=3)), folder, "many.zip", zip_of(entries))
    assert names_taken(rows) == ["0.jpg", "1.jpg", "2.jpg"]
    assert rows[-1] == Refused("many.zip", "2 or more entries left out: only the first 3 of a ZIP are taken")


def test_a_zip_that_would_unpack_to_more_than_the_cap_is_taken_up_to_it(folder: Path) -> None:
    first = photo()
    caps = Caps(archive_bytes=len(first) + 10)
    rows = take(
        arrivals_of(folder, caps=caps), folder, "big.zip", zip_of({"a.jpg": first, "b.jpg": photo(edge=97)})
    )
    assert names_taken(rows) == ["a.jpg"]
    assert isinstance(rows[1], Refused)
    assert "would unpack to more than" in rows[1].reason


def test_the_same_bytes_are_kept_once(folder: Path) -> None:
    arrivals, data = arrivals_of(folder), photo()
    take(arrivals, folder, "a.jpg", data)
    assert take(arrivals, folder, "b.jpg", data) == [Duplicate("b.jpg", "a.jpg")]
    rows = take(
        arrivals, folder, "c.zip", zip_of({"c.jpg": data, "d.jpg": photo(edge=99), "e.jpg": photo(edge=99)})
    )
    assert rows[0] == Duplicate("c.jpg", "a.jpg")
    assert rows[2] == Duplicate("e.jpg", "d.jpg")
    assert files_in(folder) == ["a.jpg", "d.jpg"]


def test_what_the_portfolio_holds_already_is_a_duplicate_before_it_is_decoded(folder: Path) -> None:
    def broken(name: str, data: bytes) -> None:
        raise AssertionError

    data = photo()
    held = {hashlib.sha256(data).hexdigest(): "older.jpg"}
    rows = take(Arrivals(folder, broken, held.get), folder, "newer.jpg", data)
    assert rows == [Duplicate("newer.jpg", "older.jpg")]


def test_a_picture_that_was_deleted_can_be_uploaded_again(folder: Path) -> None:
    arrivals, data = arrivals_of(folder), photo()
    take(arrivals, folder, "a.jpg", data)
    (folder / "a.jpg").unlink()
    assert names_taken(take(arrivals, folder, "a.jpg", data)) == ["a (2).jpg"]


def test_names_that_are_taken_get_a_number_whatever_their_capitals(folder: Path) -> None:
    fill(folder, "a.jpg", "looks/b.jpg")
    arrivals = arrivals_of(folder)
    given = ["A.JPG", "a.jpg", "looks", "LOOKS/B.jpg", "a.jpg/c.jpg"]
    rows = [take(arrivals, folder, name, photo(edge=80 + at))[0] for at, name in enumerate(given)]
    assert names_taken(rows) == ["A (2).JPG", "a (3).jpg", "looks (2)", "LOOKS/B (2).jpg", "a (4).jpg/c.jpg"]


def test_a_name_that_someone_else_takes_meanwhile_is_not_overwritten(folder: Path) -> None:
    arrivals = arrivals_of(folder)
    take(arrivals, folder, "a.jpg", photo())
    fill(folder, "b.jpg", data=b"theirs")
    assert names_taken(take(arrivals, folder, "b.jpg", photo(edge=90))) == ["b (2).jpg"]
    assert (folder / "b.jpg").read_bytes() == b"theirs"


def test_a_file_on_another_disk_is_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", no_links)
    arrivals = arrivals_of(folder)
    assert names_taken(take(arrivals, folder, "a.jpg", photo())) == ["a.jpg"]
    fill(folder, "b.jpg", data=b"theirs")
    assert names_taken(take(arrivals, folder, "b.jpg", photo(edge=90))) == ["b (2).jpg"]
    assert files_in(folder) == ["a.jpg", "b (2).jpg", "b.jpg"]


def test_a_full_disk_is_told_for_each_picture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    (row,) = take(arrivals_of(folder), folder, "a.jpg", photo())
    assert isinstance(row, Refused)
    assert row.reason == "it could not be kept: no space left on device; see to that, then upload it again"
    assert files_in(folder) == []


def test_an_upload_that_is_given_up_midway_leaves_what_was_taken_and_nothing_else(folder: Path) -> None:
    place = place_for(folder)
    place.write_bytes(zip_of({f"{number}.jpg": photo(edge=80 + number) for number in range(4)}))
    rows = arrivals_of(folder).take(place, "looks.zip")
    next(rows)
    rows.close()
    assert files_in(folder) == ["0.jpg"]


def test_the_stream_of_an_upload_that_is_cancelled_waits_for_the_picture_in_hand(folder: Path) -> None:
    async def cancelled() -> None:
        inside, go_on = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def slow(name: str, data: bytes) -> None:
            loop.call_soon_threadsafe(inside.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(20)

        async def all_of_it() -> None:
            async for _ in Arrivals(folder, slow, nothing_held).stream(place, "a.jpg"):
                pass

        place = place_for(folder)
        place.write_bytes(photo())
        upload = asyncio.create_task(all_of_it())
        await inside.wait()
        upload.cancel()
        await asyncio.sleep(0)
        assert not upload.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await upload

    asyncio.run(cancelled())
    assert files_in(folder) == ["a.jpg"]


def test_the_stream_gives_what_take_gives(folder: Path) -> None:
    async def streamed() -> list[Arrival]:
        place = place_for(folder)
        place.write_bytes(zip_of({"a.jpg": photo(), "b.txt": b"text"}))
        return [row async for row in arrivals_of(folder).stream(place, "looks.zip")]

    rows = asyncio.run(streamed())
    assert [type(row) for row in rows] == [Taken, Refused]


def test_a_sweep_removes_what_was_arriving_when_a_process_was_killed(folder: Path) -> None:
    fill(folder, "a.jpg", "looks/b.jpg", ".hidden")
    place_for(folder).write_bytes(b"half")
    place_for(folder / "looks").write_bytes(b"half")
    assert sweep(folder) == 2
    assert files_in(folder) == [".hidden", "a.jpg", "looks/b.jpg"]


def test_a_file_that_is_gone_before_it_is_looked_at_is_refused(folder: Path) -> None:
    (row,) = arrivals_of(folder).take(folder / ".arriving-gone", "a.jpg")
    assert isinstance(row, Refused)
    assert "no such file" in row.reason


def test_the_reason_of_a_check_stands_without_the_name(folder: Path) -> None:
    def broken(name: str, data: bytes) -> None:
        raise UnreadableImage(f"{name!r} cannot be decoded; export it again")

    rows = take(Arrivals(folder, broken, nothing_held), folder, "it's.jpg", photo())
    assert rows == [Refused("it's.jpg", "cannot be decoded; export it again")]


def test_what_would_fill_the_disk_is_refused_by_name_as_soon_as_it_would(folder: Path) -> None:
    archive = zip_of({"a.jpg": photo()})
    (row,) = take(arrivals_of(folder, Caps(disk_left=1 << 62)), folder, "looks.zip", archive)
    assert isinstance(row, Refused)
    assert (row.name, row.no_room) == ("a.jpg", True)
    assert "the disk is nearly full" in row.reason
    assert files_in(folder) == []


def test_a_zip_is_unpacked_up_to_its_cap_and_what_is_beyond_it_is_named(folder: Path) -> None:
    first, second = photo(), photo(edge=90)
    archive = zip_of({"a.jpg": first, "b.jpg": second})
    rows = take(arrivals_of(folder, Caps(archive_bytes=len(first))), folder, "looks.zip", archive)
    assert names_taken(rows) == ["a.jpg"]
    assert [(row.name, row.no_room) for row in rows if isinstance(row, Refused)] == [("b.jpg", False)]
