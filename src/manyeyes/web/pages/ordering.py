"""How a run is wanted, as a form asks for it; and what it would come to, in words."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from manyeyes.model.errors import ManyeyesError
from manyeyes.settings import Preset
from manyeyes.store.orders import Order
from manyeyes.web.estimates import Estimate, Estimates
from manyeyes.web.house import AnalyzerNote
from manyeyes.web.pages.looking import Place
from manyeyes.web.pages.rendering import at_of
from manyeyes.web.pages.run_shown import RunShown
from manyeyes.web.pages.words import many, megabytes, number, span
from manyeyes.web.problems import Problem
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import site_of

router = APIRouter(include_in_schema=False)

#: What is to be known of an analyzer that its name does not say.
_WORDS = {
    "local": "local: free, on this machine",
    "modelled": "modelled: made-up answers, for trials",
}
PRESETS: tuple[str, ...] = get_args(Preset)


@router.post("/portfolios/{portfolio}/runs")
async def start(request: Request, portfolio: str) -> Response:
    """Begin a run; sent twice, it begins once."""
    form = await checked_form(request)
    site, order = site_of(request), order_of(form)
    begin = partial(site.runs.start, portfolio, order)
    what = f"form of {portfolio}"
    await site.once.answer(form.get("once") or None, f"{what}: {order!r}".encode(), begin)
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
    """What the form for a new run is made of: as the last one was wanted, or as the address says."""
    house = site_of(request).house
    notes = house.analyzers()
    wanted = dict(run.order if run is not None else {})
    asked = request.query_params
    before = {
        "analyzer": "" if wanted.get("analyzer") == house.default_analyzer else wanted.get("analyzer"),
        "model": wanted.get("model"),
        "concurrency": wanted.get("concurrency") or wanted.get("preset"),
        "most_calls": wanted.get("budget"),
    }
    said = None
    if asked.get("estimate"):
        said = await _estimate(request, place.summary.portfolio.id, asked)
        before |= {name: asked.get(name) for name in before}
    return {
        "order": before,
        "analyzers": _choices(notes, house.default_analyzer),
        "speed": house.default_concurrency,
        "lacking": [(note.name, note.lacks) for note in notes if note.lacks],
        "models": sorted({note.model for note in notes if note.model}),
        "presets": [(name, house.presets.get(name)) for name in PRESETS],
        "estimate": said,
        "once": secrets.token_urlsafe(18),
    }


@dataclass(frozen=True, slots=True)
class Choice:
    """An analyzer as the form offers it."""

    #: Empty for the one that the server was set up with.
    value: str
    words: str
    #: The model that it asks unless another is named; empty where there is none to name.
    model: str


def _choices(notes: Sequence[AnalyzerNote], default: str) -> list[Choice]:
    """What can be chosen, the server's own choice first, whether it can be used or not."""
    usable = sorted(
        (note for note in notes if note.name == default or not note.lacks),
        key=lambda note: note.name != default,
    )
    return [
        Choice("" if note.name == default else note.name, _WORDS.get(note.name, note.name), note.model or "")
        for note in usable
    ]


def order_of(form: Mapping[str, str]) -> Order:
    """The order that a form holds; whether it can be carried out is found when it is. Raises Problem."""
    speed = form.get("concurrency", "").strip().lower() or None
    budget = form.get("most_calls", "").strip()
    if budget and (not budget.isdecimal() or not 0 < int(budget) < 10**9):
        detail = f"calls at most is a whole number from 1 up, not {budget[:40]!r}"
        raise Problem(422, "not-usable", detail, "correct it, or leave it empty for no cap")
    return Order(
        analyzer=form.get("analyzer", "").strip() or None,
        model=form.get("model", "").strip() or None,
        concurrency=None if speed in PRESETS else speed,
        preset=speed if speed in PRESETS else None,
        most_calls=int(budget) if budget else None,
        fresh=bool(form.get("fresh")),
    )


async def _estimate(request: Request, portfolio: str, form: Mapping[str, str]) -> str:
    return estimate_words(await Estimates(site_of(request).house).of(portfolio, order_of(form)))


def estimate_words(told: Estimate) -> str:
    """An estimate as people read it."""
    seen = told.preview
    if not seen.calls:
        what = many(seen.pictures, "picture")
        return f"All {what} have their answer already: nothing is asked, and nothing is paid."
    said = f"{many(seen.calls, 'picture')} to look at"
    if seen.answered:
        said += f", {number(seen.answered)} answered before"
    said += f" ({megabytes(seen.size)})"
    if told.calls < seen.calls:
        said += f", of which at most {number(told.calls)} until your cap on calls is reached"
    return f"{said}. {_time(told)} {_cost(told)}"


def _time(told: Estimate) -> str:
    if told.seconds is None:
        return "How long it takes is known once some have run."
    low, high = span(told.seconds[0]), span(told.seconds[1])
    return f"{f'About {high}' if low == high else f'Between {low} and {high}'}."


def _cost(told: Estimate) -> str:
    if told.cost is None or told.most_cost is None:
        return f"{many(told.most_calls, 'call')} at most; what a call costs is not known here."
    if not told.most_cost:
        return "It costs nothing."
    return f"About ${told.cost:.2f}, and ${told.most_cost:.2f} at most."
