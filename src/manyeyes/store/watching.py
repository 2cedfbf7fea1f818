"""A run as those see it who watch it: its latest progress, and what was asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, func, not_, select

from manyeyes.store.orders import Order, continued_by, order_of
from manyeyes.store.page_tables import orders
from manyeyes.store.reports import RunSummary, run_summary
from manyeyes.store.tables import intents, outcomes, pictures, portfolios, recipes, runs


@dataclass(frozen=True, slots=True)
class RunNews:
    """A run, and how it was doing at its last heartbeat."""

    summary: RunSummary
    #: Goes up with each heartbeat.
    seq: int
    #: As `Beat.as_json` spells it; empty before the first heartbeat.
    progress: Mapping[str, Any]
    #: What somebody asks of it that it has not taken yet.
    wanted: str | None
    #: None where it was started on the command line.
    order: Order | None
    #: The run that it goes on with, and the one that goes on with it.
    continues: str | None
    continued_by: str | None


def run_news(connection: Connection, run: str) -> RunNews | None:
    """The run with this id."""
    summary = run_summary(connection, run)
    if summary is None:
        return None
    row = connection.execute(select(runs.c.seq, runs.c.progress, runs.c.wanted).where(runs.c.id == run)).one()
    before = select(orders.c.continues).where(orders.c.run == run)
    return RunNews(
        summary,
        row.seq,
        orjson.loads(row.progress),
        row.wanted,
        order_of(connection, run),
        connection.execute(before).scalar_one_or_none(),
        continued_by(connection, run),
    )


def seq_of(connection: Connection, run: str) -> int | None:
    """What tells whether a run has news; None where there is no such run."""
    seq: int | None = connection.execute(select(runs.c.seq).where(runs.c.id == run)).scalar_one_or_none()
    return seq


def runs_of(connection: Connection, portfolio: str, most: int = 50) -> list[RunSummary]:
    """The runs of a portfolio, newest first."""
    newest = select(runs.c.id).where(runs.c.portfolio == portfolio)
    ids = connection.execute(newest.order_by(runs.c.started.desc(), runs.c.id).limit(most)).scalars().all()
    return [found for run in ids if (found := run_summary(connection, run)) is not None]


def calls_of(connection: Connection, run: str) -> int:
    """Calls that a run has made: those of pictures that have ended, and those that may have been made of
    which nobody knows."""
    told = select(func.coalesce(func.sum(outcomes.c.attempts), 0)).where(outcomes.c.run == run)
    unknown = select(func.count()).select_from(intents).where(intents.c.run == run, not_(intents.c.closed))
    return int(connection.execute(told).scalar_one()) + connection.execute(unknown).scalar_one()


def portfolio_of(connection: Connection, run: str) -> str | None:
    """The portfolio that a run belongs to."""
    found: str | None = connection.execute(
        select(portfolios.c.id).select_from(runs.join(portfolios)).where(runs.c.id == run)
    ).scalar_one_or_none()
    return found


def hashes_of(connection: Connection, portfolio: str) -> list[str]:
    """The sha256 of a portfolio's pictures that no other portfolio holds."""
    others = select(pictures.c.sha256).where(pictures.c.portfolio != portfolio)
    mine = select(pictures.c.sha256).where(
        pictures.c.portfolio == portfolio, pictures.c.sha256.not_in(others)
    )
    return list(connection.execute(mine.distinct()).scalars())


def rates_of(connection: Connection, adapter: str, model: str, most: int = 5) -> list[float]:
    """Pictures a second that the newest complete runs of this analyzer came to, by calls of their own."""
    mine = select(runs.c.progress).select_from(runs.join(recipes))
    newest = mine.where(recipes.c.adapter == adapter, recipes.c.model == model, runs.c.state == "complete")
    rates = []
    for text in connection.execute(newest.order_by(runs.c.started.desc()).limit(most)).scalars():
        told = orjson.loads(text)
        called, seconds = told.get("current", 0) - told.get("reused", 0), told.get("elapsedSeconds", 0)
        if called >= 5 and seconds > 0:
            rates.append(called / seconds)
    return rates
