"""Brings what has ended since somebody last looked into the gallery, some pictures at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, not_, select, update

from manyeyes.model.correction import Changes, corrected
from manyeyes.store import corrections
from manyeyes.store.indexing import ANALYZED, FAILED, WAITING, Entry, take_in
from manyeyes.store.page_tables import gallery
from manyeyes.store.rows import to_descriptor
from manyeyes.store.tables import answers, outcomes, pictures, runs

_SHOWN_IN = runs.alias("shown_in")
_FRESH = (
    select(
        *(outcomes.c[name] for name in ("run", "position", "picture", "kind", "sha256", "answer")),
        runs.c.started,
        pictures.c.name,
        pictures.c.size,
        answers.c.descriptor,
        gallery.c.status,
        gallery.c.run.label("shown_run"),
        gallery.c.position.label("shown_position"),
        _SHOWN_IN.c.started.label("shown_started"),
    )
    .select_from(
        runs.join(outcomes, outcomes.c.run == runs.c.id)
        .join(pictures, pictures.c.id == outcomes.c.picture)
        .outerjoin(answers, answers.c.id == outcomes.c.answer)
        .outerjoin(gallery, gallery.c.picture == outcomes.c.picture)
        .outerjoin(_SHOWN_IN, _SHOWN_IN.c.id == gallery.c.run)
    )
    .where(runs.c.portfolio == bindparam("of_portfolio"), not_(outcomes.c.shown))
    .limit(bindparam("most"))
)
_MARK = (
    update(outcomes)
    .where(outcomes.c.run == bindparam("of_run"), outcomes.c.position == bindparam("at"))
    .values(shown=True)
)


def refresh(connection: Connection, portfolio: str, most: int = 100) -> int:
    """Bring at most so many fresh outcomes into the gallery; how many, and so 0 once it is up to date.

    A picture shows the newest answer that it has; only where it has none, why it failed last. A hundred
    take some 30 ms, for which nobody else can write: call it again rather than for more at once.
    """
    rows = connection.execute(_FRESH, {"of_portfolio": portfolio, "most": most}).all()
    best: dict[str, Any] = {}
    for row in rows:
        if _displaces(row, best.get(row.picture)):
            best[row.picture] = row
    take_in(connection, portfolio, _entries(connection, list(best.values())))
    if rows:
        connection.execute(_MARK, [{"of_run": row.run, "at": row.position} for row in rows])
    return len(rows)


def _displaces(row: Any, other: Any | None) -> bool:
    """Whether an outcome is to be shown rather than another fresh one, or what is shown now."""
    mine = _rank(row.descriptor is not None, row.started, row.run, row.position)
    if other is not None:
        return mine > _rank(other.descriptor is not None, other.started, other.run, other.position)
    if row.status in (None, WAITING) or row.shown_started is None:
        return True
    return mine >= _rank(row.status == ANALYZED, row.shown_started, row.shown_run, row.shown_position)


def _rank(analyzed: bool, started: float, run: str, position: int) -> tuple[bool, float, str, int]:
    return analyzed, started, run, position


def _entries(connection: Connection, rows: Sequence[Any]) -> list[Entry]:
    by_hand = corrections.of(connection, (row.sha256 for row in rows))
    return [_entry(row, by_hand.get(row.sha256, {})) for row in rows]


def _entry(row: Any, changes: Changes) -> Entry:
    analyzed = row.descriptor is not None
    return Entry(
        picture=row.picture,
        name=row.name,
        sha256=row.sha256,
        size=row.size,
        status=ANALYZED if analyzed else FAILED,
        descriptor=corrected(to_descriptor(row.descriptor), changes) if analyzed else None,
        corrected=tuple(changes) if analyzed else (),
        run=row.run,
        position=row.position,
        answer=row.answer,
    )
