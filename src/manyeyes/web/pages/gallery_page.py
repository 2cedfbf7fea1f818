"""A portfolio's page: its newest run, and the gallery under filters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from manyeyes.store.gallery import facets, page
from manyeyes.web.pages.asked import ORDERS, Asked, asked_of, facets_shown
from manyeyes.web.pages.looking import Place, newest_run, place_of
from manyeyes.web.pages.ordering import order_form
from manyeyes.web.pages.rendering import at_of, show
from manyeyes.web.site import site_of

router = APIRouter(include_in_schema=False)

#: Pictures of a page.
PAGE = 60


@router.get("/portfolios/{portfolio}")
async def portfolio_page(request: Request, portfolio: str) -> Response:
    """The portfolio: run, filters, pictures."""
    place = await place_of(request, portfolio)
    run = await newest_run(request, place.summary)
    form = await order_form(request, place, run)
    return await gallery_page(request, place, run=run, framed=True, shares=(), share_link=None, **form)


async def gallery_page(request: Request, place: Place, *, shared: str = "", **more: Any) -> Response:
    """The gallery as the address asks for it, with what else its page shows."""
    store, portfolio = site_of(request).house.store, place.summary.portfolio
    asked = asked_of(request.query_params, place.base)
    found = await store.carry_out(
        partial(
            page,
            portfolio=portfolio.id,
            filters=asked.filters,
            sort=asked.sort,
            cursor=asked.cursor,
            limit=PAGE,
        )
    )
    counted = await store.carry_out(partial(facets, portfolio=portfolio.id, filters=asked.filters))
    return show(
        request,
        "portfolio.html",
        title=portfolio.name,
        shared=shared,
        asked=asked,
        sorts=ORDERS,
        facets=facets_shown(counted, asked.filters),
        cards=found.cards,
        total=found.total,
        onward=onward(place.base, asked, found.cursor),
        link_to=links(request, asked, shared),
        **place.head(),
        **{"run": None, "framed": False} | more,
    )


def onward(base: str, asked: Asked, cursor: str | None) -> str | None:
    """The address of the next page."""
    if cursor is None:
        return None
    return f"{base}?{asked.query}{'&' if asked.query else ''}cursor={cursor}"


def links(request: Request, asked: Asked, shared: str = "") -> Callable[[str], str]:
    """Where a picture's own page is; it remembers the gallery that it was found in."""
    below = f"{at_of(request)}/shared/{shared}" if shared else at_of(request)
    query = f"?{asked.query}" if asked.query else ""
    return lambda picture: f"{below}/images/{picture}{query}"
