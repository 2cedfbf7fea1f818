"""Leave to buy: who asks first takes the claim, and the intent is written in the same transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, exists, select

from manyeyes.model.ticket import Go, Held, Intent, Key, Ticket, Unsettled
from manyeyes.store.owner import LEASE, described, holds
from manyeyes.store.rows import intent_for, intent_row, keep, to_intent
from manyeyes.store.statements import Kept, accepted, answers_to, hashes, key_of, still_open, with_bytes
from manyeyes.store.tables import claims, intents, runs, tickets
from manyeyes.store.values import Begun, Purchase, RunRecord

Left = dict[Key, list[tuple[Intent, Ticket | None]]]

_HOLDERS = select(claims).where(with_bytes(claims))
_LEFT_OPEN = (
    select(intents, tickets.c.id.label("ticket"))
    .select_from(intents.outerjoin(tickets, tickets.c.intent == intents.c.id))
    .where(with_bytes(intents), still_open())
    .order_by(intents.c.created)
)


def begin(connection: Connection, purchases: Sequence[Purchase], owner: str) -> list[Begun]:
    """Leave to buy for those whose answer nobody has and nobody else is buying."""
    keys = {purchase.key for purchase in purchases}
    desk = _Desk(
        owner,
        time.time(),
        answers_to(connection, keys),
        _holders(connection, keys),
        _left_open(connection, keys),
    )
    begun = [desk.begin(purchase) for purchase in purchases]
    keep(connection, claims, [desk.claim_row(intent.key) for intent, _ in desk.written])
    keep(connection, intents, [intent_row(intent, run) for intent, run in desk.written])
    return begun


def left_open(connection: Connection, run: RunRecord, recipe: str) -> frozenset[str]:
    """The sha256 of what earlier runs of the portfolio may have bought with the recipe and nobody has
    settled, but for what the run has claimed."""
    mine = exists().where(
        claims.c.run == run.id, claims.c.sha256 == intents.c.sha256, claims.c.recipe == intents.c.recipe
    )
    found = (
        select(intents.c.sha256)
        .join(runs, runs.c.id == intents.c.run)
        .where(still_open(), intents.c.recipe == recipe, runs.c.portfolio == run.portfolio.id, ~mine)
    )
    return frozenset(connection.scalars(found))


@dataclass(frozen=True, slots=True)
class _Holder:
    run: str
    owner: str
    expires: float

    def holds(self, now: float) -> bool:
        return holds(self.owner, self.expires, now)


@dataclass(slots=True)
class _Desk:
    """Serves the purchases of one group in turn: each sees what those before it took."""

    owner: str
    now: float
    answers: Kept
    holders: dict[Key, _Holder]
    left: Left
    written: list[tuple[Intent, str]] = field(default_factory=list)

    def begin(self, purchase: Purchase) -> Begun:
        key = purchase.key
        if (answer := accepted(purchase.since, self.answers.get(key, ()))) is not None:
            return answer
        if key in self.holders and self._is_held(self.holders[key], purchase):
            return Held(by=described(self.holders[key].owner))
        intent = intent_for(purchase, self.now)
        before = tuple(self.left.get(key, ()))
        self.holders[key] = _Holder(purchase.run, self.owner, self.now + LEASE)
        self.left.setdefault(key, []).append((intent, None))
        self.written.append((intent, purchase.run))
        return Unsettled(intent, before) if before else Go(intent)

    def _is_held(self, holder: _Holder, purchase: Purchase) -> bool:
        if holder.owner == self.owner:
            # Another run of this process: it renews its claims for as long as it goes on.
            return holder.run != purchase.run and self.now < holder.expires
        return holder.holds(self.now)

    def claim_row(self, key: Key) -> dict[str, Any]:
        holder = self.holders[key]
        return {
            "sha256": key.sha256,
            "recipe": key.recipe,
            "run": holder.run,
            "owner": holder.owner,
            "expires": holder.expires,
        }


def _holders(connection: Connection, keys: set[Key]) -> dict[Key, _Holder]:
    rows = connection.execute(_HOLDERS, hashes(keys))
    return {key: _Holder(row.run, row.owner, row.expires) for row in rows if (key := key_of(row)) in keys}


def _left_open(connection: Connection, keys: set[Key]) -> Left:
    """What earlier runs were about to buy and nobody has settled, oldest first."""
    rows = connection.execute(_LEFT_OPEN, hashes(keys))
    left: Left = {}
    for row in rows:
        if (key := key_of(row)) in keys:
            ticket = None if row.ticket is None else Ticket(to_intent(row), row.ticket, check_after=0)
            left.setdefault(key, []).append((to_intent(row), ticket))
    return left
