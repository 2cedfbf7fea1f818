"""The list of portfolios, and a new one from a form."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from manyeyes.store.gallery import Card, page, refresh
from manyeyes.store.portfolios import PortfolioSummary, list_portfolios
from manyeyes.store.sql import SqlStore
from manyeyes.web.pages.adding import added_page
from manyeyes.web.pages.rendering import THEME_COOKIE, at_of, show
from manyeyes.web.pages.words import day
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import site_of

router = APIRouter(include_in_schema=False)

#: Portfolios of a page, and pictures on each one's cover.
PORTFOLIOS, COVER = 24, 5
_YEAR = 31_536_000


@router.get("/")
async def portfolios(request: Request, after: str | None = None) -> Response:
    """All portfolios, newest first; where there is none, how to begin."""
    store = site_of(request).house.store
    found = await store.carry_out(partial(list_portfolios, after=after, most=PORTFOLIOS + 1))
    shown = found[:PORTFOLIOS]
    return show(
        request,
        "portfolios.html",
        title="Portfolios",
        here="portfolios",
        summaries=shown,
        after=after,
        onward=shown[-1].portfolio.id if len(found) > PORTFOLIOS else None,
        covers=await _covers(store, shown),
    )


async def _covers(store: SqlStore, summaries: Sequence[PortfolioSummary]) -> Mapping[str, Sequence[Card]]:
    """The first pictures of each portfolio."""
    covers: dict[str, Sequence[Card]] = {}
    for portfolio in (one.portfolio.id for one in summaries if one.pictures):
        first = partial(page, portfolio=portfolio, limit=COVER)
        found = await store.carry_out(first)
        if not found.cards:
            # A run of the command line that nobody has looked at yet.
            await store.carry_out(partial(refresh, portfolio=portfolio))
            found = await store.carry_out(first)
        covers[portfolio] = found.cards
    return covers


@router.post("/portfolios")
async def create(request: Request) -> Response:
    """A new portfolio of the pictures that a form brings."""
    site = site_of(request)
    portfolio = (await site.portfolios.create(f"Pictures of {day(time.time())}")).portfolio.id
    try:
        receipt = await site.uploads.receive(request, portfolio, from_form=True)
    except BaseException:
        await site.portfolios.delete(portfolio)
        raise
    if name := receipt.fields.get("name", "").strip():
        await site.portfolios.rename(portfolio, name)
    return await added_page(request, portfolio, receipt)


@router.post("/theme")
async def theme(request: Request) -> Response:
    """Remember light, dark, or what the system says."""
    form = await checked_form(request)
    back = form.get("next", "/")
    onward = (
        f"{at_of(request)}{back}"
        if back.startswith("/") and not back.startswith("//")
        else at_of(request) + "/"
    )
    answer = RedirectResponse(onward, 303)
    chosen = form.get("theme", "")
    answer.set_cookie(
        THEME_COOKIE,
        chosen if chosen in ("light", "dark") else "",
        max_age=_YEAR,
        path=at_of(request) or "/",
        secure=request.url.scheme == "https",
        samesite="lax",
    )
    return answer
