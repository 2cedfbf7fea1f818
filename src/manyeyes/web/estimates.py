"""What a run will take and cost, as far as that can be told before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import exp

from manyeyes.engine.preview import Preview
from manyeyes.model.errors import SettingsError
from manyeyes.store.orders import Order
from manyeyes.store.portfolios import portfolio_summary, sources_of
from manyeyes.store.watching import rates_of
from manyeyes.web.house import Assembled, House
from manyeyes.web.problems import Problem, unknown

#: Runs differ: of what was learned of a provider, a run takes between these shares of the time.
_LEAST, _MOST = 0.7, 1.6


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would come to. Seconds and money are None where nobody can tell."""

    preview: Preview
    #: Calls to expect, and if the worst comes to the worst; no more than the budget allows.
    calls: int
    most_calls: int
    analyzer: str
    model: str
    #: Between so many seconds and so many, and what they are told from.
    seconds: tuple[float, float] | None
    #: `learned` of the provider, or `runs` before.
    told_from: str | None
    #: US dollars: what is expected, and at most.
    cost: float | None
    most_cost: float | None


class Estimates:
    """Looks ahead without buying anything."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def of(self, portfolio: str, order: Order) -> Estimate:
        """What a run of a portfolio would come to. Raises Problem where there can be none."""
        try:
            return await self._of(portfolio, order)
        except SettingsError as error:
            raise impossible(error) from None

    async def _of(self, portfolio: str, order: Order) -> Estimate:
        store = self._house.store
        found = await store.carry_out(partial(portfolio_summary, portfolio=portfolio))
        if found is None:
            raise unknown("portfolio", "GET /api/portfolios")
        if not found.pictures and found.folder is not None:
            raise nothing_there()
        sources = await store.carry_out(partial(sources_of, portfolio=portfolio))
        async with self._house.assembled(order, found.portfolio, sources) as assembly:
            preview = await assembly.preview()
            traits = assembly.parts.analyzer.traits
            rates = await store.carry_out(partial(rates_of, adapter=traits.adapter, model=traits.model))
            most = preview.most_calls
            if order.most_calls is not None:
                most = min(most, order.most_calls)
            calls = min(preview.calls, most)
            seconds, told_from = _seconds(assembly, calls, rates)
        price = 0.0 if not traits.paid else self._house.prices.get(traits.adapter)
        return Estimate(
            preview,
            calls,
            most,
            traits.adapter,
            traits.model,
            seconds,
            told_from,
            None if price is None else round(price * calls, 4),
            None if price is None else round(price * most, 4),
        )


def impossible(error: SettingsError) -> Problem:
    """An order that cannot be carried out on this server: its analyzer lacks a key, or has no such model."""
    return Problem(409, "cannot-be-carried-out", str(error), "see GET /api/analyzers for what can be chosen")


def nothing_there() -> Problem:
    """A portfolio without pictures."""
    return Problem(409, "no-pictures", "this portfolio holds no pictures yet", "upload some first")


def _seconds(
    assembly: Assembled, calls: int, rates: list[float]
) -> tuple[tuple[float, float] | None, str | None]:
    """How long so many calls take: by what is known of the provider, else by what runs came to before."""
    if not calls:
        return (0.0, 0.0), "learned"
    known, pinned = assembly.parts.limiter.knowledge, assembly.plan.most_at_once
    at_once = pinned if pinned is not None else known.limit
    if known.baseline is not None and at_once is not None:
        each = exp(known.baseline)
        rate = at_once / each if known.rate is None else min(at_once / each, known.rate)
        return (max(each, _LEAST * calls / rate), max(each, _MOST * calls / rate)), "learned"
    if rates:
        return (0.8 * calls / max(rates), 1.25 * calls / min(rates)), "runs"
    return None, None
