"""What commands and pages read from the store: runs, and how their pictures ended."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, Select, and_, func, select

from manyeyes.model.ask import Usage
from manyeyes.model.correction import Changes, corrected
from manyeyes.model.image import ImageRef, Locator
from manyeyes.model.outcome import Analyzed, Failed, Outcome
from manyeyes.model.portfolio import Portfolio
from manyeyes.store import corrections
from manyeyes.store.owner import LEASE, holds
from manyeyes.store.rows import to_descriptor
from manyeyes.store.sql import SqlStore
from manyeyes.store.tables import answers, outcomes, pictures, portfolios, recipes, runs

#: Outcomes read at once, so that memory does not grow with the portfolio.
PAGE = 200
#: The state of a run whose process is gone although nobody closed it.
BROKEN_OFF = "broken off"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run, as a list shows it. Times are seconds since the epoch."""

    id: str
    portfolio: Portfolio
    adapter: str
    model: str
    #: `running`, `complete`, `stopped`, `interrupted` or `broken off`.
    state: str
    #: Why it stopped before its end.
    stopped: str | None
    started: float
    #: None where it runs, or broke off.
    ended: float | None
    #: None while listing is unfinished.
    total: int | None
    analyzed: int
    failed: int
    #: Of `analyzed`, those answered without a call.
    reused: int


@dataclass(frozen=True, slots=True)
class Kept:
    """How a picture ended in a run, its descriptor with the corrections made by hand; and the model's own
    words where they were asked for."""

    outcome: Outcome
    raw: str | None = None
    #: Fields of the descriptor that were corrected by hand.
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture ended in one of the runs that it was part of."""

    run: str
    #: Seconds since the epoch when the run started.
    started: float
    adapter: str
    model: str
    kept: Kept


def list_runs(connection: Connection, most: int | None = None) -> list[RunSummary]:
    """The runs, newest first."""
    rows = connection.execute(_runs().order_by(runs.c.started.desc(), runs.c.id).limit(most))
    return [_summary(connection, row) for row in rows.all()]


def run_summary(connection: Connection, run: str) -> RunSummary | None:
    """The run with this id."""
    row = connection.execute(_runs().where(runs.c.id == run)).one_or_none()
    return None if row is None else _summary(connection, row)


def _runs() -> Select[Any]:
    return select(
        runs,
        portfolios.c.name.label("portfolio_name"),
        recipes.c.adapter,
        recipes.c.model,
    ).select_from(runs.join(portfolios).join(recipes))


def _summary(connection: Connection, row: Any) -> RunSummary:
    state = state_of(row)
    progress = orjson.loads(row.progress)
    # What a run says of itself lags behind by a heartbeat; the last word of one that is complete does not.
    counts = progress if state == "complete" else _counts(connection, row.id)
    return RunSummary(
        id=row.id,
        portfolio=Portfolio(row.portfolio, row.portfolio_name),
        adapter=row.adapter,
        model=row.model,
        state=state,
        stopped=row.stopped,
        started=row.started,
        ended=row.ended,
        total=progress.get("total"),
        analyzed=counts["analyzed"],
        failed=counts["failed"],
        reused=counts["reused"],
    )


def state_of(row: Any) -> str:
    """The state of a row of `runs`; a run that nobody keeps alive any more has broken off."""
    alive = row.state != "running" or holds(row.owner, row.heartbeat + LEASE, time.time())
    return str(row.state) if alive else BROKEN_OFF


def _counts(connection: Connection, run: str) -> Mapping[str, int]:
    """What has been kept of a run so far, counted."""
    analyzed = outcomes.c.kind.is_(None)
    row = connection.execute(
        select(
            func.count().filter(analyzed).label("analyzed"),
            func.count().filter(~analyzed).label("failed"),
            func.count().filter(and_(analyzed, outcomes.c.reused)).label("reused"),
        ).where(outcomes.c.run == run)
    ).one()
    return dict(row._mapping)


async def pages(
    store: SqlStore, run: str, *, raw: bool = False, only_failed: bool = False
) -> AsyncIterator[Sequence[Kept]]:
    """How the pictures of a run ended, in listing order, some at a time; `raw` adds the model's words."""
    asked = ended().where(outcomes.c.run == run).order_by(outcomes.c.position).limit(PAGE)
    if only_failed:
        asked = asked.where(outcomes.c.kind.is_not(None))
    after = -1
    while page := await store.carry_out(partial(_page, asked, after, raw)):
        yield page
        after = page[-1].outcome.position


def _page(asked: Select[Any], after: int, raw: bool, connection: Connection) -> list[Kept]:
    rows = connection.execute(asked.where(outcomes.c.position > after)).all()
    return kept_of(connection, rows, raw=raw)


def history(connection: Connection, picture: str) -> list[Look]:
    """How a picture ended in every run that it was part of, newest first."""
    rows = connection.execute(
        ended().where(outcomes.c.picture == picture).order_by(runs.c.started.desc(), runs.c.id)
    ).all()
    kept = kept_of(connection, rows, raw=True)
    return [
        Look(row.run, row.started, row.adapter, row.model, one) for row, one in zip(rows, kept, strict=True)
    ]


def ended() -> Select[Any]:
    """How pictures ended in runs; what `kept_of` reads."""
    return select(
        outcomes,
        runs.c.started,
        recipes.c.adapter,
        recipes.c.model,
        *(pictures.c[name] for name in ("path", "entry", "name", "version", "size")),
        *(answers.c[name].label(f"answer_{name}") for name in ("descriptor", "raw")),
    ).select_from(
        outcomes.join(runs).join(recipes).join(pictures).outerjoin(answers, answers.c.id == outcomes.c.answer)
    )


def kept_of(connection: Connection, rows: Sequence[Any], *, raw: bool) -> list[Kept]:
    """Rows of `ended` as values, with the corrections made by hand."""
    by_hand = corrections.of(connection, (row.sha256 for row in rows))
    return [_kept(row, by_hand.get(row.sha256, {}), raw=raw) for row in rows]


def _kept(row: Any, changes: Changes, *, raw: bool) -> Kept:
    outcome = _outcome(row)
    if isinstance(outcome, Failed):
        return Kept(outcome)
    if changes:
        outcome = replace(outcome, descriptor=corrected(outcome.descriptor, changes))
    return Kept(outcome, row.answer_raw if raw else None, tuple(changes))


def _outcome(row: Any) -> Outcome:
    image = ImageRef(row.name, Locator(row.path, row.entry), row.version, row.size)
    place = (image, row.picture, row.position, row.sha256)
    spent = {
        "attempts": row.attempts,
        "seconds": row.seconds,
        "usage": Usage(row.input_tokens, row.output_tokens),
        "possibly_paid_twice": row.possibly_paid_twice,
        "reused": row.reused,
    }
    if row.kind is not None:
        return Failed(*place, row.kind, row.message, **spent)
    if row.answer_descriptor is None:
        return Failed(*place, "store_error", "its answer is no longer in the store", **spent)
    return Analyzed(*place, to_descriptor(row.answer_descriptor), **spent, answer=row.answer)
