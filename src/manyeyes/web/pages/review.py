"""The queue of the pictures that the model is least sure of."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from manyeyes.store.corrections import correct_all
from manyeyes.store.gallery import Card, page
from manyeyes.store.sql import SqlStore
from manyeyes.web.pages.fields import REVIEWED, changes_of, field_of
from manyeyes.web.pages.looking import SURE_ENOUGH, UNSURE, place_of
from manyeyes.web.pages.picture import picture_found
from manyeyes.web.pages.rendering import show
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import site_of

router = APIRouter(include_in_schema=False)

#: In place of a cursor, where the last picture was put off too.
END = "end"


@router.get("/portfolios/{portfolio}/review")
async def review(request: Request, portfolio: str, skipped: str = "") -> Response:
    """The least sure picture that nobody has looked at; `skipped` is a cursor past those put off."""
    place = await place_of(request, portfolio)
    shown, onward = await _next(site_of(request).house.store, portfolio, skipped or None)
    fields = [field_of(name, shown, None) for name in REVIEWED] if shown is not None else []
    return show(
        request,
        "review.html",
        title=f"Review of {place.summary.portfolio.name}",
        card=shown,
        fields=fields,
        skipped=skipped,
        onward=onward,
        sure_enough=SURE_ENOUGH,
        **place.head(),
    )


async def _next(store: SqlStore, portfolio: str, cursor: str | None) -> tuple[Card | None, str | None]:
    """The next picture of the queue, and the cursor past it; empty at the end."""
    if cursor == END:
        return None, None
    asked = partial(page, portfolio=portfolio, filters=UNSURE, sort="confidence", cursor=cursor, limit=1)
    found = await store.carry_out(asked)
    return (found.cards[0] if found.cards else None), found.cursor


@router.post("/portfolios/{portfolio}/review")
async def judge(request: Request, portfolio: str) -> Response:
    """Confirm, correct or skip a picture, and go on to the next."""
    place, form = await place_of(request, portfolio), await checked_form(request)
    skipped = form.get("skipped", "")
    if form.get("verdict") == "skip":
        return RedirectResponse(f"{place.base}/review?skipped={form.get('onward') or END}", 303)
    site, picture = site_of(request), form.get("picture", "")
    _, shown = await picture_found(site, picture)
    if shown.descriptor is not None:
        # That somebody has looked is kept like a correction: it says what was said already.
        looked_at = {"garment_type": shown.descriptor.garment_type} if not shown.corrected else {}
        changes = looked_at | changes_of(form, shown)
        await site.house.store.carry_out(partial(correct_all, picture=picture, changes=changes))
    return RedirectResponse(f"{place.base}/review{'?skipped=' + skipped if skipped else ''}", 303)
