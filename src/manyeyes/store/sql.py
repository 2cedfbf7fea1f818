"""The store in a database, SQLite or PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from manyeyes.model.image import ImageRef
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.ticket import Intent, Key, Ticket
from manyeyes.store import buying, life, statements
from manyeyes.store.database import BUSY_SECONDS, open_engine
from manyeyes.store.owner import LEASE, new_owner
from manyeyes.store.thread import StoreThread
from manyeyes.store.values import (
    Beat,
    Begun,
    Known,
    Opening,
    Outlook,
    Purchase,
    Question,
    Recalled,
    Result,
    RunRecord,
    Since,
)

T = TypeVar("T")


class SqlStore:
    """Keeps runs and answers in the database at `url`. Enter it (`async with`) before use.

    Entering raises SettingsError where the URL names no store of ours, or without `create` none at all;
    all methods raise StoreError where the database fails, or has been locked by another process for
    `busy_seconds`. What a method has returned from is committed. Leaving gives up every claim.
    One that is `read_only` makes and changes nothing, and waits for nobody who does.
    """

    #: Seconds between a run's heartbeats.
    beat_every: float | None = 2.0

    def __init__(
        self,
        url: str,
        *,
        create: bool = True,
        read_only: bool = False,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self.url = url
        self.owner = new_owner()
        connect = partial(open_engine, url, create=create, read_only=read_only, busy_seconds=busy_seconds)
        farewell = _nothing if read_only else partial(life.leave, owner=self.owner)
        self._thread = StoreThread(url, connect, farewell)
        #: When the claims of each run were renewed last.
        self._renewed_at: dict[str, float] = {}
        # Bound once: requests are put together by the statement they name.
        self._begin = partial(buying.begin, owner=self.owner)
        self._begin_again = partial(statements.begin_again, owner=self.owner)
        self._save = partial(statements.save, owner=self.owner)
        self._let_go = partial(statements.let_go, owner=self.owner)
        self._beat = partial(life.beat, owner=self.owner)
        self._renew = partial(life.renew, owner=self.owner)
        self._thread.last = (self._let_go, self._beat)

    async def __aenter__(self) -> SqlStore:
        await self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._thread.stop()

    async def open_run(self, opening: Opening) -> RunRecord:
        """Open a run, and its portfolio where the sources are new."""
        record = await self.carry_out(lambda connection: life.open_run(connection, opening, self.owner))
        self._renewed_at[record.id] = time.time()
        return record

    async def outlook(self, opening: Opening) -> Outlook | None:
        """What a run would start from; None where its sources are no portfolio yet."""
        return await self.carry_out(lambda connection: life.outlook(connection, opening))

    async def known(
        self, portfolio: Portfolio, images: Sequence[ImageRef], recipe: str, since: Since
    ) -> list[Known | None]:
        """What is known of listed pictures by place and version, their bytes unread."""
        questions = [Question(portfolio, image, recipe, since) for image in images]
        return await self.carry_out(lambda connection: statements.known(connection, questions))

    async def look_up(self, purchase: Purchase) -> Answer | NoAnswer | None:
        """The answer that makes this purchase needless, without asking leave to buy."""
        answer: Answer | NoAnswer | None = await self._thread.ask(statements.look_up, purchase)
        return answer

    async def begin(self, purchase: Purchase) -> Begun:
        """Leave to buy: the claim is taken and the intent written, or why not."""
        begun: Begun = await self._thread.ask(self._begin, purchase)
        return begun

    async def left_open(self, run: RunRecord, recipe: str) -> frozenset[str]:
        """The sha256 of what earlier runs of the portfolio may have bought, and the run has no claim on."""
        return await self.carry_out(lambda connection: buying.left_open(connection, run, recipe))

    async def begin_again(self, purchase: Purchase) -> Intent:
        """The intent for one more question under a claim already held."""
        intent: Intent = await self._thread.ask(self._begin_again, purchase)
        return intent

    async def begin_beside(self, purchase: Purchase) -> Intent:
        """The intent for a second purchase under a claim already held, the first one going on."""
        intent: Intent = await self._thread.ask(statements.begin_beside, purchase)
        return intent

    async def keep_ticket(self, ticket: Ticket) -> None:
        """Keep the provider's id for work that has begun."""
        await self._thread.ask(statements.keep_tickets, ticket)

    async def save(self, result: Result) -> None:
        """Keep how a picture ended, with its answer; only then may anyone hear of it."""
        await self._thread.ask(self._save, result)

    async def let_go(self, key: Key, *, unsure: bool = False) -> None:
        """Give up a claim; its intents stay open where something may have been bought under them."""
        await self._thread.ask(self._let_go, (key, unsure))

    def renewed_lately(self, run: str) -> bool:
        """Whether a run's claims surely have not run out, by the clock that also runs while the machine
        sleeps."""
        return time.time() - self._renewed_at[run] < LEASE / 2

    async def renew(self, run: str) -> frozenset[Key]:
        """Keep a run's claims from running out; the claims that it still has."""
        kept: frozenset[Key] = await self._thread.ask(self._renew, run)
        self._renewed_at[run] = time.time()
        return kept

    async def recall(self, name: str) -> Recalled | None:
        """What was remembered under a name."""
        return await self.carry_out(lambda connection: life.recall(connection, name))

    async def remember(self, name: str, text: str) -> None:
        """Keep a text under a name, in place of the one before."""
        await self.carry_out(lambda connection: life.remember(connection, name, text))

    async def beat(self, news: Beat) -> str | None:
        """Say that a run is alive; gives back what others ask of it, once."""
        wanted: str | None = await self._thread.ask(self._beat, news)
        return wanted

    async def carry_out(self, task: Callable[[Connection], T]) -> T:
        """The result of `task`, done in the store's thread in a transaction."""
        result: T = await self._thread.ask(_each, task)
        return result


def _each(connection: Connection, tasks: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    return [task(connection) for task in tasks]


def _nothing(_: Connection) -> None:
    """Whoever only read has nothing to give up."""
