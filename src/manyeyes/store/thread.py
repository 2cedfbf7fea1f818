"""The store's one thread: takes every request that waits and carries them out in one transaction.

A commit must reach the disk before anyone hears of it, which takes milliseconds. Requests that arrive
meanwhile share the next one; there is no timer, so a lone request never waits.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from manyeyes.model.errors import StoreError
from manyeyes.store.faults import as_store_error, is_of_the_database, shown

#: Requests of one transaction at most, so that nobody waits long behind a large group.
LARGEST_GROUP = 512

#: Does a whole group of requests at once, with one result for each, in order.
Statement = Callable[[Connection, Sequence[Any]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Request:
    statement: Statement
    value: Any
    loop: asyncio.AbstractEventLoop
    result: asyncio.Future[Any]


class StoreThread:
    """Carries out statements on the database that `connect` opens; at the end, `farewell`.

    Requests of one group are put together by their statements; those of `last` come after all others, in
    their order, so that what is given up stays given up however the group was put together.
    """

    #: Statements that give up what others take.
    last: tuple[Statement, ...] = ()

    def __init__(
        self, url: str, connect: Callable[[], Engine], farewell: Callable[[Connection], object]
    ) -> None:
        self._url = url
        self._connect = connect
        self._farewell = farewell
        self._closed = False
        self._requests: queue.SimpleQueue[list[_Request] | None] = queue.SimpleQueue()
        #: What has been asked for in this turn of each loop; handed over together when it ends.
        self._turns: dict[asyncio.AbstractEventLoop, list[_Request]] = {}
        self._thread = threading.Thread(target=self._serve, name="manyeyes-store", daemon=True)

    async def start(self) -> None:
        """Open the database; raises SettingsError where it is none of ours."""
        self._thread.start()
        try:
            await self.ask(_is_open, None)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Do what was asked for before, then end."""
        self._closed = True
        for loop in list(self._turns):
            self._hand_over(loop)
        self._requests.put(None)
        await asyncio.to_thread(self._thread.join)

    async def ask(self, statement: Statement, value: Any) -> Any:
        """The result of `statement` for `value`, committed. Raises StoreError where it failed.

        What was asked for is done even where nobody waits for it any more.
        """
        if self._closed:
            raise StoreError(f"the store {shown(self._url)!r} is closed: use it inside its `async with`")
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Any] = loop.create_future()
        # Woken for the first request of a turn, the thread would commit it alone.
        if (turn := self._turns.get(loop)) is None:
            turn = self._turns[loop] = []
            loop.call_soon(self._hand_over, loop)
        turn.append(_Request(statement, value, loop, result))
        return await result

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if (turn := self._turns.pop(loop, None)) is not None:
            self._requests.put(turn)

    def _serve(self) -> None:
        try:
            engine = self._connect()
            with engine.connect() as connection:
                self._work(connection)
            engine.dispose()
        except Exception as error:  # noqa: BLE001 - whatever it is, everyone who asks must hear of it
            self._refuse_all(error)

    def _work(self, connection: Connection) -> None:
        while (group := self._next_group()) is not None:
            self._carry_out(connection, group)
        # A database that fails has said so before; claims then end by themselves.
        with suppress(SQLAlchemyError), connection.begin():
            self._farewell(connection)

    def _refuse_all(self, error: Exception) -> None:
        while (group := self._next_group()) is not None:
            _tell(group, [as_store_error(self._url, error) for _ in group])

    def _next_group(self) -> list[_Request] | None:
        first = self._requests.get()
        if first is None:
            # Left where it is: whoever looks again finds the end again.
            self._requests.put(None)
            return None
        group = list(first)
        with suppress(queue.Empty):
            while len(group) < LARGEST_GROUP:
                turn = self._requests.get_nowait()
                if turn is None:
                    self._requests.put(None)
                    break
                group += turn
        return group

    def _carry_out(self, connection: Connection, group: list[_Request]) -> None:
        try:
            with connection.begin():
                results = _all(connection, group, self.last)
        except Exception as error:  # noqa: BLE001 - whatever it is, the one who asked must hear of it
            if len(group) == 1 or is_of_the_database(error):
                _tell(group, [as_store_error(self._url, error) for _ in group])
                return
            # One bad request must not take the others with it.
            for request in group:
                self._carry_out(connection, [request])
        else:
            _tell(group, results)


def _is_open(_: Connection, requests: Sequence[None]) -> Sequence[None]:
    return requests


def _all(connection: Connection, group: list[_Request], last: Sequence[Statement]) -> list[Any]:
    """The results of a group in its order; requests of one kind are done by one statement."""
    kinds: dict[Statement, list[int]] = {}
    for index, request in enumerate(group):
        kinds.setdefault(request.statement, []).append(index)
    results: list[Any] = [None] * len(group)
    ordered = sorted(kinds, key=lambda kind: last.index(kind) if kind in last else -1)
    for statement in ordered:
        indices = kinds[statement]
        done = statement(connection, [group[index].value for index in indices])
        for index, result in zip(indices, done, strict=True):
            results[index] = result
    return results


def _tell(group: list[_Request], results: Sequence[Any]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for request, result in zip(group, results, strict=True):
        by_loop.setdefault(request.loop, []).append((request.result, result))
    for loop, ends in by_loop.items():
        # Whoever asked may be gone with its loop; what it asked for is kept all the same.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, ends)


def _resolve(ends: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in ends:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
