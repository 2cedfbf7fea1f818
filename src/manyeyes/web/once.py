"""Requests that cost money and must be carried out once, however often they arrive, even at one moment."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial

from manyeyes.model.errors import SettingsError
from manyeyes.store.once import keep_answer, let_try_again, remembered
from manyeyes.store.sql import SqlStore
from manyeyes.web.problems import Problem

#: Seconds between looks at a request that is being worked on, and until one gives up looking.
_LOOK, _PATIENCE = 0.1, 60.0
#: Characters of a key.
LONGEST_KEY = 255


class Once:
    """Carries out what comes with an `Idempotency-Key` once; whoever comes again hears the same answer."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._tasks: set[asyncio.Task[str]] = set()

    async def answer(self, key: str | None, request: bytes, act: Callable[[], Awaitable[str]]) -> str:
        """What `act` gives; for a key that came before, what it gave then.

        Raises Problem where the key came with another `request` before.
        """
        if key is None:
            return await act()
        digest = hashlib.sha256(request).hexdigest()
        waited = 0.0
        while waited < _PATIENCE:
            try:
                before = await self._store.carry_out(partial(remembered, key=key, digest=digest))
            except SettingsError as error:
                raise Problem(
                    409, "key-used", str(error), "make a new Idempotency-Key for each new request"
                ) from None
            if before is None:
                return await self._first(key, act)
            if before.answer is not None:
                return before.answer
            await asyncio.sleep(_LOOK)
            waited += _LOOK
        raise Problem(
            409, "being-worked-on", "the same request is still being worked on", "ask again a little later"
        )

    async def _first(self, key: str, act: Callable[[], Awaitable[str]]) -> str:
        """Whoever asked may go: what was begun is remembered all the same."""
        task = asyncio.ensure_future(self._kept(key, act))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _kept(self, key: str, act: Callable[[], Awaitable[str]]) -> str:
        try:
            answer = await act()
        except BaseException:
            await self._store.carry_out(partial(let_try_again, key=key))
            raise
        await self._store.carry_out(partial(keep_answer, key=key, answer=answer))
        return answer
