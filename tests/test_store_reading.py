"""Stores that are only read: without a lock, without leave to write, and without a trace."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from manyeyes.model.errors import SettingsError, StoreError
from manyeyes.store import database
from manyeyes.store.migrations import STEPS
from manyeyes.store.reports import list_runs
from manyeyes.store.sql import SqlStore
from reading_place import fill
from source_files import ROOT

NOBODY = 65534


@pytest.fixture
def store() -> Iterator[Path]:
    """A store with two runs, in a folder that everyone may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "runs.db"

        async def main() -> None:
            async with SqlStore(f"sqlite:///{file}") as made:
                await fill(made)

        asyncio.run(main())
        yield file


def runs_in(file: Path) -> int:
    """The runs that a reader sees."""

    async def main() -> int:
        async with SqlStore(f"sqlite:///{file}", read_only=True, busy_seconds=0.01) as opened:
            return len(await opened.carry_out(list_runs))

    return asyncio.run(main())


@contextmanager
def without_leave_to_write(folder: Path) -> Iterator[None]:
    """As somebody who may read the folder and all in it, and change nothing."""
    for path in (*folder.iterdir(), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if superuser:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_reader_does_not_wait_for_a_writer_and_sees_what_is_committed(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM runs")
        assert runs_in(store) == 2
        writer.execute("COMMIT")
        assert runs_in(store) == 0


def test_a_reader_leaves_no_trace(store: Path) -> None:
    before = store.read_bytes()
    assert runs_in(store) == 2
    assert store.read_bytes() == before
    assert list(store.parent.iterdir()) == [store]


def test_a_reader_cannot_write(store: Path) -> None:
    async def main() -> None:
        async with SqlStore(f"sqlite:///{store}", read_only=True) as opened:
            await opened.carry_out(lambda connection: connection.exec_driver_sql("DELETE FROM runs"))

    with pytest.raises(StoreError, match="readonly"):
        asyncio.run(main())
    assert runs_in(store) == 2


def test_a_reader_needs_no_leave_to_write(store: Path) -> None:
    with without_leave_to_write(store.parent):
        assert runs_in(store) == 2
        assert list(store.parent.iterdir()) == [store]


def test_a_store_that_is_in_use_elsewhere_can_be_read_without_leave_to_write(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("DELETE FROM runs WHERE id = (SELECT id FROM runs LIMIT 1)")
        with without_leave_to_write(store.parent):
            assert runs_in(store) == 1


def test_a_store_that_another_process_has_all_to_itself_is_not_read_past_its_lock(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="database is locked"):
            runs_in(store)


def test_a_store_of_the_first_version_can_be_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "runs.db")) as connection:
        connection.executescript((ROOT / "tests" / "store_version_1.sql").read_text("utf-8"))
    assert runs_in(tmp_path / "runs.db") == 1


@pytest.mark.parametrize("content", [None, b""])
def test_a_reader_makes_no_store(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "runs.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match="there is no store at"):
        runs_in(file)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if content is None else [content])


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no store at"):
        runs_in(tmp_path / "nope" / "runs.db")
    assert list(tmp_path.iterdir()) == []


def today_is_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was a store of today is one of an earlier version."""

    def step(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE more (id INTEGER)")

    monkeypatch.setattr(database, "STEPS", (*STEPS, step))


def tables_of(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


def test_a_store_of_an_earlier_version_is_brought_up_to_date_to_be_read(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is_later(monkeypatch)
    assert runs_in(store) == 2
    assert "more" in tables_of(store)


def test_a_store_of_an_earlier_version_that_may_not_be_written_says_what_to_do(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is_later(monkeypatch)
    with (
        without_leave_to_write(store.parent),
        pytest.raises(SettingsError, match=r"of an earlier manyeyes and may not be written: copy it"),
    ):
        runs_in(store)
    assert "more" not in tables_of(store)


def test_what_is_no_store_of_ours_is_refused_by_readers_too(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE recipes (id, dish)")
    with pytest.raises(SettingsError, match=r"tables of something else \(recipes\)"):
        runs_in(file)
    assert list(tmp_path.iterdir()) == [file]
