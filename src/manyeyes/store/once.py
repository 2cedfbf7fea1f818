"""Requests that must be carried out once, however often they arrive: what was answered, by their key."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from manyeyes.model.errors import SettingsError
from manyeyes.store.page_tables import idempotency

#: Seconds for which an answer is remembered, and for which a request that is being worked on is waited for:
#: a server that was killed in between does not come back to it.
REMEMBERED = 86_400.0
BEING_DONE = 300.0


@dataclass(frozen=True, slots=True)
class Remembered:
    """A request that arrived before."""

    #: None while it is still being worked on.
    answer: str | None


def remembered(connection: Connection, key: str, digest: str) -> Remembered | None:
    """What came of a request with this key; None for the first one, which is then being worked on.

    `digest` is a hash of the request. Raises SettingsError where the key came with another request before.
    """
    now = time.time()
    connection.execute(delete(idempotency).where(idempotency.c.expires <= now))
    hashed = _hashed(key)
    row = connection.execute(select(idempotency).where(idempotency.c.key == hashed)).one_or_none()
    if row is None:
        first = insert(idempotency).values(key=hashed, digest=_hashed(digest), expires=now + BEING_DONE)
        connection.execute(first)
        return None
    if row.digest != _hashed(digest):
        raise SettingsError("this Idempotency-Key came with another request before: make a new one")
    return Remembered(row.answer)


def keep_answer(connection: Connection, key: str, answer: str) -> None:
    """Remember for a day what was answered to the request with this key."""
    connection.execute(
        update(idempotency)
        .where(idempotency.c.key == _hashed(key))
        .values(answer=answer, expires=time.time() + REMEMBERED)
    )


def let_try_again(connection: Connection, key: str) -> None:
    """Forget a request that came to nothing, so that it may be sent again."""
    connection.execute(delete(idempotency).where(idempotency.c.key == _hashed(key)))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
