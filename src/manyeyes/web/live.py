"""Runs as they go, for any number of watchers: a frame is made once, a slow watcher gets the newest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Self

from manyeyes.store.sql import SqlStore


class Live:
    """Frames of server-sent events for whoever watches a run."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def frames(self, run: str, last_seen: str | None = None) -> AsyncIterator[bytes]:
        """Encoded frames until the run has ended."""
        raise NotImplementedError
