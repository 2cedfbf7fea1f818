"""Read-only links to one portfolio, for whoever has the link."""

from __future__ import annotations

from manyeyes.store.sql import SqlStore


class Shares:
    """Makes, finds and withdraws links."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
