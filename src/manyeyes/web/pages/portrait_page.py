"""The style profile of a portfolio as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from manyeyes.plots.plot import Plot
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.plots import plots_of
from manyeyes.portrait.profile import profile_of
from manyeyes.store.latest import latest
from manyeyes.web.pages.asked import asked_of
from manyeyes.web.pages.gallery_page import links
from manyeyes.web.pages.looking import Place, place_of
from manyeyes.web.pages.rendering import at_of, show
from manyeyes.web.site import site_of

router = APIRouter(include_in_schema=False)

#: Plots that are pictures of pictures: the page shows those itself.
_OF_PICTURES = ("outliers", "contact_sheet")
#: Plots as wide as the page.
_WIDE = ("palette", "garments_by_colour")


@dataclass(frozen=True, slots=True)
class PlotShown:
    """A plot with its table and where to get it as a file."""

    name: str
    title: str
    note: str
    svg: Markup
    table: Markup
    wide: bool
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
        (f"{place.base}/profile.html", "Profile as one HTML file"),
        (f"{api}/profile", "Its figures as JSON"),
        (f"{api}/export?format=csv", "All pictures as CSV"),
        (f"{api}/export?format=jsonl", "as JSON lines"),
        (f"{api}/export?format=parquet", "as Parquet"),
    ]
    return await shown_profile(request, place, takeaways=takeaways)


async def shown_profile(
    request: Request,
    place: Place,
    *,
    shared: str = "",
    takeaways: Sequence[tuple[str, str]] = (),
) -> Response:
    """The profile for whoever may see it."""
    portfolio = place.summary.portfolio
    profile = await profile_of(latest(site_of(request).house.store, portfolio.id))
    plots = plots_of(profile)
    picked = (
        ("Contact sheet", "Chosen to show what there is.", [_pick(one) for one in profile.contact_sheet]),
        (
            "Least like the rest",
            "The strangest first, and what makes them so.",
            [_pick(one) for one in profile.outliers],
        ),
    )
    return show(
        request,
        "profile.html",
        title=f"Style profile of {portfolio.name}",
        shared=shared,
        profile=profile if profile.analyzed else None,
        plots=[
            _plot(one, "" if shared else place.base)
            for name, one in plots.items()
            if name not in _OF_PICTURES
        ],
        picked=picked,
        takeaways=takeaways,
        link_to=links(request, asked_of(request.query_params, place.base), shared),
        **place.head(),
    )


def _plot(plot: Plot, base: str) -> PlotShown:
    files = [(f"{base}/plots/{plot.name}.{kind}", kind.upper()) for kind in ("svg", "png")] if base else []
    # What is drawn and tabulated there has been escaped there.
    drawn, table = Markup(plot.svg), Markup(plot.table_html)  # noqa: S704
    return PlotShown(plot.name, plot.title, plot.note, drawn, table, plot.name in _WIDE, files)


def _pick(pick: Pick) -> PickShown:
    return PickShown(
        pick.id, pick.sha256, pick.name, "; ".join(str(reason) for reason in pick.reasons) or pick.role
    )
