"""Opens the database that a URL names, and says in our words what is wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from manyeyes.model.errors import SettingsError
from manyeyes.store.faults import cause, shown
from manyeyes.store.migrations import bring_up_to_date

#: Seconds to wait for another process that is writing.
BUSY_SECONDS = 10.0
#: Names our lock among those of a PostgreSQL database: "manyeyes" in ASCII.
_LOCK = 0x6D616E7965796573


def open_engine(url: str, *, create: bool = True, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine whose database has today's tables.

    Raises SettingsError where `url` names no database of ours, or without `create` none at all.
    """
    parsed = _parsed(url)
    open_it = _sqlite if parsed.get_backend_name() == "sqlite" else _postgresql
    try:
        engine = open_it(parsed, create, busy_seconds)
        with engine.begin() as connection:
            bring_up_to_date(connection)
        _keep_log(engine)
    except (SQLAlchemyError, OSError, ImportError, ValueError) as error:
        raise SettingsError(
            f"the store {shown(url)!r} cannot be opened: {cause(error)}; "
            "choose another with --store or MANYEYES_STORE"
        ) from error
    return engine


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


# SQLite


def _sqlite(url: URL, create: bool, busy_seconds: float) -> Engine:
    if url.database in (None, "", ":memory:"):
        engine = create_engine("sqlite://", poolclass=StaticPool)
    else:
        file = Path(str(url.database)).expanduser()
        _check_file(file, create)
        engine = create_engine(url.set(database=str(file)), poolclass=NullPool)
    event.listen(engine, "connect", partial(_set_up_sqlite, busy_seconds))
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _check_file(file: Path, create: bool) -> None:
    if file.is_dir():
        raise IsADirectoryError(f"{str(file)!r} is a folder")
    if not create and not file.exists():
        raise SettingsError(
            f"there is no store at {str(file)!r} yet: `manyeyes analyze` makes one; "
            "or name another with --store or MANYEYES_STORE"
        )
    file.parent.mkdir(parents=True, exist_ok=True)


def _set_up_sqlite(busy_seconds: float, connection: sqlite3.Connection, _: object) -> None:
    # The driver's own BEGINs would come too late: a transaction that begins reading and then writes
    # may be refused at once, whatever the busy time-out.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


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


def _postgresql(url: URL, create: bool, busy_seconds: float) -> Engine:  # noqa: ARG001
    engine = create_engine(url)
    event.listen(engine, "begin", partial(_begin_alone, busy_seconds))
    return engine


def _begin_alone(busy_seconds: float, connection: Connection) -> None:
    # One writer at a time, as in SQLite: two may then never take one claim, nor wait for each other's rows.
    wait = f"set_config('lock_timeout', '{int(busy_seconds * 1000)}', true)"
    connection.exec_driver_sql(f"SELECT {wait}, pg_advisory_xact_lock({_LOCK})")
