"""The style profile as files to take along: one HTML file, and each plot as SVG and PNG."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from manyeyes.plots.png import png_of
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.page import Heading, page_of
from manyeyes.portrait.plots import plots_of
from manyeyes.portrait.style import StyleProfile
from manyeyes.web.downloads import disposition
from manyeyes.web.pages.looking import place_of
from manyeyes.web.pages.rendering import SMALL
from manyeyes.web.pages.words import day
from manyeyes.web.problems import Problem, unknown
from manyeyes.web.site import Site, site_of

router = APIRouter(include_in_schema=False)

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@router.get("/portfolios/{portfolio}/profile.html")
async def profile_file(request: Request, portfolio: str) -> Response:
    """The whole profile as one HTML file that needs nothing else."""
    place, site = await place_of(request, portfolio), site_of(request)
    profile, shown = await _profile(site, portfolio)
    name, run = place.summary.portfolio.name, place.summary.newest_run
    about = "" if run is None else f"{run.adapter} {run.model}, {day(run.started)}"
    made = await asyncio.to_thread(page_of, profile, Heading(name, about), lambda pick: shown.get(pick.id))
    return _file(made.encode(), "text/html; charset=utf-8", f"{name}, style profile.html")


@router.get("/portfolios/{portfolio}/plots/{plot}.{kind}")
async def plot_file(request: Request, portfolio: str, plot: str, kind: Literal["svg", "png"]) -> Response:
    """One plot."""
    place, site = await place_of(request, portfolio), site_of(request)
    profile, shown = await _profile(site, portfolio)
    found = plots_of(profile, lambda pick: shown.get(pick.id)).get(plot)
    if found is None:
        raise unknown("plot", "the style profile")
    drawn = found.svg_file()
    content = await asyncio.to_thread(png_of, drawn) if kind == "png" else drawn.encode()
    return _file(content, _TYPES[kind], f"{place.summary.portfolio.name}, {found.title}.{kind}")


async def _profile(site: Site, portfolio: str) -> tuple[StyleProfile, Mapping[str, str]]:
    """The profile, and the pictures that it shows as data URIs."""
    profile = await site.writing.profile(portfolio)
    if not profile.analyzed:
        raise Problem(
            409, "not-analyzed", "no picture of this portfolio is analyzed yet", "analyze some first"
        )
    picks = {pick.id: pick for pick in (*profile.contact_sheet, *profile.outliers)}
    found = {pick.id: await _data_uri(site, pick) for pick in picks.values()}
    return profile, {id_: uri for id_, uri in found.items() if uri is not None}


async def _data_uri(site: Site, pick: Pick) -> str | None:
    try:
        small = await site.thumbnails.file(await site.thumbnails.record(pick.id), SMALL)
        content = await asyncio.to_thread(small.read_bytes)
    except (Problem, OSError):
        return None
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": disposition(name)})
