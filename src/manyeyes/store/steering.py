"""What others ask of a run: written here, obeyed by the run's own process at its next heartbeat."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, select, update

from manyeyes.store.reports import BROKEN_OFF, state_of
from manyeyes.store.tables import runs

Wish = Literal["pause", "resume", "stop"]


def want(connection: Connection, run: str, wish: Wish) -> bool:
    """Ask a run to pause, to go on or to stop; whether somebody keeps it alive who can hear it."""
    row = connection.execute(select(runs).where(runs.c.id == run, runs.c.state == "running")).one_or_none()
    if row is None or state_of(row) == BROKEN_OFF:
        return False
    connection.execute(update(runs).where(runs.c.id == run).values(wanted=wish))
    return True
