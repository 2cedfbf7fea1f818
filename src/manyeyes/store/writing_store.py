"""The store of a run that has words written, over the one order that it carries out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, insert, not_, select, update

from manyeyes.model.ask import Usage
from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.errors import StoreError
from manyeyes.model.image import ImageRef
from manyeyes.model.outcome import Answer, Failed, NoAnswer
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.ticket import Go, Held, Intent, Key, Ticket, Unsettled
from manyeyes.store.owner import LEASE, described, holds
from manyeyes.store.page_tables import writing_intents, writings
from manyeyes.store.rows import intent_for, new_id
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import (
    Beat,
    Begun,
    Known,
    Opening,
    Outlook,
    Purchase,
    Recalled,
    Result,
    RunRecord,
    Since,
)

_OPEN = not_(writing_intents.c.closed)


class WritingStore:
    """Keeps the intents and the answer of one order (`writings.place`), and nothing of pictures or runs.

    So no list of runs, no gallery and no count ever shows it, while paying once, retries and resuming are
    the engine's. All methods raise StoreError where the database fails.
    """

    def __init__(self, store: SqlStore, order: str) -> None:
        self._store = store
        self._order = order
        self.beat_every = store.beat_every
        self._renewed_at = 0.0
        #: What its one run asks leave for.
        self._key: Key | None = None

    async def open_run(self, opening: Opening) -> RunRecord:
        """A run that is kept nowhere: the order stands for it."""
        now = self._renewed_at = time.time()
        return RunRecord(new_id(), Portfolio(self._order, opening.label), now)

    async def outlook(self, opening: Opening) -> Outlook | None:  # noqa: ARG002
        """Nothing is known before it begins."""
        return None

    async def known(
        self,
        portfolio: Portfolio,  # noqa: ARG002
        images: Sequence[ImageRef],
        recipe: str,  # noqa: ARG002
        since: Since,  # noqa: ARG002
    ) -> list[Known | None]:
        """Nothing is known of the contact sheet by its place."""
        return [None for _ in images]

    async def look_up(self, purchase: Purchase) -> Answer | NoAnswer | None:
        """The words, where the order is answered already; else it is claimed, so that others see it go on."""

        def look(connection: Connection) -> Answer | NoAnswer | None:
            if (end := _ended(self._row(connection))) is None:
                self._claim(connection, purchase)
            return end

        return await self._store.carry_out(look)

    async def left_open(self, run: RunRecord, recipe: str) -> frozenset[str]:  # noqa: ARG002
        """Nothing: the contact sheet is the only picture."""
        return frozenset()

    async def begin(self, purchase: Purchase) -> Begun:
        """Leave to buy: the order is claimed and the intent written, or why not."""
        return await self._store.carry_out(partial(self._begin, purchase=purchase))

    def _begin(self, connection: Connection, purchase: Purchase) -> Begun:
        row, now = self._row(connection), time.time()
        if (end := _ended(row)) is not None:
            return end
        if row.owner is not None and row.run != purchase.run and self._is_held(row, now):
            return Held(by=described(row.owner))
        left = self._left(connection, purchase.key)
        intent = self._write(connection, purchase)
        self._claim(connection, purchase)
        return Unsettled(intent, left) if left else Go(intent)

    def _claim(self, connection: Connection, purchase: Purchase) -> None:
        self._key = purchase.key
        mine = {"run": purchase.run, "owner": self._store.owner, "expires": time.time() + LEASE}
        self._change(connection, **mine, kind=None, message=None)

    def _is_held(self, row: Any, now: float) -> bool:
        if row.owner == self._store.owner:
            # Another run of this process renews its claims for as long as it goes on; without a run, it was
            # placed for whichever comes first.
            return row.run is not None and now < row.expires
        return holds(row.owner, row.expires, now)

    def _left(self, connection: Connection, key: Key) -> tuple[tuple[Intent, Ticket | None], ...]:
        """What was about to be bought and nobody has settled, oldest first."""
        mine = select(writing_intents).where(writing_intents.c.writing == self._order, _OPEN)
        left = []
        for row in connection.execute(mine.order_by(writing_intents.c.created)):
            intent = Intent(row.id, key, row.created, row.cancel_after, row.payer)
            left.append((intent, None if row.ticket is None else Ticket(intent, row.ticket, check_after=0)))
        return tuple(left)

    async def begin_again(self, purchase: Purchase) -> Intent:
        """The intent for one more question; what was asked before is settled."""

        def again(connection: Connection) -> Intent:
            self._close(connection)
            return self._write(connection, purchase)

        return await self._store.carry_out(again)

    async def begin_beside(self, purchase: Purchase) -> Intent:
        """The intent for a second purchase, the first one going on."""
        return await self._store.carry_out(lambda connection: self._write(connection, purchase))

    def _write(self, connection: Connection, purchase: Purchase) -> Intent:
        intent = intent_for(purchase, time.time())
        row = {"id": intent.id, "writing": self._order, "created": intent.created, "closed": False}
        row |= {"cancel_after": intent.cancel_after, "payer": intent.payer}
        connection.execute(insert(writing_intents).values(row))
        return intent

    async def keep_ticket(self, ticket: Ticket) -> None:
        """Keep the provider's id for work that has begun."""
        its = update(writing_intents).where(writing_intents.c.id == ticket.intent.id)
        kept = its.values(ticket=ticket.id)

        def keep(connection: Connection) -> None:
            connection.execute(kept)

        await self._store.carry_out(keep)

    async def save(self, result: Result) -> None:
        """Keep what was written, or why nothing was; one that was answered elsewhere is kept already."""
        if result.key is not None:
            await self._store.carry_out(partial(self._save, result=result))

    def _save(self, connection: Connection, result: Result) -> None:
        outcome, answer = result.outcome, result.answer
        if not result.unsure:
            self._close(connection)
        told: dict[str, object] = {
            "attempts": outcome.attempts,
            "input_tokens": outcome.usage.input_tokens,
            "output_tokens": outcome.usage.output_tokens,
            "possibly_paid_twice": outcome.possibly_paid_twice,
            "ended": time.time(),
            "final": answer is not None,
        }
        if isinstance(answer, Answer):
            told |= {"text": answer.descriptor.reasoning or "", "picture": None}
        elif isinstance(outcome, Failed):
            told |= {"kind": outcome.kind, "message": outcome.message}
        self._change(connection, **told)
        self._release(connection)

    async def let_go(self, key: Key, *, unsure: bool = False) -> None:  # noqa: ARG002
        """Give up the order; its intents stay open where something may have been bought under them."""

        def given_up(connection: Connection) -> None:
            if self._row(connection).owner == self._store.owner:
                if not unsure:
                    self._close(connection)
                self._release(connection)

        await self._store.carry_out(given_up)

    def _release(self, connection: Connection) -> None:
        self._change(connection, run=None, owner=None, expires=None)

    def renewed_lately(self, run: str) -> bool:  # noqa: ARG002
        """Whether the claim surely has not run out."""
        return time.time() - self._renewed_at < LEASE / 2

    async def renew(self, run: str) -> frozenset[Key]:
        """Keep the claim from running out; empty where others have taken the order over."""
        mine = update(writings).where(
            writings.c.id == self._order, writings.c.run == run, writings.c.owner == self._store.owner
        )
        now = time.time()
        renewed = mine.values(expires=now + LEASE)
        is_ours = await self._store.carry_out(lambda connection: connection.execute(renewed).rowcount > 0)
        self._renewed_at = now
        return frozenset() if self._key is None or not is_ours else frozenset({self._key})

    async def recall(self, name: str) -> Recalled | None:
        """What was remembered under a name."""
        return await self._store.recall(name)

    async def remember(self, name: str, text: str) -> None:
        """Keep a text under a name, in place of the one before."""
        await self._store.remember(name, text)

    async def beat(self, news: Beat) -> str | None:
        """Nobody else steers it; once it has ended, nobody is at the order any more."""

        def release(connection: Connection) -> None:
            row = connection.execute(select(writings).where(writings.c.id == self._order)).one_or_none()
            if row is not None and (row.run, row.owner) == (news.run, self._store.owner):
                self._release(connection)

        if news.state != "running":
            await self._store.carry_out(release)
        return None

    def _row(self, connection: Connection) -> Any:
        row = connection.execute(select(writings).where(writings.c.id == self._order)).one_or_none()
        if row is None:
            raise StoreError("the order of these words is gone: its portfolio was forgotten")
        return row

    def _change(self, connection: Connection, **values: object) -> None:
        connection.execute(update(writings).where(writings.c.id == self._order).values(values))

    def _close(self, connection: Connection) -> None:
        mine = update(writing_intents).where(writing_intents.c.writing == self._order, _OPEN)
        connection.execute(mine.values(closed=True))


def _ended(row: Any) -> Answer | NoAnswer | None:
    if row.text is not None:
        usage = Usage(row.input_tokens, row.output_tokens)
        return Answer(StyleDescriptor(reasoning=row.text), row.text, usage, row.id)
    return NoAnswer(row.kind, row.message) if row.final else None
