"""What became of pictures that a form brought."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from manyeyes.web.leaving import until_gone
from manyeyes.web.pages.looking import place_of
from manyeyes.web.pages.rendering import show
from manyeyes.web.site import site_of
from manyeyes.web.uploads import Receipt

router = APIRouter(include_in_schema=False)


@router.post("/portfolios/{portfolio}/images")
async def add(request: Request, portfolio: str) -> Response:
    """Pictures for a portfolio that is there."""
    receipt = await site_of(request).uploads.receive(request, portfolio, from_form=True)
    return await added_page(request, portfolio, receipt)


async def added_page(request: Request, portfolio: str, receipt: Receipt) -> Response:
    """The portfolio where all was taken; else what was not taken, and why."""
    urls = receipt.fields.get("urls", "").split()
    if urls:
        more = await until_gone(request, site_of(request).uploads.fetch(portfolio, urls))
        receipt.added.extend(more.added)
        receipt.duplicates.extend(more.duplicates)
        receipt.refused.extend(more.refused)
    place = await place_of(request, portfolio)
    if not receipt.refused and not receipt.duplicates:
        return RedirectResponse(place.base, 303)
    return show(request, "added.html", title="Added", receipt=receipt, **place.head())
