"""Opens the database that a URL names, and says in our words what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from manyeyes.model.errors import SettingsError
from manyeyes.store.faults import as_opening_error, shown
from manyeyes.store.migrations import STEPS, bring_up_to_date
from manyeyes.store.tables import store_version

#: Seconds to wait for another process that is writing.
BUSY_SECONDS = 10.0
#: Names our lock among those of a PostgreSQL database: "manyeyes" in ASCII.
_LOCK = 0x6D616E7965796573


def open_engine(
    url: str, *, create: bool = True, read_only: bool = False, busy_seconds: float = BUSY_SECONDS
) -> Engine:
    """An engine whose database has today's tables; `read_only` writes nothing and waits for no writer.

    Raises SettingsError where `url` names no database of ours, or without `create` none at all, and
    StoreError where another process has locked it for `busy_seconds`.
    """
    parsed = _parsed(url)
    try:
        if read_only:
            return _open_to_read(parsed, busy_seconds)
        return _open_to_write(parsed, create, busy_seconds)
    except (SQLAlchemyError, OSError, ImportError, ValueError) as error:
        raise as_opening_error(url, error) from error


def make_folder(url: str) -> None:
    """Make the folder of a store's file, and those above it. Raises SettingsError."""
    file = _file(_parsed(url))
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise as_opening_error(url, error) from error


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(
            f"{shown(url)!r} is no store: give a URL such as sqlite:///runs.db with --store or MANYEYES_STORE"
        )
    return parsed


def _open_to_write(url: URL, create: bool, busy_seconds: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        if (file := _file(url)) is not None:
            _check_file(file, create)
        engine = _sqlite(url, busy_seconds)
        event.listen(engine, "begin", _begin_immediate)
    else:
        engine = create_engine(url)
        event.listen(engine, "begin", partial(_begin_alone, busy_seconds))
    with engine.begin() as connection:
        bring_up_to_date(connection, STEPS)
    _keep_log(engine)
    return engine


def _open_to_read(url: URL, busy_seconds: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        if (file := _file(url)) is not None:
            _check_file(file, create=False)
        engine = _sqlite_to_read(url, busy_seconds)
    else:
        engine = create_engine(url)
        event.listen(engine, "begin", _begin_reading)
    with engine.begin() as connection:
        current = _is_current(connection)
    if not current:
        _bring_up_to_date(url, busy_seconds)
    return engine


def _bring_up_to_date(url: URL, busy_seconds: float) -> None:
    try:
        _open_to_write(url, create=False, busy_seconds=busy_seconds).dispose()
    except OperationalError as error:
        if not _may_not_be_written(error):
            raise
        raise SettingsError(
            f"the store {shown(str(url))!r} is of an earlier manyeyes and may not be written: copy it to "
            "where it can be brought up to date, and name the copy with --store or MANYEYES_STORE"
        ) from error


# SQLite


def _file(url: URL) -> Path | None:
    """The file of a SQLite store; None for one in memory, and for a server."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database)).expanduser()


def _check_file(file: Path, create: bool) -> None:
    """Raise where a store neither is nor can be made."""
    if file.is_dir():
        raise IsADirectoryError(f"{str(file)!r} is a folder")
    if not create and not (file.exists() and file.stat().st_size):
        raise SettingsError(
            f"there is no store at {str(file)!r} yet: `manyeyes analyze` makes one; "
            "or name another with --store or MANYEYES_STORE"
        )
    if not file.parent.exists():
        # More likely misspelt than meant.
        raise SettingsError(
            f"there is no folder {str(file.parent)!r} for the store {file.name!r}: make it first, "
            "or name another store with --store or MANYEYES_STORE"
        )


def _sqlite(url: URL, busy_seconds: float) -> Engine:
    if (file := _file(url)) is None:
        engine = create_engine("sqlite://", poolclass=StaticPool)
    else:
        engine = create_engine(url.set(database=str(file)), poolclass=NullPool)
    event.listen(engine, "connect", partial(_set_up_sqlite, busy_seconds))
    return engine


def _set_up_sqlite(busy_seconds: float, connection: sqlite3.Connection, _: object) -> None:
    # The driver's own BEGINs would come too late: a transaction that begins reading and then writes
    # may be refused at once, whatever the busy time-out.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _sqlite_to_read(url: URL, busy_seconds: float) -> Engine:
    """An engine that cannot write, nor waits for who does.

    The file is not opened as read-only: that would leave the files of its log behind.
    """
    engine = _only_reading(_sqlite(url, busy_seconds))
    file = _file(url)
    try:
        with engine.begin() as connection:
            inspect(connection).get_table_names()
    except OperationalError as error:
        if file is None or not _may_not_be_written(error) or not _is_at_rest(file):
            raise
        # A log has no place in a folder that may not be written, and where there is none, none is needed.
        quoted = quote(os.fsencode(file.absolute()))
        at_rest = url.set(database=f"file:{quoted}", query={"immutable": "1", "uri": "true"})
        return _only_reading(_sqlite(at_rest, busy_seconds))
    return engine


def _may_not_be_written(error: OperationalError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0)
    # What stands above the lowest byte only tells the cause more closely.
    return code & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def _is_at_rest(file: Path) -> bool:
    """Whether no log stands beside the file: nobody is at work on the store, and all of it is in the file."""
    return not any(file.with_name(file.name + ending).exists() for ending in ("-wal", "-journal"))


def _only_reading(engine: Engine) -> Engine:
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _keep_log(engine: Engine) -> None:
    """Write ahead to a log from now on, so that readers and the writer do not wait for each other.

    Only once the database is known to be ours: the mode stays with the file.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection, suppress(sqlite3.OperationalError):
        # Refused where another process is at work just now; then whoever opens the store next does it.
        _sqlite_of(connection).execute("PRAGMA journal_mode = WAL")


def scrub(url: str, *, busy_seconds: float = BUSY_SECONDS) -> bool:
    """Rewrite the store's file without what was deleted, and empty its log; whether that could be done.

    It cannot while another process reads or writes. A PostgreSQL server does this in its own time.
    """
    engine = open_engine(url, create=False, busy_seconds=busy_seconds)
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        raw = _sqlite_of(connection)
        try:
            raw.execute("VACUUM")
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
    return not busy


def _sqlite_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, for what no transaction may hold."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


# PostgreSQL


def _begin_alone(busy_seconds: float, connection: Connection) -> None:
    # One writer at a time, as in SQLite: two may then never take one claim, nor wait for each other's rows.
    wait = f"set_config('lock_timeout', '{int(busy_seconds * 1000)}', true)"
    connection.exec_driver_sql(f"SELECT {wait}, pg_advisory_xact_lock({_LOCK})")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("SET TRANSACTION READ ONLY")


# Versions


def _is_current(connection: Connection) -> bool:
    """Whether the tables are those of today, so that nothing has to be done to them."""
    if not inspect(connection).has_table(store_version.name):
        return False
    return bool(connection.execute(select(store_version.c.version)).scalar_one() == len(STEPS) + 1)
