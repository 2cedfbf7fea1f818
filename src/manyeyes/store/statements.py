"""The store's statements: each takes a whole group of requests and answers them in the same order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    not_,
    select,
    update,
)

from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.ticket import Intent, Key, Ticket
from manyeyes.store.rows import (
    answer_row,
    intent_for,
    intent_row,
    keep,
    outcome_row,
    picture_row,
    to_answer,
)
from manyeyes.store.tables import answers, claims, intents, outcomes, pictures, tickets
from manyeyes.store.values import Known, Purchase, Question, Result, Since

#: The rows of `answers` for each key, newest first.
Kept = dict[Key, list[Row[Any]]]


def with_bytes(table: Table) -> ColumnElement[bool]:
    """Rows with one of these `hashes`. Recipes are compared by the caller: for pairs in a list, SQLite
    finds no index and reads the whole table."""
    return table.c.sha256.in_(bindparam("hashes", expanding=True))


def _of_key(table: Table) -> ColumnElement[bool]:
    return and_(table.c.sha256 == bindparam("key_sha256"), table.c.recipe == bindparam("key_recipe"))


def still_open() -> ColumnElement[bool]:
    """Intents whose fate nobody knows yet; in the words of their index, or it would not be used."""
    return not_(intents.c.closed)


# Built once: putting a statement together costs more than carrying it out.
_PLACES = select(pictures.c.id, pictures.c.version, pictures.c.sha256).where(
    pictures.c.id.in_(bindparam("places", expanding=True)), pictures.c.sha256 != ""
)
_ANSWERS = select(answers).where(with_bytes(answers)).order_by(answers.c.created.desc())
_TAKEN = exists().where(_of_key(claims), claims.c.owner != bindparam("key_owner"))
# Where another process has taken our claim over, it settles what is open; it may be buying under one.
_CLOSE = update(intents).where(_of_key(intents), still_open(), ~_TAKEN).values(closed=True)
_GIVE_UP = delete(claims).where(_of_key(claims), claims.c.owner == bindparam("key_owner"))


def known(connection: Connection, questions: Sequence[Question]) -> list[Known | None]:
    """What is known of listed pictures by their place and version, bytes unread."""
    places = {_picture_id(question): question for question in questions}
    rows = connection.execute(_PLACES, {"places": list(places)})
    keys = {
        row.id: Key(row.sha256, places[row.id].recipe)
        for row in rows
        if row.version == places[row.id].image.version
    }
    kept = answers_to(connection, keys.values())
    return [
        Known(keys[place].sha256, accepted(question.since, kept.get(keys[place], ())))
        if (place := _picture_id(question)) in keys
        else None
        for question in questions
    ]


def _picture_id(question: Question) -> str:
    return question.portfolio.picture_id(question.image.locator)


def look_up(connection: Connection, purchases: Sequence[Purchase]) -> list[Answer | NoAnswer | None]:
    """The answers that make these purchases needless."""
    kept = answers_to(connection, [purchase.key for purchase in purchases])
    return [accepted(purchase.since, kept.get(purchase.key, ())) for purchase in purchases]


def accepted(since: Since, rows: Sequence[Row[Any]]) -> Answer | NoAnswer | None:
    """The newest answer among these that still counts, newest first; a final no where there is none."""
    counting = [row for row in rows if since.accepts(row.created, is_no=row.descriptor is None)]
    best = next((row for row in counting if row.descriptor is not None), counting[0] if counting else None)
    return None if best is None else to_answer(best)


def answers_to(connection: Connection, keys: Iterable[Key]) -> Kept:
    """What is kept for these keys."""
    kept: Kept = {}
    if wanted := set(keys):
        for row in connection.execute(_ANSWERS, hashes(wanted)):
            if (key := key_of(row)) in wanted:
                kept.setdefault(key, []).append(row)
    return kept


def hashes(keys: Iterable[Key]) -> dict[str, list[str]]:
    """What `with_bytes` asks for."""
    return {"hashes": [key.sha256 for key in keys]}


def key_of(row: Any) -> Key:
    """The key of a row."""
    return Key(row.sha256, row.recipe)


def begin_again(connection: Connection, purchases: Sequence[Purchase], owner: str) -> list[Intent]:
    """Close what was asked before under claims that we hold, and write the intents to ask once more."""
    _close_intents(connection, [purchase.key for purchase in purchases], owner)
    return begin_beside(connection, purchases)


def begin_beside(connection: Connection, purchases: Sequence[Purchase]) -> list[Intent]:
    """Write the intents to ask once more under claims that we hold, while what was asked before goes on."""
    now = time.time()
    fresh = [intent_for(purchase, now) for purchase in purchases]
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
    brought = [(r.key, r.answer) for r in results if r.key is not None and r.answer is not None]
    keep(connection, answers, [answer_row(key, answer, now) for key, answer in brought])
    held = [(r.key, r.unsure) for r in results if r.key is not None and r.claimed]
    _close_intents(connection, [key for key, unsure in held if not unsure], owner)
    _give_up(connection, [key for key, _ in held], owner)
    return [None] * len(results)


def let_go(connection: Connection, claimed: Sequence[tuple[Key, bool]], owner: str) -> list[None]:
    """Give up claims; close the intents under them unless one may have been bought (True)."""
    _close_intents(connection, [key for key, unsure in claimed if not unsure], owner)
    _give_up(connection, [key for key, _ in claimed], owner)
    return [None] * len(claimed)


def _close_intents(connection: Connection, keys: Sequence[Key], owner: str) -> None:
    """What became of everything that was begun for these keys is known and kept."""
    if keys:
        connection.execute(_CLOSE, _mine(keys, owner))


def _give_up(connection: Connection, keys: Sequence[Key], owner: str) -> None:
    if keys:
        connection.execute(_GIVE_UP, _mine(keys, owner))


def _mine(keys: Sequence[Key], owner: str) -> list[dict[str, str]]:
    return [{"key_sha256": k.sha256, "key_recipe": k.recipe, "key_owner": owner} for k in keys]
