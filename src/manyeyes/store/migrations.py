"""Brings a store of any earlier version to the tables of today."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, insert, inspect, select, update

from manyeyes.model.errors import SettingsError
from manyeyes.store.tables import metadata, store_version

Step = Callable[[Connection], None]

#: Step n brings a store from version n + 1 to n + 2; a new store starts at the newest version.
STEPS: Sequence[Step] = ()


def bring_up_to_date(connection: Connection, steps: Sequence[Step] = STEPS) -> None:
    """Create the tables in an empty database, or carry out the steps that an older one lacks.

    Raises SettingsError for a database of something else, and for one of a later manyeyes.
    """
    newest = len(steps) + 1
    version = _version(connection)
    if version is None:
        metadata.create_all(connection)
        connection.execute(insert(store_version).values(version=newest))
        return
    if version > newest:
        raise SettingsError(
            f"the store is of a later manyeyes (version {version}, this one knows {newest}): "
            "update manyeyes, or choose another store with --store"
        )
    for step in steps[version - 1 :]:
        step(connection)
    if version < newest:
        connection.execute(update(store_version).values(version=newest))


def _version(connection: Connection) -> int | None:
    """The version of the store, None where the database is empty."""
    present = inspect(connection).get_table_names()
    if store_version.name in present:
        version: int = connection.execute(select(store_version.c.version)).scalar_one()
        return version
    if present:
        raise SettingsError(
            f"the database holds tables of something else ({', '.join(sorted(present)[:3])}): "
            "choose another store with --store"
        )
    return None
