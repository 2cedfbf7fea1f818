"""How a run is wanted, as a form asks for it; and what it would come to, in words."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, get_args

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from manyeyes.model.errors import ManyeyesError
from manyeyes.settings import Preset
from manyeyes.web.api.run_bodies import RunBody
from manyeyes.web.api.runs import estimated
from manyeyes.web.once import once
from manyeyes.web.pages.looking import Place, place_of
from manyeyes.web.pages.rendering import at_of
from manyeyes.web.pages.run_shown import RunShown
from manyeyes.web.pages.words import many, megabytes, number, span
from manyeyes.web.problems import Problem
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import site_of

router = APIRouter(include_in_schema=False)

PRESETS: tuple[str, ...] = get_args(Preset)
_FIELDS = ("analyzer", "model", "most_calls")


@router.post("/portfolios/{portfolio}/runs")
async def start(request: Request, portfolio: str) -> Response:
    """Begin a run; sent twice, it begins once."""
    form = await checked_form(request)
    site, body = site_of(request), body_of(form)

    async def act() -> str:
        return await site.runs.start(portfolio, body.order())

    what = f"form of {portfolio}"
    await once(site.house.store, form.get("once") or None, what, body.model_dump_json().encode(), act)
    return RedirectResponse(f"{at_of(request)}/portfolios/{portfolio}", 303)


@router.get("/portfolios/{portfolio}/estimate")
async def estimate(request: Request, portfolio: str) -> Response:
    """What a run would come to, in a sentence or two."""
    try:
        said = await _estimate(request, portfolio, request.query_params)
    except (Problem, ManyeyesError) as error:
        said = str(error.detail if isinstance(error, Problem) else error)
    return PlainTextResponse(said)


async def order_form(request: Request, place: Place, run: RunShown | None) -> dict[str, Any]:
    """What the form for a new run is made of: as the last run was wanted, unless the address says otherwise."""
    notes = site_of(request).house.analyzers()
    wanted = dict(run.order if run is not None else {})
    asked = request.query_params
    before = {
        "analyzer": wanted.get("analyzer"),
        "model": wanted.get("model"),
        "concurrency": wanted.get("concurrency") or wanted.get("preset"),
        "most_calls": wanted.get("mostCalls"),
    }
    said = None
    if asked.get("estimate"):
        said = await _estimate(request, place.summary.portfolio.id, asked)
        before |= {name: asked.get(name) for name in before}
    return {
        "order": before,
        "analyzers": [("", "as set")] + [(note.name, note.name) for note in notes if not note.lacks],
        "any_lacking": "; ".join(f"{note.name}: {note.lacks}" for note in notes if note.lacks),
        "models": sorted({note.model for note in notes if note.model}),
        "presets": PRESETS,
        "estimate": said,
        "once": secrets.token_urlsafe(18),
    }


def body_of(form: Mapping[str, str]) -> RunBody:
    """The order that a form holds. Raises Problem that says which field is wrong."""
    told: dict[str, object] = {name: form[name].strip() for name in _FIELDS if form.get(name, "").strip()}
    speed = form.get("concurrency", "").strip().lower()
    if speed:
        told["preset" if speed in PRESETS else "concurrency"] = int(speed) if speed.isdecimal() else speed
    told |= {name: True for name in ("fresh",) if form.get(name)}
    try:
        return RunBody.model_validate(told)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise Problem(422, "not-usable", _WRONG.get(field, str(error.errors()[0]["msg"])), "go back and correct it") from None


_WRONG = {
    "concurrency": f"pictures at once is auto, a whole number from 1 up, or one of {', '.join(PRESETS)}",
    "mostCalls": "calls at most is a whole number from 1 up, or empty for no cap",
    "most_calls": "calls at most is a whole number from 1 up, or empty for no cap",
}


async def _estimate(request: Request, portfolio: str, form: Mapping[str, str]) -> str:
    await place_of(request, portfolio)
    return estimate_words(await estimated(site_of(request), portfolio, body_of(form)))


def estimate_words(told: Mapping[str, Any]) -> str:
    """An estimate as people read it."""
    calls = told["calls"]
    if not calls:
        return f"All {many(told['pictures'], 'picture')} have their answer already: nothing is asked, nothing is paid."
    said = f"{many(calls, 'picture')} to look at"
    if told["answered"]:
        said += f", {number(told['answered'])} answered before"
    said += f" ({megabytes(told['bytes'])}). "
    if (seconds := told["seconds"]) is not None:
        low, high = span(seconds["low"]), span(seconds["high"])
        said += f"About {high}" if low == high else f"Between {low} and {high}"
        said += ", going by runs before. "
    else:
        said += "How long it takes is known once some have run. "
    return said + _cost(told)


def _cost(told: Mapping[str, Any]) -> str:
    if not told["paid"]:
        return "Costs nothing."
    if told["cost"] is None:
        return f"{many(told['mostCalls'], 'call')} at most; what a call costs is not known here."
    return f"About {told['cost']:.2f}, and {told['mostCost']:.2f} at most."
