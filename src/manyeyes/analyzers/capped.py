"""An analyzer that buys no more than so many answers, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from manyeyes.analyzers.base import Analyzer, Traits
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import BudgetSpent, Pushback
from manyeyes.model.image import PreparedImage
from manyeyes.model.ticket import Intent, Ticket

#: Keeps how many calls there have been, this one for the intent included, for whoever goes on after a crash.
Note = Callable[[Intent, int], Awaitable[None]]


class Capped:
    """Another analyzer under a hard cap: the call that would break it is not made; the run buys no more."""

    def __init__(self, analyzer: Analyzer, most_calls: int, note: Note | None = None) -> None:
        """`note` is waited for before a call that costs something is made; None where nobody goes on."""
        self._analyzer = analyzer
        self._most = self._left = most_calls
        self._note = note if analyzer.traits.paid else None
        #: Calls of which nobody knows yet whether they are turned away.
        self._starting = 0
        self._told = asyncio.Event()

    @property
    def traits(self) -> Traits:
        """Those of the analyzer underneath."""
        return self._analyzer.traits

    async def __aenter__(self) -> Capped:
        await self._analyzer.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._analyzer.__aexit__(*raised)

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        """Buy an answer, if one may still be bought. Raises BudgetSpent where none may."""
        while self._left <= 0 and self._starting:
            # One that is turned away leaves its call to us.
            self._told.clear()
            await self._told.wait()
        if self._left <= 0:
            raise BudgetSpent(
                f"the budget of {self._most} calls is used up: start again with more to go on", ended=True
            )
        self._starting += 1
        try:
            await self._count(intent, 1)
            return await self._analyzer.start(image, ask, intent)
        except Pushback:
            # What was turned away was not bought.
            await self._count(intent, -1)
            raise
        finally:
            self._starting -= 1
            self._told.set()

    async def _count(self, intent: Intent, calls: int) -> None:
        self._left -= calls
        if self._note is not None:
            await self._note(intent, self._most - self._left)

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """One look at what was bought: that is free."""
        return await self._analyzer.check(ticket)

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        """What became of an earlier purchase: that is free, too."""
        return await self._analyzer.find(intent)

    async def cancel(self, ticket: Ticket) -> None:
        """Stop paying for it."""
        await self._analyzer.cancel(ticket)
