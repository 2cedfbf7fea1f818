"""The store's statements: each takes a whole group of requests and answers them in the same order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, select, tuple_, update

from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.ticket import Go, Held, Intent, Key, Ticket, Unsettled
from manyeyes.store.owner import LEASE, holds
from manyeyes.store.rows import (
    answer_row,
    intent_row,
    keep,
    new_id,
    outcome_row,
    picture_row,
    to_answer,
    to_intent,
)
from manyeyes.store.tables import answers, claims, intents, outcomes, pictures, tickets
from manyeyes.store.values import Begun, Known, Purchase, Question, Result


def known(connection: Connection, questions: Sequence[Question]) -> list[Known | None]:
    """What is known of listed pictures by their place and version, bytes unread."""
    places = {_picture_id(question): question for question in questions}
    rows = connection.execute(
        select(pictures.c.id, pictures.c.version, pictures.c.sha256).where(
            pictures.c.id.in_(places), pictures.c.sha256 != ""
        )
    )
    hashes = {row.id: row.sha256 for row in rows if row.version == places[row.id].image.version}
    keys = {place: Key(sha256, places[place].recipe) for place, sha256 in hashes.items()}
    kept = _answers(connection, list(keys.values()))
    return [
        Known(keys[place].sha256, _answer(kept, keys[place])) if place in keys else None
        for place in map(_picture_id, questions)
    ]


def _picture_id(question: Question) -> str:
    return question.portfolio.picture_id(question.image.locator)


def look_up(connection: Connection, purchases: Sequence[Purchase]) -> list[Answer | NoAnswer | None]:
    """The answers that make these purchases needless."""
    kept = _answers(connection, [purchase.key for purchase in purchases])
    return [
        kept[purchase.key][0] if purchase.key in kept and purchase.accepts(*kept[purchase.key]) else None
        for purchase in purchases
    ]


Kept = dict[Key, tuple[Answer | NoAnswer, float]]


def _answers(connection: Connection, keys: Sequence[Key]) -> Kept:
    rows = connection.execute(select(answers).where(_among(answers, keys)))
    return {Key(row.sha256, row.recipe): (to_answer(row), row.created) for row in rows}


def _answer(kept: Kept, key: Key) -> Answer | NoAnswer | None:
    return kept[key][0] if key in kept else None


def _among(table: Table, keys: Sequence[Key]) -> ColumnElement[bool]:
    return tuple_(table.c.sha256, table.c.recipe).in_([(key.sha256, key.recipe) for key in keys])


def begin(connection: Connection, purchases: Sequence[Purchase], owner: str) -> list[Begun]:
    """Give leave to buy to the first who asks: claim and intent are written in the same transaction."""
    now = time.time()
    keys = [purchase.key for purchase in purchases]
    taken = _held_by_others(connection, keys, owner, now)
    left = _left_open(connection, keys)
    begun: list[Begun] = []
    bought: list[tuple[Intent, str]] = []
    for purchase, answer in zip(purchases, look_up(connection, purchases), strict=True):
        if answer is not None or purchase.key in taken:
            begun.append(answer or Held())
            continue
        intent = Intent(new_id(), purchase.key, now, purchase.cancel_after)
        bought.append((intent, purchase.run))
        before = left.get(purchase.key)
        begun.append(Unsettled(intent, tuple(before)) if before else Go(intent))
    keep(connection, claims, [_claim(intent.key, owner, now) for intent, _ in bought])
    keep(connection, intents, [intent_row(intent, run) for intent, run in bought])
    return begun


def _held_by_others(connection: Connection, keys: Sequence[Key], owner: str, now: float) -> set[Key]:
    rows = connection.execute(select(claims).where(_among(claims, keys), claims.c.owner != owner))
    return {Key(row.sha256, row.recipe) for row in rows if holds(row.owner, row.expires, now)}


def _claim(key: Key, owner: str, now: float) -> dict[str, Any]:
    return {"sha256": key.sha256, "recipe": key.recipe, "owner": owner, "expires": now + LEASE}


def _left_open(connection: Connection, keys: Sequence[Key]) -> dict[Key, list[tuple[Intent, Ticket | None]]]:
    rows = connection.execute(
        select(intents, tickets.c.id.label("ticket"))
        .select_from(intents.outerjoin(tickets, tickets.c.intent == intents.c.id))
        .where(_among(intents, keys), intents.c.closed.is_(False))
        .order_by(intents.c.created)
    )
    left: dict[Key, list[tuple[Intent, Ticket | None]]] = {}
    for row in rows:
        intent = to_intent(row)
        ticket = None if row.ticket is None else Ticket(intent, row.ticket, check_after=0)
        left.setdefault(intent.key, []).append((intent, ticket))
    return left


def begin_again(connection: Connection, purchases: Sequence[Purchase]) -> list[Intent]:
    """Close what was asked before under claims that we hold, and write the intents to ask once more."""
    now = time.time()
    fresh = [Intent(new_id(), purchase.key, now, purchase.cancel_after) for purchase in purchases]
    _close_intents(connection, [intent.key for intent in fresh])
    rows = zip(fresh, purchases, strict=True)
    keep(connection, intents, [intent_row(intent, purchase.run) for intent, purchase in rows])
    return fresh


def keep_tickets(connection: Connection, fresh: Sequence[Ticket]) -> list[None]:
    """Keep the provider's ids for work that has begun."""
    now = time.time()
    rows = [{"intent": t.intent.id, "id": t.id, "created": now} for t in fresh]
    keep(connection, tickets, rows)
    return [None] * len(fresh)


def save(connection: Connection, results: Sequence[Result], owner: str) -> list[None]:
    """Keep how pictures ended, and the answers that their calls brought; close what was begun."""
    now = time.time()
    keep(connection, pictures, [picture_row(result) for result in results])
    keep(connection, outcomes, [outcome_row(result) for result in results])
    ended = [result.key for result in results if result.key is not None]
    brought = [(r.key, r.answer) for r in results if r.key is not None and r.answer is not None]
    keep(connection, answers, [answer_row(key, answer, now) for key, answer in brought])
    _close_intents(connection, [r.key for r in results if r.key is not None and not r.unsure])
    _give_up(connection, ended, owner)
    return [None] * len(results)


def let_go(connection: Connection, claimed: Sequence[tuple[Key, bool]], owner: str) -> list[None]:
    """Give up claims; close the intents under them unless one may have been bought (True)."""
    _close_intents(connection, [key for key, unsure in claimed if not unsure])
    _give_up(connection, [key for key, _ in claimed], owner)
    return [None] * len(claimed)


def _give_up(connection: Connection, keys: Sequence[Key], owner: str) -> None:
    if keys:
        connection.execute(_by_key(claims, delete).where(claims.c.owner == owner), _bound(keys))


def _close_intents(connection: Connection, keys: Sequence[Key]) -> None:
    if keys:
        connection.execute(_by_key(intents, update).values(closed=True), _bound(keys))


def _by_key(table: Table, verb: Callable[[Table], Any]) -> Any:
    return verb(table).where(
        and_(table.c.sha256 == bindparam("key_sha256"), table.c.recipe == bindparam("key_recipe"))
    )


def _bound(keys: Sequence[Key]) -> list[dict[str, str]]:
    return [{"key_sha256": key.sha256, "key_recipe": key.recipe} for key in keys]
