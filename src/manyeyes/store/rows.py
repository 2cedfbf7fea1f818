"""From our values to rows of the tables, and back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import import_module
from typing import Any

import orjson
from sqlalchemy import Connection, Insert, Table

from manyeyes.model.ask import Recipe, Usage
from manyeyes.model.descriptor import StyleDescriptor, as_json, from_json
from manyeyes.model.outcome import Answer, Failed, NoAnswer
from manyeyes.model.ticket import Intent, Key
from manyeyes.store.values import Purchase, Result

Row = Mapping[str, Any]


def new_id() -> str:
    """26 hexadecimal digits that cannot be guessed."""
    return secrets.token_hex(13)


def new_intent_id(now: float) -> str:
    """26 hexadecimal digits: the microsecond, and 52 random bits. They follow each other in an index,
    where ids without any order would have a page of their own written for each."""
    return f"{int(now * 1e6):013x}{secrets.token_hex(7)[:13]}"


def keep(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, replacing those with the same primary key."""
    if rows:
        connection.execute(_replacing(table, connection.dialect.name), rows)


@cache
def _replacing(table: Table, dialect: str) -> Insert:
    # SQLAlchemy has imported this one for the store's URL already, and the other one not at all.
    statement: Any = import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
    key = [column.name for column in table.primary_key]
    fresh = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in key}
    replacing: Insert = statement.on_conflict_do_update(index_elements=key, set_=fresh)
    return replacing


def recipe_row(recipe: Recipe) -> Row:
    """A recipe, whole, for whoever wants to know what an answer answered."""
    return {
        "id": recipe.digest,
        "adapter": recipe.adapter,
        "model": recipe.model,
        "recipe": json.dumps(asdict(recipe)),
    }


def picture_row(result: Result) -> Row:
    """The picture of a result."""
    outcome, image = result.outcome, result.outcome.image
    return {
        "id": outcome.id,
        "portfolio": result.run.portfolio.id,
        "path": image.locator.path,
        "entry": image.locator.entry,
        "name": image.name,
        "version": image.version,
        "size": image.size,
        "sha256": outcome.sha256,
    }


def outcome_row(result: Result) -> Row:
    """How the picture of a result ended."""
    outcome = result.outcome
    kind, message = (outcome.kind, outcome.message) if isinstance(outcome, Failed) else (None, None)
    return {
        "run": result.run.id,
        "position": outcome.position,
        "picture": outcome.id,
        "kind": kind,
        "message": message,
        "sha256": outcome.sha256,
        "reused": outcome.reused,
        "attempts": outcome.attempts,
        "seconds": outcome.seconds,
        "input_tokens": outcome.usage.input_tokens,
        "output_tokens": outcome.usage.output_tokens,
        "possibly_paid_twice": outcome.possibly_paid_twice,
        "answer": None if isinstance(outcome, Failed) else outcome.answer or None,
        "shown": False,
    }


def answer_row(key: Key, answer: Answer | NoAnswer, now: float) -> Row:
    """An answer, or a final no, by its key."""
    row = {"sha256": key.sha256, "recipe": key.recipe, "created": now, "raw": ""}
    if isinstance(answer, NoAnswer):
        none = {"descriptor": None, "input_tokens": None, "output_tokens": None}
        return row | none | {"id": new_id(), "kind": answer.kind, "message": answer.message}
    return row | {
        "id": answer.id or new_id(),
        "descriptor": _descriptor_text(answer.descriptor),
        "raw": answer.raw,
        "kind": None,
        "message": None,
        "input_tokens": answer.usage.input_tokens,
        "output_tokens": answer.usage.output_tokens,
    }


def _descriptor_text(descriptor: StyleDescriptor) -> str:
    try:
        return orjson.dumps(descriptor).decode()
    except TypeError:
        # Half a surrogate pair, which no UTF-8 can hold, stays what it is as an escape.
        return json.dumps(as_json(descriptor))


def to_descriptor(text: str) -> StyleDescriptor:
    """A column of JSON as a descriptor."""
    try:
        return from_json(orjson.loads(text))
    except orjson.JSONDecodeError:
        return from_json(json.loads(text))


def to_answer(row: Any) -> Answer | NoAnswer:
    """A row of `answers` as a value."""
    if row.descriptor is None:
        return NoAnswer(row.kind, row.message)
    usage = Usage(row.input_tokens, row.output_tokens)
    return Answer(to_descriptor(row.descriptor), row.raw, usage, row.id)


def intent_for(purchase: Purchase, now: float) -> Intent:
    """A new intent to buy this, `now` in seconds since the epoch."""
    return Intent(new_intent_id(now), purchase.key, now, purchase.cancel_after, purchase.payer)


def intent_row(intent: Intent, run: str) -> Row:
    """An intent, open."""
    return {
        "id": intent.id,
        "run": run,
        "sha256": intent.key.sha256,
        "recipe": intent.key.recipe,
        "created": intent.created,
        "cancel_after": intent.cancel_after,
        "payer": intent.payer,
        "closed": False,
    }


def to_intent(row: Any) -> Intent:
    """A row of `intents` as a value."""
    return Intent(row.id, Key(row.sha256, row.recipe), row.created, row.cancel_after, row.payer)
