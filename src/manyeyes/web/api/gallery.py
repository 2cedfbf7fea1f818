"""Routes of a portfolio's pictures: the gallery, its facets, what failed, the profile, exports."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from manyeyes.web.api import told
from manyeyes.web.api.asking import (
    Documented,
    PortfolioId,
    TheFilters,
    ThePlace,
    TheSite,
    only_known,
    problems,
)
from manyeyes.web.api.shapes import CardPage, DuplicateGroups, FacetsShape
from manyeyes.web.api.whole_shapes import FailuresShape, ProfileShape
from manyeyes.web.downloads import disposition
from manyeyes.web.gallery import check_format
from manyeyes.web.site import Site

router = APIRouter(prefix="/api/portfolios", tags=["gallery"], dependencies=[Depends(only_known)])

#: What each kind of export is, for the one who gets it.
TYPES = {
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


LINES: Documented = {
    200: {
        "description": "One line, or row, for each picture.",
        "content": {kind: {"schema": {"type": "string"}} for kind in TYPES.values()},
    }
}


@router.get("/{portfolio}/images", response_model=CardPage, responses=problems(404))
async def list_images(
    site: TheSite,
    portfolio: PortfolioId,
    filters: TheFilters,
    place: ThePlace,
) -> dict[str, object]:
    """The pictures of a portfolio, filtered and sorted. What to review: `sort=confidence`, or `below=0.5`."""
    page = await site.gallery.page(portfolio, filters, place)
    return {"images": told.cards(page.cards), "cursor": page.cursor, "total": page.total}


@router.get("/{portfolio}/facets", response_model=FacetsShape, responses=problems(404))
async def read_facets(site: TheSite, portfolio: PortfolioId, filters: TheFilters) -> dict[str, object]:
    """Of every field its values with their counts, each counted with the other fields' filters applied."""
    counted = await site.gallery.facets(portfolio, filters)
    return {"fields": {name: [told.facet(one) for one in values] for name, values in counted.items()}}


@router.get("/{portfolio}/failures", response_model=FailuresShape, responses=problems(404))
async def read_failures(site: TheSite, portfolio: PortfolioId) -> dict[str, object]:
    """What failed, by cause, each with its remedy."""
    causes = await site.gallery.failures(portfolio)
    return {"causes": [told.clean(cause.as_json()) for cause in causes]}


@router.get("/{portfolio}/duplicates", response_model=DuplicateGroups, responses=problems(404))
async def read_duplicates(site: TheSite, portfolio: PortfolioId) -> dict[str, object]:
    """Pictures with the same bytes, together."""
    return {"groups": [told.cards(group) for group in await site.gallery.duplicates(portfolio)]}


@router.get("/{portfolio}/profile", response_model=ProfileShape, responses=problems(404))
async def read_profile(site: TheSite, portfolio: PortfolioId) -> dict[str, object]:
    """The portfolio as a whole: its palette, what it is made of, and what stands out."""
    await site.gallery.exists(portfolio)
    return await profile(site, portfolio)


async def profile(site: Site, portfolio: str) -> dict[str, object]:
    """The style of a portfolio that exists."""
    return {"profile": told.clean((await site.writing.profile(portfolio)).as_json())}


@router.get(
    "/{portfolio}/export",
    response_class=StreamingResponse,
    responses=LINES | problems(404, 409),
)
async def export(
    site: TheSite,
    portfolio: PortfolioId,
    filters: TheFilters,
    format: Literal["jsonl", "csv", "parquet"] = "jsonl",  # noqa: A002 - its name in the address
    raw: Annotated[bool, Query(description="Add the model's own words.")] = False,
) -> StreamingResponse:
    """The results as a file, with the corrections made by hand; `raw` adds what the model said."""
    found = await site.portfolios.one(portfolio)
    check_format(format)
    headers = {"Content-Disposition": disposition(f"{found.portfolio.name}.{format}")}
    lines = site.gallery.export(portfolio, format, filters, raw=raw)
    return StreamingResponse(lines, media_type=TYPES[format], headers=headers)
