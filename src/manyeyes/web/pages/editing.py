"""Renaming, sharing and deleting a portfolio."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from manyeyes.store.shares import make_share, shares_of, withdraw_share
from manyeyes.web.pages.looking import place_of
from manyeyes.web.pages.rendering import at_of, show
from manyeyes.web.problems import Problem
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import site_of

router = APIRouter(include_in_schema=False)

#: Characters of a portfolio's name.
LONGEST_NAME = 200


@router.get("/portfolios/{portfolio}/edit")
async def edit(request: Request, portfolio: str) -> Response:
    """All that can be done with a portfolio as a whole."""
    return await _edit_page(request, portfolio)


async def _edit_page(request: Request, portfolio: str, share_link: str | None = None) -> Response:
    place = await place_of(request, portfolio)
    shares = await site_of(request).house.store.carry_out(partial(shares_of, portfolio=portfolio))
    return show(
        request,
        "edit.html",
        title=place.summary.portfolio.name,
        framed=False,
        shares=[share for share in shares if share.withdrawn is None],
        share_link=share_link,
        **place.head(),
    )


@router.post("/portfolios/{portfolio}/rename")
async def rename(request: Request, portfolio: str) -> Response:
    """Call it something else."""
    form = await checked_form(request)
    name = form.get("name", "").strip()[:LONGEST_NAME]
    if not name:
        raise Problem(422, "not-usable", "a portfolio needs a name", "go back and give it one")
    await site_of(request).portfolios.rename(portfolio, name)
    return RedirectResponse(f"{at_of(request)}/portfolios/{portfolio}", 303)


@router.post("/portfolios/{portfolio}/delete")
async def delete(request: Request, portfolio: str) -> Response:
    """Forget it with all that is in it."""
    await checked_form(request)
    await site_of(request).portfolios.delete(portfolio)
    return RedirectResponse(f"{at_of(request)}/", 303)


@router.post("/portfolios/{portfolio}/share")
async def share(request: Request, portfolio: str) -> Response:
    """Make a link to look at it; it is told this once, and so the answer is the page itself."""
    await checked_form(request)
    await place_of(request, portfolio)
    _, token = await site_of(request).house.store.carry_out(partial(make_share, portfolio=portfolio))
    base = str(request.base_url).rstrip("/")
    return await _edit_page(request, portfolio, f"{base}/shared/{token}")


@router.post("/portfolios/{portfolio}/share/{link}/withdraw")
async def withdraw(request: Request, portfolio: str, link: str) -> Response:
    """Let a link open nothing any more."""
    await checked_form(request)
    await site_of(request).house.store.carry_out(partial(withdraw_share, share=link))
    return RedirectResponse(f"{at_of(request)}/portfolios/{portfolio}/edit#share", 303)
