"""The life of a run in the store: opened, kept alive, closed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, insert, select, update

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
    """Keep runs and their claims alive, or close them; gives back what others ask of each run."""
    now = time.time()
    for news in beats:
        _tell(connection, news, now)
        held = and_(claims.c.run == news.run, claims.c.owner == owner)
        if news.state == "running":
            connection.execute(update(claims).where(held).values(expires=now + LEASE))
        else:
            connection.execute(delete(claims).where(held))
    wanted = connection.execute(select(runs.c.id, runs.c.wanted).where(runs.c.id.in_([b.run for b in beats])))
    by_run = {row.id: row.wanted for row in wanted}
    return [by_run.get(news.run) for news in beats]


def _tell(connection: Connection, news: Beat, now: float) -> None:
    connection.execute(
        update(runs)
        .where(runs.c.id == news.run)
        .values(
            state=news.state,
            stopped=news.progress.stopped,
            heartbeat=now,
            seq=runs.c.seq + 1,
            progress=json.dumps(news.progress.as_json()),
            ended=None if news.state == "running" else now,
        )
    )


def leave(connection: Connection, owner: str) -> None:
    """The process goes: close the runs that nobody closed, and give up every claim.

    Intents stay open: what was begun under them may have been bought, and the next run looks for it.
    """
    open_runs = and_(runs.c.owner == owner, runs.c.state == "running")
    connection.execute(update(runs).where(open_runs).values(state="interrupted", ended=time.time()))
    connection.execute(delete(claims).where(claims.c.owner == owner))
