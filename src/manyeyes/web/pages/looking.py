"""What several pages look up: a portfolio, its gallery brought up to date, its newest run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request

from manyeyes.store.gallery import Filters, page, refresh
from manyeyes.store.portfolios import PortfolioSummary, portfolio_summary
from manyeyes.store.sql import SqlStore
from manyeyes.web.pages.rendering import at_of
from manyeyes.web.pages.run_shown import RunShown, run_shown
from manyeyes.web.problems import unknown
from manyeyes.web.site import site_of

#: Chunks of fresh outcomes that one look at a page takes in at most; the next look takes in the rest.
_CHUNKS = 40
#: Pictures of which the model is less sure are worth a review.
SURE_ENOUGH = 0.7
#: What a review goes through: not looked at by anybody, and not sure.
UNSURE = Filters(below=SURE_ENOUGH, corrected=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A portfolio as its pages' heads show it."""

    summary: PortfolioSummary
    #: The address that its pages' addresses begin with.
    base: str
    #: Pictures that are worth a review.
    unsure: int

    def head(self) -> dict[str, Any]:
        """What the templates of its pages know of it."""
        return {"summary": self.summary, "base": self.base, "unsure": self.unsure}


async def place_of(request: Request, portfolio: str, shared: str = "") -> Place:
    """The portfolio that a page is of. Raises Problem where there is none."""
    store = site_of(request).house.store
    # First, so that what is counted is what is shown.
    await refreshed(store, portfolio)
    summary = await store.carry_out(partial(portfolio_summary, portfolio=portfolio))
    if summary is None:
        raise unknown("portfolio", "the list of all")
    below = f"shared/{shared}" if shared else f"portfolios/{portfolio}"
    found = await store.carry_out(partial(page, portfolio=portfolio, filters=UNSURE, limit=1))
    return Place(summary, f"{at_of(request)}/{below}", found.total)


async def refreshed(store: SqlStore, portfolio: str) -> None:
    """Have the gallery show what runs have brought."""
    for _ in range(_CHUNKS):
        if not await store.carry_out(partial(refresh, portfolio=portfolio)):
            return


async def newest_run(request: Request, summary: PortfolioSummary) -> RunShown | None:
    """The portfolio's newest run; None where it was never analyzed."""
    if summary.newest_run is None:
        return None
    return run_shown(await site_of(request).runs.one(summary.newest_run.id))
