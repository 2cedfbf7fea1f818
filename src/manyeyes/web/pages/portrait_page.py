"""The style profile of a portfolio as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from manyeyes.plots.plot import Plot
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.page import SECTIONS
from manyeyes.portrait.plots import plots_of
from manyeyes.portrait.style import StyleProfile
from manyeyes.web.pages.asked import asked_of
from manyeyes.web.pages.gallery_page import links
from manyeyes.web.pages.looking import Place, place_of
from manyeyes.web.pages.rendering import at_of, show
from manyeyes.web.pages.wording import wording_of
from manyeyes.web.site import site_of

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
    profile = await site_of(request).writing.profile(portfolio.id)
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
        **await wording_of(request, place, profile, may_order=not shared),
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


def _plot(plot: Plot, base: str) -> PlotShown:
    files = [(f"{base}/plots/{plot.name}.{kind}", kind.upper()) for kind in ("svg", "png")] if base else []
    # What is drawn and tabulated there has been escaped there.
    drawn, table = Markup(plot.svg), Markup(plot.table_html)  # noqa: S704
    return PlotShown(plot.name, plot.title, plot.note, drawn, table, files)


def _pick(pick: Pick) -> PickShown:
    return PickShown(
        pick.id, pick.sha256, pick.name, "; ".join(str(reason) for reason in pick.reasons) or pick.role
    )
