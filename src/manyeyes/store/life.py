"""The life of a run in the store: opened, kept alive, closed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from manyeyes.model.portfolio import Portfolio
from manyeyes.store.owner import LEASE
from manyeyes.store.rows import keep, new_id, recipe_row
from manyeyes.store.tables import claims, portfolios, recipes, runs
from manyeyes.store.values import Beat, Opening, RunRecord


def open_run(connection: Connection, opening: Opening, owner: str) -> RunRecord:
    """Open a run, and its portfolio where the sources are new."""
    now = time.time()
    keep(connection, recipes, [recipe_row(opening.recipe)])
    record = RunRecord(new_id(), _portfolio(connection, opening, now), opened=now)
    connection.execute(
        insert(runs).values(
            id=record.id,
            portfolio=record.portfolio.id,
            recipe=opening.recipe.digest,
            state="running",
            owner=owner,
            heartbeat=now,
            seq=0,
            progress="{}",
            started=now,
        )
    )
    return record


def portfolio_of(connection: Connection, sources: tuple[str, ...]) -> Portfolio | None:
    """The portfolio that was made from these sources, if one was."""
    origin = json.dumps(sources)
    row = connection.execute(select(portfolios).where(portfolios.c.origin == origin)).one_or_none()
    return None if row is None else Portfolio(row.id, row.name)


def _portfolio(connection: Connection, opening: Opening, now: float) -> Portfolio:
    known = portfolio_of(connection, opening.sources)
    if known is not None:
        return known
    fresh = Portfolio(new_id(), opening.label)
    origin = json.dumps(opening.sources)
    connection.execute(insert(portfolios).values(id=fresh.id, name=fresh.name, origin=origin, created=now))
    return fresh


def beat(connection: Connection, beats: Sequence[Beat], owner: str) -> list[str | None]:
    """Keep runs and their claims alive; gives back what others ask of each run."""
    now = time.time()
    for news in beats:
        ended = None if news.state == "running" else now
        connection.execute(
            update(runs)
            .where(runs.c.id == news.run)
            .values(
                state=news.state,
                stopped=news.progress.stopped,
                heartbeat=now,
                seq=runs.c.seq + 1,
                progress=json.dumps(news.progress.as_json()),
                ended=ended,
            )
        )
    connection.execute(update(claims).where(claims.c.owner == owner).values(expires=now + LEASE))
    wanted = connection.execute(select(runs.c.id, runs.c.wanted).where(runs.c.id.in_([b.run for b in beats])))
    by_run = {row.id: row.wanted for row in wanted}
    return [by_run.get(news.run) for news in beats]
