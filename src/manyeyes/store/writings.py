"""Words that models write about portfolios: ordered before they are bought, and kept once written."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, exists, insert, not_, select, update

from manyeyes.model.written import Written
from manyeyes.store.owner import LEASE, holds
from manyeyes.store.page_tables import writing_intents, writings
from manyeyes.store.rows import new_id

#: How an order stands: `broken-off` means that whoever was at it is gone, and may have bought something.
State = Literal["writing", "written", "failed", "broken-off"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is to write about a portfolio, and from what."""

    portfolio: str
    adapter: str
    model: str
    #: SHA-256 of the figures.
    figures: str
    #: The whole question.
    prompt: str
    #: The contact sheet, as JPEG.
    picture: bytes
    #: A server is to go on with it when it starts again.
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was placed: what is asked does not change, whatever becomes of the portfolio."""

    id: str
    portfolio: str
    adapter: str
    model: str
    prompt: str
    #: None once there is an answer.
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order stands."""

    id: str
    adapter: str
    model: str
    state: State
    #: Why there are no words.
    kind: str | None
    message: str | None
    possibly_paid_twice: int


_IS_OPEN = exists().where(writing_intents.c.writing == writings.c.id, not_(writing_intents.c.closed))
_UNANSWERED = and_(writings.c.text.is_(None), not_(writings.c.final))


def place(connection: Connection, asked: Asked, owner: str) -> Order:
    """The order to carry out: a new one, unless the same was answered, is under way, or may have been bought.

    What may have been bought is settled first, whatever the figures are by now. `owner`, who is about to
    carry it out, is at it from now on.
    """
    mine = (
        writings.c.portfolio == asked.portfolio,
        writings.c.adapter == asked.adapter,
        writings.c.model == asked.model,
    )
    pending = select(writings, _IS_OPEN.label("open")).where(*mine, _UNANSWERED)
    idle = []
    for row in connection.execute(pending.order_by(writings.c.created)).all():
        if _is_held(row):
            return _order(row)
        if row.open:
            taken = update(writings).where(writings.c.id == row.id)
            connection.execute(taken.values(_claim(owner)))
            return _order(row)
        idle.append(row.id)
    same = writings.c.figures == asked.figures, writings.c.text.is_not(None)
    answered = connection.execute(select(writings).where(*mine, *same).limit(1)).one_or_none()
    if answered is not None:
        return _order(answered)
    # Nothing was bought under these.
    connection.execute(delete(writings).where(writings.c.id.in_(idle)))
    return _placed(connection, asked, owner)


def _placed(connection: Connection, asked: Asked, owner: str) -> Order:
    order = Order(new_id(), asked.portfolio, asked.adapter, asked.model, asked.prompt, asked.picture)
    fresh = {
        "id": order.id,
        "portfolio": asked.portfolio,
        "adapter": asked.adapter,
        "model": asked.model,
        "figures": asked.figures,
        "prompt": asked.prompt,
        "picture": asked.picture,
        "created": time.time(),
        "lasting": asked.lasting,
        "final": False,
        **_claim(owner),
    }
    connection.execute(insert(writings).values(fresh))
    return order


def _claim(owner: str) -> dict[str, object]:
    return {"owner": owner, "expires": time.time() + LEASE, "run": None, "kind": None, "message": None}


def words_of(connection: Connection, portfolio: str, figures: str) -> Written | None:
    """The newest words about these figures; where there are none, the newest about others, as stale."""
    asked = (
        select(writings)
        .where(writings.c.portfolio == portfolio, writings.c.text.is_not(None))
        .order_by((writings.c.figures == figures).desc(), writings.c.ended.desc())
        .limit(1)
    )
    row = connection.execute(asked).one_or_none()
    if row is None:
        return None
    return Written(row.text, row.adapter, row.model, row.ended, stale=row.figures != figures)


def newest(connection: Connection, portfolio: str) -> Standing | None:
    """How the newest order of words about a portfolio stands."""
    asked = select(writings).where(writings.c.portfolio == portfolio).order_by(writings.c.created.desc())
    row = connection.execute(asked.limit(1)).one_or_none()
    return None if row is None else _standing(row)


def standing(connection: Connection, order: str) -> Standing | None:
    """How an order stands; None where it is gone."""
    row = connection.execute(select(writings).where(writings.c.id == order)).one_or_none()
    return None if row is None else _standing(row)


def broken_off(connection: Connection) -> list[Order]:
    """Orders of servers that whoever was at them left, and of which nobody knows what became."""
    asked = select(writings).where(_UNANSWERED, writings.c.lasting, writings.c.kind.is_(None))
    return [_order(row) for row in connection.execute(asked).all() if not _is_held(row)]


def note_failure(connection: Connection, order: str, kind: str, message: str) -> None:
    """Keep why an order came to nothing for now, unless there are words after all."""
    failed = update(writings).where(writings.c.id == order, _UNANSWERED)
    connection.execute(failed.values(kind=kind, message=message, ended=time.time()))
    # One that came to nothing before its run could claim it is given up; a run gives up its own.
    waiting = update(writings).where(writings.c.id == order, writings.c.run.is_(None))
    connection.execute(waiting.values(owner=None, expires=None))


def _is_held(row: Any) -> bool:
    return row.owner is not None and holds(row.owner, row.expires, time.time())


def _order(row: Any) -> Order:
    return Order(row.id, row.portfolio, row.adapter, row.model, row.prompt, row.picture)


def _standing(row: Any) -> Standing:
    twice = row.possibly_paid_twice or 0
    return Standing(row.id, row.adapter, row.model, _state(row), row.kind, row.message, twice)


def _state(row: Any) -> State:
    if row.text is not None:
        return "written"
    if _is_held(row):
        return "writing"
    return "broken-off" if row.kind is None else "failed"
