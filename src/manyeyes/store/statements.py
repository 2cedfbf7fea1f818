"""The store's statements: each takes a whole group of requests and answers them in the same order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
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
        Known(keys[place].sha256, kept.get(keys[place])) if place in keys else None
        for place in map(_picture_id, questions)
    ]


def _picture_id(question: Question) -> str:
    return question.portfolio.picture_id(question.image.locator)


def look_up(connection: Connection, keys: Sequence[Key]) -> list[Answer | NoAnswer | None]:
    """The answers kept for these keys."""
    kept = _answers(connection, keys)
    return [kept.get(key) for key in keys]


def _answers(
    connection: Connection, keys: Sequence[Key], not_before: Mapping[Key, float] | None = None
) -> dict[Key, Answer | NoAnswer]:
    rows = connection.execute(select(answers).where(_among(answers, keys)))
    found = {Key(row.sha256, row.recipe): row for row in rows}
    return {
        key: to_answer(row)
        for key, row in found.items()
        if not_before is None or row.created >= not_before[key]
    }


def _among(table: Table, keys: Sequence[Key]) -> ColumnElement[bool]:
    return tuple_(table.c.sha256, table.c.recipe).in_([(key.sha256, key.recipe) for key in keys])


def begin(connection: Connection, purchases: Sequence[Purchase], owner: str) -> list[Begun]:
    """Give leave to buy to the first who asks: claim and intent are written in the same transaction."""
    now = time.time()
    keys = [purchase.key for purchase in purchases]
    kept = _answers(connection, keys, {purchase.key: purchase.not_before for purchase in purchases})
    taken = {
        Key(row.sha256, row.recipe)
        for row in connection.execute(select(claims).where(_among(claims, keys)))
        if row.owner != owner and holds(row.owner, row.expires, now)
    }
    left = _left_open(connection, keys)
    begun: list[Begun] = []
    for purchase in purchases:
        key = purchase.key
        if key in kept:
            begun.append(kept[key])
        elif key in taken:
            begun.append(Held())
        else:
            intent = Intent(new_id(), key, now, purchase.cancel_after)
            begun.append(Unsettled(intent, tuple(left[key])) if key in left else Go(intent))
    bought = [
        (step.intent, purchase.run)
        for step, purchase in zip(begun, purchases, strict=True)
        if isinstance(step, Go | Unsettled)
    ]
    keep(connection, claims, [_claim(intent.key, owner, now) for intent, _ in bought])
    keep(connection, intents, [intent_row(intent, run) for intent, run in bought])
    return begun


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
    let_go(connection, ended, owner)
    return [None] * len(results)


def let_go(connection: Connection, keys: Sequence[Key], owner: str) -> list[None]:
    """Give up claims, and close the intents under them: nothing of theirs is under way."""
    if keys:
        _close_intents(connection, keys)
        ours = _by_key(claims, delete).where(claims.c.owner == owner)
        connection.execute(ours, _bound(keys))
    return [None] * len(keys)


def _close_intents(connection: Connection, keys: Sequence[Key]) -> None:
    connection.execute(_by_key(intents, update).values(closed=True), _bound(keys))


def _by_key(table: Table, verb: Callable[[Table], Any]) -> Any:
    return verb(table).where(
        and_(table.c.sha256 == bindparam("key_sha256"), table.c.recipe == bindparam("key_recipe"))
    )


def _bound(keys: Sequence[Key]) -> list[dict[str, str]]:
    return [{"key_sha256": key.sha256, "key_recipe": key.recipe} for key in keys]
