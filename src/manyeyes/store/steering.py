"""What others ask of a run: written beside it, and taken by its owner at the next heartbeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import Connection, and_, or_, select, update

from manyeyes.store.tables import runs

#: What may be asked of a run.
Wish = Literal["pause", "resume", "stop"]


def want(connection: Connection, run: str, wish: Wish) -> bool:
    """Ask a run to do something; False where it has ended. What is asked last counts, but a stop stands."""
    is_running = and_(runs.c.id == run, runs.c.state == "running")
    not_stopping = or_(runs.c.wanted.is_(None), runs.c.wanted != "stop")
    connection.execute(update(runs).where(is_running, not_stopping).values(wanted=wish))
    return connection.execute(select(runs.c.id).where(is_running)).one_or_none() is not None


def wanted_of(connection: Connection, run: str) -> str | None:
    """What is asked of a run and was not taken yet."""
    wanted: str | None = connection.execute(
        select(runs.c.wanted).where(runs.c.id == run)
    ).scalar_one_or_none()
    return wanted


def taken(connection: Connection, asked: Sequence[str]) -> Mapping[str, str]:
    """What is asked of these runs, by their ids; from now on it is not asked any more."""
    wanted = select(runs.c.id, runs.c.wanted).where(runs.c.id.in_(asked), runs.c.wanted.is_not(None))
    wishes = {row.id: row.wanted for row in connection.execute(wanted)}
    for run, wish in wishes.items():
        # Another wish may have come in the meantime.
        same = and_(runs.c.id == run, runs.c.wanted == wish)
        connection.execute(update(runs).where(same).values(wanted=None))
    return wishes
