"""The life of a run in the store: opened, kept alive, closed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from manyeyes.model.portfolio import Portfolio
from manyeyes.model.ticket import Key
from manyeyes.store.owner import LEASE
from manyeyes.store.rows import keep, new_id, recipe_row
from manyeyes.store.steering import taken
from manyeyes.store.tables import claims, lessons, portfolios, recipes, runs
from manyeyes.store.values import Beat, Earlier, Opening, Outlook, Recalled, RunRecord, Since

#: Seconds for which a run that stopped is gone on with by one that asks afresh too; later, "afresh" means
#: that nothing from before counts.
GONE_ON_WITH = 86_400.0


_EARLIER = (
    select(runs.c.state, runs.c.most, runs.c.answers_from, runs.c.noes_from)
    .where(
        runs.c.portfolio == bindparam("of_portfolio"),
        runs.c.recipe == bindparam("of_recipe"),
        runs.c.started >= bindparam("lately"),
        runs.c.noes_from > 0,
    )
    .order_by(runs.c.started)
)


def open_run(connection: Connection, opening: Opening, owner: str) -> RunRecord:
    """Open a run, and its portfolio where the sources are new."""
    now = time.time()
    keep(connection, recipes, [recipe_row(opening.recipe)])
    portfolio = _portfolio(connection, opening, now)
    record = RunRecord(new_id(), portfolio, now, _since(connection, opening, portfolio, now))
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
            most=opening.most,
            answers_from=record.since.answers_from,
            noes_from=record.since.noes_from,
        )
    )
    return record


def outlook(connection: Connection, opening: Opening) -> Outlook | None:
    """What a run would start from; None where these sources are no portfolio yet."""
    portfolio = _known_portfolio(connection, opening)
    if portfolio is None:
        return None
    return Outlook(portfolio, _since(connection, opening, portfolio, time.time()))


def _since(connection: Connection, opening: Opening, portfolio: Portfolio, now: float) -> Since:
    asked = {"of_portfolio": portfolio.id, "of_recipe": opening.recipe.digest, "lately": now - GONE_ON_WITH}
    rows = connection.execute(_EARLIER, asked)
    # Who asks for all afresh goes on with those who did, and who asks for what failed with their like.
    earlier = [
        Earlier(row.noes_from, row.most, row.state == "complete")
        for row in rows
        if (row.answers_from > 0) == opening.fresh
    ]
    return opening.since(now, earlier)


def _known_portfolio(connection: Connection, opening: Opening) -> Portfolio | None:
    origin = json.dumps(opening.sources)
    row = connection.execute(select(portfolios).where(portfolios.c.origin == origin)).one_or_none()
    return None if row is None else Portfolio(row.id, row.name)


def _portfolio(connection: Connection, opening: Opening, now: float) -> Portfolio:
    known = _known_portfolio(connection, opening)
    if known is not None:
        return known
    fresh = Portfolio(new_id(), opening.label)
    origin = json.dumps(opening.sources)
    connection.execute(insert(portfolios).values(id=fresh.id, name=fresh.name, origin=origin, created=now))
    return fresh


def renew(connection: Connection, asked: Sequence[str], owner: str) -> list[frozenset[Key]]:
    """Keep the claims of runs for another lease; those that each still has."""
    kept = update(claims).where(claims.c.owner == owner).values(expires=time.time() + LEASE)
    kept_keys = kept.returning(claims.c.sha256, claims.c.recipe)
    return [
        frozenset(
            Key(row.sha256, row.recipe) for row in connection.execute(kept_keys.where(claims.c.run == run))
        )
        for run in asked
    ]


def beat(connection: Connection, beats: Sequence[Beat], owner: str) -> list[str | None]:
    """Keep runs alive, or close them and give up their claims; gives back, once, what others ask of each."""
    now = time.time()
    for news in beats:
        _tell(connection, news, now)
        if news.state != "running":
            connection.execute(delete(claims).where(claims.c.run == news.run, claims.c.owner == owner))
    wishes = taken(connection, [news.run for news in beats])
    return [wishes.get(news.run) for news in beats]


def _tell(connection: Connection, news: Beat, now: float) -> None:
    connection.execute(
        update(runs)
        .where(runs.c.id == news.run)
        .values(
            state=news.state,
            stopped=news.progress.stopped,
            heartbeat=now,
            seq=runs.c.seq + 1,
            progress=json.dumps(news.as_json()),
            ended=None if news.state == "running" else now,
        )
    )


def recall(connection: Connection, name: str) -> Recalled | None:
    """What was remembered under a name."""
    row = connection.execute(select(lessons).where(lessons.c.name == name)).one_or_none()
    return None if row is None else Recalled(row.text, max(0.0, time.time() - row.learned))


def remember(connection: Connection, name: str, text: str) -> None:
    """Keep a text under a name, in place of the one before."""
    keep(connection, lessons, [{"name": name, "text": text, "learned": time.time()}])


def leave(connection: Connection, owner: str) -> None:
    """The process goes: close the runs that nobody closed, and give up every claim.

    Intents stay open: what was begun under them may have been bought, and the next run looks for it.
    """
    open_runs = and_(runs.c.owner == owner, runs.c.state == "running")
    connection.execute(update(runs).where(open_runs).values(state="interrupted", ended=time.time()))
    connection.execute(delete(claims).where(claims.c.owner == owner))
