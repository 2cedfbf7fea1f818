"""Databases that cannot be opened, and databases that fail while they are used."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from manyeyes.model.errors import ManyeyesError, SettingsError, StoreError
from manyeyes.model.ticket import Go
from manyeyes.store.database import make_folder, open_engine
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import RunRecord
from source_files import ROOT
from store_samples import ANSWER, OPENING, bought, purchase


def complaint(url: str, kind: type[ManyeyesError] = SettingsError, *, create: bool = True) -> str:
    """What is said where a store cannot be opened."""

    async def main() -> None:
        async with SqlStore(url, create=create, busy_seconds=0.01):
            raise AssertionError("it was opened")

    with pytest.raises(kind) as caught:
        asyncio.run(main())
    return str(caught.value)


# Not to be opened


@pytest.mark.parametrize("url", ["", "runs.db", "/tmp/runs.db", "mysql://here/runs", "http://here"])
def test_what_is_no_url_of_a_store_is_refused_with_an_example(url: str) -> None:
    said = complaint(url)
    assert "--store or MANYEYES_STORE" in said
    assert repr(url) in said


def test_a_text_file_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Dear diary,\n" * 400)
    said = complaint(f"sqlite:///{file}")
    assert "file is not a database" in said
    assert str(file) in said
    assert file.read_text().startswith("Dear diary")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    assert "is a folder" in complaint(f"sqlite:///{tmp_path}")


def test_a_missing_folder_is_taken_for_a_misspelt_one_and_not_made(tmp_path: Path) -> None:
    said = complaint(f"sqlite:///{tmp_path}/nope/store.db")
    assert f"there is no folder '{tmp_path}/nope' for the store 'store.db'" in said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="Not a directory"):
        make_folder(f"sqlite:///{tmp_path}/file/below/store.db")


def test_a_file_whose_name_no_system_takes_is_refused() -> None:
    assert "null byte" in complaint("sqlite:///a\0b")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="there is no /proc, where not even root may write")
def test_a_folder_that_may_not_be_written_is_no_place_for_a_store() -> None:
    assert "unable to open database file" in complaint("sqlite:////proc/store.db")


def test_a_database_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE recipes (id, dish)")
    before = file.read_bytes()
    assert "tables of something else (recipes)" in complaint(f"sqlite:///{file}")
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_store_that_is_only_read_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "typo.db"
    said = complaint(f"sqlite:///{file}", create=False)
    assert f"there is no store at {str(file)!r}" in said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_home_is_found_by_its_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    make_folder("sqlite:///~/runs/store.db")
    open_engine("sqlite:///~/runs/store.db").dispose()
    assert (tmp_path / "runs" / "store.db").exists()


@pytest.mark.parametrize("url", ["postgresql://ana:secret@127.0.0.1:1/runs", "mysql://ana:secret@here/runs"])
def test_a_password_is_never_shown(url: str) -> None:
    assert "secret" not in complaint(url)


# Locked


def test_a_store_locked_by_another_process_cannot_be_opened_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        said = complaint(f"sqlite:///{file}", StoreError)
    assert "database is locked" in said
    assert "wait for that to end, then run again" in said
    assert "--store" not in said


def test_a_store_that_stays_locked_fails_everyone_who_waits_and_works_on_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "store.db"

    async def main() -> None:
        async with SqlStore(f"sqlite:///{file}", busy_seconds=0.01) as store:
            run = await store.open_run(OPENING)
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                saving = [store.save(bought(run, number)) for number in range(20)]
                ended = await asyncio.gather(*saving, return_exceptions=True)
            assert [type(end) for end in ended] == [StoreError] * 20
            assert "database is locked" in str(ended[0])
            assert "Another program is writing to it" in str(ended[0])
            await store.save(bought(run, 1))
            assert await store.look_up(purchase(run, 1)) == ANSWER

    asyncio.run(main())


def test_a_database_that_fails_is_not_asked_once_for_each_who_waits(tmp_path: Path) -> None:
    file, tries = tmp_path / "store.db", []

    async def main() -> None:
        async with SqlStore(f"sqlite:///{file}", busy_seconds=0.01) as store:
            run = await store.open_run(OPENING)
            await store.carry_out(
                lambda c: event.listen(c.engine, "begin", lambda _: tries.append(1), insert=True)
            )
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                saving = [store.save(bought(run, number)) for number in range(500)]
                await asyncio.gather(*saving, return_exceptions=True)

    asyncio.run(main())
    assert 1 <= len(tries) <= 5


# Full


def allow_pages(more: int, connection: Connection) -> None:
    """The disk is full once so many more pages (of 4 KiB) have been written."""
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")


def test_a_full_disk_stops_what_does_not_fit_and_keeps_what_did(tmp_path: Path) -> None:
    file, saved = tmp_path / "store.db", []

    async def fill(store: SqlStore, run: RunRecord) -> None:
        for number in range(1000):
            await store.save(bought(run, number))
            saved.append(number)

    async def main() -> StoreError:
        async with SqlStore(f"sqlite:///{file}") as store:
            run = await store.open_run(OPENING)
            await store.carry_out(lambda connection: allow_pages(10, connection))
            with pytest.raises(StoreError) as caught:
                await fill(store, run)
            return caught.value

    said = str(asyncio.run(main()))
    assert "database or disk is full" in said
    assert "nothing more is bought" in said
    assert "Free some space" in said
    assert 0 < len(saved) < 1000
    assert kept(file) == len(saved)


#: Saves pictures until a file may not grow any more, as on a disk that is full.
FILLER = """
import asyncio, resource, signal, sys
from manyeyes.model.errors import StoreError
from manyeyes.store.sql import SqlStore
from store_samples import OPENING, bought

async def main():
    saved = 0
    async with SqlStore(sys.argv[1]) as store:
        run = await store.open_run(OPENING)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        try:
            while True:
                await store.save(bought(run, saved))
                saved += 1
        except StoreError as error:
            print(saved, error)

asyncio.run(main())
"""


def test_a_limit_to_the_size_of_files_is_a_full_disk(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    done = subprocess.run(
        [sys.executable, "-c", FILLER, f"sqlite:///{file}"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.match(r"(\d+) the store .* failed: (disk I/O error|database or disk is full);", done.stdout)
    assert found is not None, done
    assert done.stderr == ""
    assert kept(file) == int(found[1]) > 0


def kept(file: Path) -> int:
    """Answers in a store that is whole."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = connection.execute("SELECT count(*) FROM answers").fetchone()
    return int(count)


def test_a_store_works_on_once_there_is_space_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with SqlStore(f"sqlite:///{tmp_path / 'store.db'}") as store:
            run = await store.open_run(OPENING)
            await store.carry_out(lambda connection: allow_pages(1, connection))
            saving = [store.save(bought(run, number)) for number in range(500)]
            ended = await asyncio.gather(*saving, return_exceptions=True)
            assert any(isinstance(end, StoreError) for end in ended)
            await store.carry_out(lambda connection: allow_pages(1000, connection))
            assert isinstance(await store.begin(purchase(run, 501)), Go)

    asyncio.run(main())
