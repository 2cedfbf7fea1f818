"""Where a command reads and acts: on this machine, or at a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from manyeyes.cli.reading import change, read
from manyeyes.cli.records import Records, StoredRecords
from manyeyes.model.errors import SettingsError
from manyeyes.settings import Settings, read_settings
from manyeyes.store.sql import SqlStore

T = TypeVar("T")


def elsewhere(store: str | None, server: str | None) -> Settings | None:
    """The settings of the server that is meant; None where it is the store of this machine.

    A flag wins over the environment: with --store, a server that is set there is not asked. Raises
    SettingsError.
    """
    if store is not None and server is not None:
        raise SettingsError("--server has a store of its own: leave --store away")
    settings = read_settings({"server": server})
    return None if store is not None or settings.server is None else settings


def consult(
    store: str | None, server: str | None, work: Callable[[Records], Awaitable[T]], *, writes: bool = False
) -> T:
    """What `work` reads, or with `writes` does, where the flags say.

    Raises SettingsError, StoreError and ServerError.
    """
    if (settings := elsewhere(store, server)) is None:

        async def in_store(opened: SqlStore) -> T:
            return await work(StoredRecords(opened))

        return change(store, in_store) if writes else read(store, in_store)
    from manyeyes.cli.at_server import records_at  # noqa: PLC0415 - few commands ask a server

    async def there() -> T:
        async with records_at(settings) as records:
            return await work(records)

    return asyncio.run(there())
