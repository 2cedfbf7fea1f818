"""Opens the database that a URL names, and says in our words what is wrong with it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from manyeyes.model.errors import ManyeyesError, SettingsError, StoreError
from manyeyes.store.migrations import bring_up_to_date

#: Seconds to wait for another process that is writing.
BUSY_SECONDS = 10


def open_engine(url: str) -> Engine:
    """An engine whose database has today's tables.

    Raises SettingsError where `url` names no database of ours.
    """
    try:
        parsed = make_url(url)
        engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingsError(
            f"{url!r} is no store: give a URL such as sqlite:///runs.db with --store or MANYEYES_STORE"
        ) from error
    try:
        with engine.begin() as connection:
            bring_up_to_date(connection)
    except SQLAlchemyError as error:
        raise SettingsError(
            f"the store {url!r} cannot be opened: {_cause(error)}; "
            "choose another with --store or MANYEYES_STORE"
        ) from error
    return engine


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).expanduser().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"the store's folder {folder} cannot be made: {error.strerror}") from error
    engine = create_engine(url, poolclass=NullPool if url.database else None)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # The driver's own BEGINs would come too late: a transaction that begins reading and then writes
    # may be refused at once, whatever the busy time-out.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def as_store_error(url: str, error: Exception) -> ManyeyesError:
    """What went wrong in the store, in our words."""
    if isinstance(error, ManyeyesError):
        return error
    return StoreError(
        f"the store {url!r} failed: {_cause(error)}; nothing more is bought. "
        "Free some space or choose another place with --store, then run again"
    )


def _cause(error: Any) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error)
