"""What was asked of runs that a page or a program started, so that one that broke off is taken up again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import orjson
from sqlalchemy import Connection, select, update

from manyeyes.model.portfolio import Portfolio
from manyeyes.store.owner import LEASE, holds
from manyeyes.store.page_tables import orders
from manyeyes.store.reports import BROKEN_OFF, state_of
from manyeyes.store.rows import keep
from manyeyes.store.tables import intents, portfolios, runs

#: Seconds after which nobody is told any more that a run has ended; and for which a process that tells is
#: believed to be at it: it waits a minute between two tries.
TOLD_WITHIN = 86_400.0
TELLING = 60.0 + LEASE


@dataclass(frozen=True, slots=True)
class Order:
    """How a run was wanted; None where the settings decide."""

    analyzer: str | None = None
    model: str | None = None
    #: `auto`, `threshold` or a number.
    concurrency: str | None = None
    preset: str | None = None
    strategy: str | None = None
    #: Megabytes of pictures in hand.
    memory_mb: float | None = None
    #: Pictures at most.
    limit: int | None = None
    retry_failed: bool = False
    fresh: bool = False
    overall_range: tuple[float, float] = (0, 100)
    #: Told when the run ends.
    webhook: str | None = None
    #: Whatever else was asked for, as JSON has it; under `wish` what was asked of the run last while it went,
    #: and under `calls` how many of `most_calls` it has made.
    more: Mapping[str, object] | None = None
    #: Pictures of a batch, or `auto`.
    batch_size: str | None = None
    #: Calls at most, whatever happens.
    most_calls: int | None = None
    #: Only the pictures with these ids.
    pictures: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that broke off and that nobody goes on with."""

    run: str
    portfolio: Portfolio
    order: Order


@dataclass(frozen=True, slots=True)
class Untold:
    """A run whose end somebody still has to be told of."""

    run: str
    #: Times that it was tried.
    tries: int
    #: Seconds since the epoch of the latest try, or of the run's end.
    at: float


def keep_order(connection: Connection, run: str, order: Order, *, continues: str | None = None) -> None:
    """Keep what was asked of a run, and which earlier run it goes on with."""
    wish = orjson.dumps(asdict(order)).decode()
    keep(connection, orders, [{"run": run, "wish": wish, "continues": continues}])


def order_of(connection: Connection, run: str) -> Order | None:
    """What was asked of a run; None where it was started on the command line."""
    wish = connection.execute(select(orders.c.wish).where(orders.c.run == run)).scalar_one_or_none()
    return None if wish is None else _order(orjson.loads(wish))


def keep_wish(connection: Connection, run: str, wish: str) -> None:
    """Keep what is asked of a run with an order, for whoever takes it up: not what was told to stop, and not
    without a pause what was paused. A stop stands, whatever is asked later. Nothing happens where the run
    has no order.
    """
    if (order := order_of(connection, run)) is not None and wish_of(order) != "stop":
        _change(connection, run, order, {"wish": wish})


def wish_of(order: Order) -> object:
    """What was asked last of the run with this order: `pause`, `resume`, `stop`, or None."""
    return (order.more or {}).get("wish")


def note_calls(connection: Connection, intent: str, calls: int) -> None:
    """Keep how many calls the run of this intent has made, of a budget; nothing happens where the run has no
    order."""
    run = connection.execute(select(intents.c.run).where(intents.c.id == intent)).scalar_one_or_none()
    if run is not None and (order := order_of(connection, run)) is not None:
        _change(connection, run, order, {"calls": calls})


def calls_noted(order: Order) -> int | None:
    """Calls that a run with this order and a budget has made; None where nobody has counted them."""
    calls = (order.more or {}).get("calls")
    return calls if isinstance(calls, int) else None


def _change(connection: Connection, run: str, order: Order, more: Mapping[str, object]) -> None:
    asked = asdict(replace(order, more={**(order.more or {}), **more}))
    text = orjson.dumps(asked).decode()
    connection.execute(update(orders).where(orders.c.run == run).values(wish=text))


def keep_delivery(
    connection: Connection, run: str, told: Mapping[str, object], *, teller: str, at: float
) -> None:
    """Keep how telling that a run has ended stands since `at` (seconds since the epoch), and the process that
    sees to it; an empty text where nobody does any more."""
    if (order := order_of(connection, run)) is not None:
        _change(connection, run, order, {"delivery": told, "teller": teller, "told_at": at})


def untold(connection: Connection) -> list[Untold]:
    """The runs that ended within a day, whose end somebody wants to hear of and nobody alive tells."""
    now = time.time()
    ended = runs.c.state.in_(("complete", "stopped")) & (runs.c.ended >= now - TOLD_WITHIN)
    asked = select(orders.c.run, orders.c.wish, runs.c.owner, runs.c.ended)
    rows = connection.execute(asked.select_from(orders.join(runs)).where(ended).order_by(runs.c.ended)).all()
    found = ((row, _order(orjson.loads(row.wish))) for row in rows)
    return [_untold(row, order) for row, order in found if _is_left_untold(row, order, now)]


def _is_left_untold(row: Any, order: Order, now: float) -> bool:
    more = order.more or {}
    told: Any = more.get("delivery") or {"state": "waiting"}
    if order.webhook is None or told["state"] != "waiting":
        return False
    at: Any = more.get("told_at", row.ended)
    teller = str(more.get("teller", row.owner))
    return not teller or not holds(teller, at + TELLING, now)


def _untold(row: Any, order: Order) -> Untold:
    more = order.more or {}
    told: Any = more.get("delivery") or {"tries": 0}
    at: Any = more.get("told_at", row.ended)
    return Untold(row.run, told["tries"], at)


def continued_by(connection: Connection, run: str) -> str | None:
    """The run that goes on with this one, the latest where there are several."""
    newer = select(orders.c.run).select_from(orders.join(runs)).where(orders.c.continues == run)
    latest: str | None = connection.execute(
        newer.order_by(runs.c.started.desc(), runs.c.id).limit(1)
    ).scalar_one_or_none()
    return latest


def unfinished(connection: Connection, *, interrupted: bool = False) -> list[Unfinished]:
    """The runs with an order that broke off and that nobody goes on with, oldest first; with `interrupted`
    also those whose process was told to end. Those that somebody told to stop are none.
    """
    states = ("running", "interrupted") if interrupted else ("running",)
    later = orders.alias("later")
    asked = (
        select(runs, orders.c.wish, portfolios.c.name.label("portfolio_name"))
        .select_from(runs.join(orders, orders.c.run == runs.c.id).join(portfolios))
        .where(runs.c.state.in_(states), ~select(later.c.run).where(later.c.continues == runs.c.id).exists())
        .order_by(runs.c.started)
    )
    left = [
        Unfinished(row.id, Portfolio(row.portfolio, row.portfolio_name), _order(orjson.loads(row.wish)))
        for row in connection.execute(asked)
        if state_of(row) in (BROKEN_OFF, "interrupted")
    ]
    return [each for each in left if wish_of(each.order) != "stop"]


def _order(wish: Mapping[str, Any]) -> Order:
    known = {part.name: wish[part.name] for part in fields(Order) if part.name in wish}
    start, end = known.get("overall_range", (0, 100))
    only = known.get("pictures")
    return Order(**known | {"overall_range": (start, end), "pictures": None if only is None else tuple(only)})
