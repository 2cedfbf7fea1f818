"""The style profile of a portfolio as a page."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from manyeyes.plots.plot import Plot
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.page import SECTIONS
from manyeyes.portrait.plots import plots_of
from manyeyes.portrait.style import StyleProfile
from manyeyes.store.writings import Standing
from manyeyes.web.pages.asked import asked_of
from manyeyes.web.pages.gallery_page import links
from manyeyes.web.pages.looking import Place, place_of
from manyeyes.web.pages.rendering import at_of, show
from manyeyes.web.pages.words import day
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import site_of
from manyeyes.web.writing import Writer, Writing

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class PlotShown:
    """A plot with its table and where to get it as a file."""

    name: str
    title: str
    note: str
    svg: Markup
    table: Markup
    downloads: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PickShown:
    """A picture that stands for others, or for none."""

    id: str
    sha256: str
    alt: str
    says: str


@router.get("/portfolios/{portfolio}/profile")
async def profile_page(request: Request, portfolio: str) -> Response:
    """The portfolio as a whole."""
    place = await place_of(request, portfolio)
    api = f"{at_of(request)}/api/portfolios/{portfolio}"
    takeaways = [
        (f"{place.base}/profile.html", "As one HTML file"),
        (f"{api}/export?format=csv", "All pictures as a spreadsheet (CSV)"),
    ]
    for_programs = [
        (f"{api}/export?format=jsonl", "All pictures as JSON lines"),
        (f"{api}/export?format=parquet", "All pictures as Parquet"),
        (f"{api}/profile", "The profile’s figures as JSON"),
    ]
    return await shown_profile(request, place, takeaways=takeaways, for_programs=for_programs)


async def shown_profile(
    request: Request,
    place: Place,
    *,
    shared: str = "",
    takeaways: Sequence[tuple[str, str]] = (),
    for_programs: Sequence[tuple[str, str]] = (),
) -> Response:
    """The profile for whoever may see it."""
    portfolio = place.summary.portfolio
    writing = site_of(request).writing
    profile = await writing.profile(portfolio.id)
    return show(
        request,
        "profile.html",
        title=f"Style profile of {portfolio.name}",
        shared=shared,
        profile=profile if profile.analyzed else None,
        sections=_sections(profile, "" if shared else place.base),
        sheet=[_pick(one) for one in profile.contact_sheet],
        odd=[_pick(one) for one in profile.outliers],
        for_programs=for_programs,
        takeaways=takeaways,
        wording=_wording(profile, await writing.standing(portfolio.id)),
        order=None if shared else _words_order(writing),
        link_to=links(request, asked_of(request.query_params, place.base), shared),
        **place.head(),
    )


def _sections(profile: StyleProfile, base: str) -> list[tuple[str, list[PlotShown]]]:
    """The plots below their headings; those of pictures are left out, for the page shows these itself."""
    plots = plots_of(profile)
    drawn = {
        title: [_plot(plots[name], base) for name in names if name in plots]
        for title, names in SECTIONS.items()
    }
    return [(title, shown) for title, shown in drawn.items() if shown]


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


def _words_order(writing: Writing) -> dict[str, object]:
    """What the form is made of: a button for each who can write, and what that costs."""
    offers = [(one.analyzer, f"{one.analyzer} {one.model}".strip(), _cost(one)) for one in writing.writers()]
    return {"offers": offers, "lacking": writing.lacking(), "once": secrets.token_urlsafe(18)}


def _cost(writer: Writer) -> str:
    if writer.price is None:
        return "one call; what a call costs is not known here"
    return f"one call, about ${writer.price:.4f}" if writer.price else "one call, which costs nothing"


def _plot(plot: Plot, base: str) -> PlotShown:
    files = [(f"{base}/plots/{plot.name}.{kind}", kind.upper()) for kind in ("svg", "png")] if base else []
    # What is drawn and tabulated there has been escaped there.
    drawn, table = Markup(plot.svg), Markup(plot.table_html)  # noqa: S704
    return PlotShown(plot.name, plot.title, plot.note, drawn, table, files)


def _pick(pick: Pick) -> PickShown:
    return PickShown(
        pick.id, pick.sha256, pick.name, "; ".join(str(reason) for reason in pick.reasons) or pick.role
    )
