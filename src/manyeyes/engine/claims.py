"""A run's claims on answers: taken before anything is bought, given up when the run ends early."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from manyeyes.engine.seams import Store
from manyeyes.model.errors import StoreError
from manyeyes.model.ticket import Go, Intent, Key, Unsettled
from manyeyes.store.values import Begun, Purchase, RunRecord


class Claims:
    """Asks the store for leave to buy, and remembers which claims are held.

    For an analyzer that costs nothing there are none: the store is only asked for answers.
    """

    def __init__(self, store: Store, run: RunRecord, *, deadline: float, paid: bool, payer: str = "") -> None:
        self._store = store
        self._deadline = deadline
        self._run = run
        self._paid = paid
        self._payer = payer
        #: Claims held, and whether something may have been bought under them that is not settled.
        self._held: dict[Key, bool] = {}
        #: Of these, the ones that the store has not said a word on yet.
        self._asked: set[Key] = set()

    async def begin(self, key: Key) -> Begun:
        """Leave to buy, or what makes that needless or impossible."""
        run, deadline = self._run, self._deadline
        purchase = Purchase(run.id, key, deadline, self._payer, run.since)
        if not self._paid:
            answer = await self._store.look_up(purchase)
            return Go(Intent("", key, 0.0, deadline)) if answer is None else answer
        # Noted first: should we be cut off while the store is at it, the claim may be ours all the same.
        self._held[key] = True
        self._asked.add(key)
        begun = await self._store.begin(purchase)
        self._asked.remove(key)
        if isinstance(begun, Go):
            self._held[key] = False
        elif not isinstance(begun, Unsettled):
            del self._held[key]
        return begun

    async def begin_again(self, intent: Intent) -> Intent:
        """The intent for one more question, the one before being settled."""
        if not self._paid:
            return intent
        return await self._store.begin_again(
            Purchase(self._run.id, intent.key, intent.cancel_after, intent.payer)
        )

    async def begin_beside(self, intent: Intent) -> Intent:
        """The intent for a second purchase while the first goes on."""
        if not self._paid:
            return intent
        return await self._store.begin_beside(
            Purchase(self._run.id, intent.key, intent.cancel_after, intent.payer)
        )

    async def renew(self) -> None:
        """Keep the claims from running out; those that others have taken over are ours no more."""
        known = self._held.keys() - self._asked
        ours = await self._store.renew(self._run.id)
        for key in known - ours:
            self._held.pop(key, None)

    async def still_holds(self, key: Key) -> bool:
        """Whether something may be bought under this claim: it is ours, also if the machine has slept."""
        if not self._paid:
            return True
        if not self._store.renewed_lately(self._run.id):
            await self.renew()
        return key in self._held

    def holds(self, key: Key) -> bool:
        """Whether the claim on this answer is ours now."""
        return bool(self._held) and key in self._held

    def note(self, key: Key, *, unsure: bool) -> None:
        """Whether something may have been bought under a claim that is not settled."""
        if self._held and key in self._held:
            self._held[key] = unsure

    def ended(self, key: Key) -> None:
        """The store has given up the claim, together with keeping what became of it."""
        if self._held:
            self._held.pop(key, None)

    async def let_go(self) -> None:
        """Give up all that is still held, so that the next run need not wait for it."""
        with suppress(StoreError):
            await asyncio.gather(
                *(self._store.let_go(key, unsure=unsure) for key, unsure in self._held.items())
            )
        self._held.clear()
