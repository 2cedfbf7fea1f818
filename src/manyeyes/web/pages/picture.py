"""A picture's own page: what was seen in it, corrected by hand, and how it came about."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from manyeyes.model.descriptor import StyleDescriptor, parse_descriptor
from manyeyes.model.errors import BadReply
from manyeyes.model.outcome import Analyzed
from manyeyes.store.corrections import correct_all, withdraw
from manyeyes.store.finding import PictureRecord
from manyeyes.store.gallery import Card, card, duplicates, neighbours
from manyeyes.store.portfolios import picture_of
from manyeyes.store.reports import Look, history
from manyeyes.web.pages.asked import asked_of
from manyeyes.web.pages.cards import headline_of
from manyeyes.web.pages.fields import changes_of, groups_of
from manyeyes.web.pages.gallery_page import links
from manyeyes.web.pages.looking import refreshed
from manyeyes.web.pages.remedies import advice_on
from manyeyes.web.pages.rendering import at_of, show
from manyeyes.web.pages.words import number, took
from manyeyes.web.problems import Problem, unknown
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import Site, site_of

router = APIRouter(include_in_schema=False)

#: Runs of a picture's history that are shown.
_LOOKS = 20
#: Pictures that look like it.
_ALIKE = 12


@dataclass(frozen=True, slots=True)
class LookShown:
    """How a picture fared in a run."""

    run: str
    started: float
    analyzer: str
    ended: str
    attempts: str
    seconds: str
    tokens: str


@router.get("/images/{picture}")
async def picture_page(request: Request, picture: str, alike: bool = False) -> Response:
    """The picture with all that is known of it; `alike` looks for others like it, which takes a while."""
    site = site_of(request)
    found, shown = await picture_found(site, picture)
    looks = await site.house.store.carry_out(partial(history, picture=picture))
    raw, said = _answered(looks)
    return await shown_page(
        request,
        found,
        shown,
        groups=groups_of(shown, said) if shown.descriptor is not None else [],
        raw=raw,
        looks=[_look(look) for look in looks[:_LOOKS]],
        twins=await _twins(site, found, shown),
        likenesses=[one for one, _ in await site.likenesses.of(picture, _ALIKE)] if alike else None,
    )


async def _twins(site: Site, found: PictureRecord, shown: Card) -> list[Card]:
    """Pictures of the portfolio with the same bytes."""
    groups = await site.house.store.carry_out(partial(duplicates, portfolio=found.portfolio.id))
    return [one for group in groups for one in group if one.sha256 == shown.sha256 and one.id != shown.id]


async def shown_page(
    request: Request, found: PictureRecord, shown: Card, *, shared: str = "", **more: Any
) -> Response:
    """The page of a picture, for whoever may see it."""
    store, at = site_of(request).house.store, at_of(request)
    base = f"{at}/shared/{shared}" if shared else f"{at}/portfolios/{found.portfolio.id}"
    asked = asked_of(request.query_params, base)
    beside = partial(
        neighbours, portfolio=found.portfolio.id, picture=found.id, filters=asked.filters, sort=asked.sort
    )
    before, after = await store.carry_out(beside)
    known: dict[str, Any] = {"raw": None, "looks": (), "likenesses": None, "twins": ()}
    return show(
        request,
        "image.html",
        title=headline_of(shown),
        shared=shared,
        card=shown,
        size=found.size,
        portfolio=found.portfolio,
        base=f"{base}?{asked.query}" if asked.query else base,
        before=before,
        after=after,
        link_to=links(request, asked, shared),
        remedy=None if shown.error is None else advice_on(shown.error.kind),
        once=secrets.token_urlsafe(18),
        **known | more,
    )


async def picture_found(site: Site, picture: str) -> tuple[PictureRecord, Card]:
    """A picture and what the gallery shows of it. Raises Problem where there is none."""
    store = site.house.store
    found = await store.carry_out(partial(picture_of, picture=picture))
    if found is None:
        raise unknown("picture", "the gallery of its portfolio")
    await refreshed(store, found.portfolio.id)
    shown = await store.carry_out(partial(card, picture=picture))
    if shown is None:
        raise unknown("picture in the gallery", "the gallery of its portfolio")
    return found, shown


def _answered(looks: Sequence[Look]) -> tuple[str | None, StyleDescriptor | None]:
    """The newest answer in the model's own words, and what it says without corrections."""
    for look in looks:
        if isinstance(look.kept.outcome, Analyzed) and look.kept.raw is not None:
            return look.kept.raw, _understood(look.kept.raw)
    return None, None


def _understood(raw: str) -> StyleDescriptor | None:
    try:
        return parse_descriptor(raw)
    except BadReply:
        return None


def _look(look: Look) -> LookShown:
    outcome = look.kept.outcome
    analyzed = isinstance(outcome, Analyzed)
    ended = (
        "reused"
        if outcome.reused
        else "analyzed"
        if analyzed
        else f"failed: {getattr(outcome, 'message', '')}"
    )
    used = outcome.usage
    tokens = (used.input_tokens or 0) + (used.output_tokens or 0)
    return LookShown(
        look.run,
        look.started,
        f"{look.adapter}, {look.model}" if look.model else look.adapter,
        ended,
        str(outcome.attempts),
        took(outcome.seconds) if outcome.attempts else "–",
        number(tokens) if tokens else "–",
    )


@router.post("/images/{picture}")
async def correct_picture(request: Request, picture: str) -> Response:
    """Keep what a form corrects, or withdraw the correction that it names."""
    form, site = await checked_form(request), site_of(request)
    _, shown = await picture_found(site, picture)
    if shown.descriptor is None:
        raise Problem(409, "not-analyzed", "this picture has no descriptor to correct", "analyze it first")
    if field := form.get("undo"):
        await site.house.store.carry_out(partial(withdraw, picture=picture, field=field))
    else:
        changes = changes_of(form, shown)
        await site.house.store.carry_out(partial(correct_all, picture=picture, changes=changes))
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{at_of(request)}/images/{picture}{query}", 303)


@router.post("/images/{picture}/retry")
async def retry(request: Request, picture: str) -> Response:
    """Try one picture again."""
    form, site = await checked_form(request), site_of(request)
    found, _ = await picture_found(site, picture)
    again = partial(site.runs.retry_one, found.portfolio.id, picture)
    await site.once.answer(form.get("once") or None, f"retry of picture {picture}".encode(), again)
    return RedirectResponse(f"{at_of(request)}/portfolios/{found.portfolio.id}", 303)
