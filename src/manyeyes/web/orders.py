"""From what the API and the page are asked to what a run is to do."""

from __future__ import annotations

from manyeyes.store.orders import Order
from manyeyes.web.api.run_shapes import RunAsked
from manyeyes.web.house import House
from manyeyes.web.problems import Problem


def as_order(asked: RunAsked, house: House) -> Order:
    """What is asked of a run. Raises Problem for a budget in money where no price is known."""
    return Order(
        analyzer=asked.analyzer,
        model=asked.model,
        concurrency=_text(asked.concurrency),
        preset=asked.preset,
        strategy=asked.strategy,
        batch_size=_text(asked.batch_size),
        limit=asked.limit,
        retry_failed=asked.retry_failed,
        fresh=asked.fresh,
        overall_range=asked.overall_range,
        webhook=asked.webhook,
        most_calls=_calls(asked, house),
    )


def _text(value: int | str | None) -> str | None:
    return None if value is None else str(value)


def _calls(asked: RunAsked, house: House) -> int | None:
    """Calls at most, of the budget in calls and the one in money the smaller."""
    if asked.budget_dollars is None:
        return asked.budget
    analyzer = asked.analyzer or house.default_analyzer
    price = house.prices.get(analyzer)
    if price is None:
        raise Problem(
            409,
            "no-price",
            f"nobody knows what a call of {analyzer!r} costs",
            "give the budget in calls, or set ANALYSIS_PRICE_PER_CALL",
        )
    bought = asked.budget_dollars / price if price else float(asked.budget or 10**9)
    return int(min(bought, asked.budget or bought))
