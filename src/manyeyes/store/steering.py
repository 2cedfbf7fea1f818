"""What others ask of a run: written here, obeyed by the run's own process at its next heartbeat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, or_, select, update

from manyeyes.store.orders import keep_wish
from manyeyes.store.reports import BROKEN_OFF, state_of
from manyeyes.store.tables import runs

#: What may be asked of a run.
Wish = Literal["pause", "resume", "stop"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands, as far as others may steer it."""

    #: As `RunSummary.state` has it.
    state: str
    #: Why it stopped before its end.
    stopped: str | None
    #: It sends nothing more for now.
    paused: bool
    #: What is asked of it and was not heard yet.
    wanted: str | None


def want(connection: Connection, run: str, wish: Wish) -> bool:
    """Ask a run to pause, to go on or to stop; whether somebody keeps it alive who can hear it.

    What is asked last counts, but a stop stands.
    """
    row = connection.execute(select(runs).where(runs.c.id == run, runs.c.state == "running")).one_or_none()
    if row is None or state_of(row) == BROKEN_OFF:
        return False
    not_stopping = or_(runs.c.wanted.is_(None), runs.c.wanted != "stop")
    connection.execute(update(runs).where(runs.c.id == run, not_stopping).values(wanted=wish))
    keep_wish(connection, run, wish)
    return True


def standing_of(connection: Connection, run: str) -> Standing | None:
    """How a run stands; None where there is none of this id."""
    row = connection.execute(select(runs).where(runs.c.id == run)).one_or_none()
    if row is None:
        return None
    return Standing(state_of(row), row.stopped, "paused" in json.loads(row.progress), row.wanted)
