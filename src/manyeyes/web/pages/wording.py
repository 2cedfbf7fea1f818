"""What a model wrote about a portfolio, on its profile's page, and the form that orders it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from manyeyes.portrait.style import StyleProfile
from manyeyes.store.writings import Standing
from manyeyes.web.pages.looking import Place
from manyeyes.web.pages.rendering import at_of
from manyeyes.web.pages.words import day
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import site_of
from manyeyes.web.writing import Writer, Writing

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class WordingShown:
    """What a model wrote, and how the newest order of words stands."""

    text: str
    by: str
    stale: bool
    #: `writing`, or why there are no newer words; both empty where there is nothing to say.
    state: str
    trouble: str
    #: Whether words can be ordered that are not there yet.
    wanted: bool


@router.post("/portfolios/{portfolio}/words")
async def order_words(request: Request, portfolio: str) -> Response:
    """Have it put into words; sent twice, it is bought once."""
    form, writing = await checked_form(request), site_of(request).writing
    analyzer = form.get("analyzer", "").strip()[:40] or None
    begin = partial(writing.begin, portfolio, analyzer)
    whole = f"words form of {portfolio}: {analyzer}".encode()
    await site_of(request).once.answer(form.get("once") or None, whole, begin)
    return RedirectResponse(f"{at_of(request)}/portfolios/{portfolio}/profile#words", 303)


async def wording_of(
    request: Request, place: Place, profile: StyleProfile, *, may_order: bool
) -> dict[str, Any]:
    """What the template knows of words by a model; without `may_order`, no button and no trouble."""
    writing = site_of(request).writing
    standing = await writing.standing(place.summary.portfolio.id)
    return {"wording": _wording(profile, standing), "order": _order(writing) if may_order else None}


def _wording(profile: StyleProfile, standing: Standing | None) -> WordingShown:
    written, state, trouble = profile.written, "", ""
    if standing is not None and standing.state == "writing":
        state = f"{standing.adapter} {standing.model}".strip()
    elif standing is not None and standing.state == "failed":
        trouble = f"{standing.adapter} wrote nothing: {standing.message}"
    elif standing is not None and standing.state == "broken-off":
        trouble = f"What was asked of {standing.adapter} was broken off. Asked again, it is looked for first"
    by = "" if written is None else f"Written by {written.writer} on {day(written.at)}"
    fresh = written is not None and not written.stale
    return WordingShown(
        "" if written is None else written.text, by, not fresh, state, trouble, not (fresh or state)
    )


def _order(writing: Writing) -> dict[str, object]:
    """What the form is made of: a button for each who can write, and what that costs."""
    offers = [(one.analyzer, f"{one.analyzer} {one.model}".strip(), _cost(one)) for one in writing.writers()]
    return {"offers": offers, "lacking": writing.lacking(), "once": secrets.token_urlsafe(18)}


def _cost(writer: Writer) -> str:
    if writer.price is None:
        return "one call; what a call costs is not known here"
    return f"one call, about ${writer.price:.4f}" if writer.price else "one call, which costs nothing"
