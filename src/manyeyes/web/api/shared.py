"""Routes of a portfolio that was shared: looked at by whoever has the link, and nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.responses import FileResponse

from manyeyes.web.api import told
from manyeyes.web.api.asking import PictureId, TheFilters, ThePlace, TheSite, only_known, problems
from manyeyes.web.api.images import WEBP, Edge, Size, thumbnail
from manyeyes.web.api.shapes import CardPage, CardShape, FacetsShape, SharedShape
from manyeyes.web.problems import unknown
from manyeyes.web.site import Site

router = APIRouter(prefix="/api/shared", tags=["shared"], dependencies=[Depends(only_known)])

Token = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{20,100}$", description="What the link ends with.")]


@router.get("/{token}", response_model=SharedShape, responses=problems(404))
async def read_shared(site: TheSite, token: Token) -> dict[str, object]:
    """The portfolio that a link opens."""
    found = await site.portfolios.one(await site.shares.portfolio(token))
    return {
        "name": told.shown(found.portfolio.name),
        "pictures": found.pictures,
        "analyzed": found.analyzed,
        "failed": found.failed,
        "waiting": found.waiting,
    }


@router.get("/{token}/images", response_model=CardPage, responses=problems(404))
async def list_shared_images(
    site: TheSite,
    token: Token,
    filters: TheFilters,
    place: ThePlace,
) -> dict[str, object]:
    """Its pictures, filtered and sorted."""
    page = await site.gallery.page(await site.shares.portfolio(token), filters, place)
    images = [told.shared_card(one, below(token)) for one in page.cards]
    return {"images": images, "cursor": page.cursor, "total": page.total}


@router.get("/{token}/facets", response_model=FacetsShape, responses=problems(404))
async def read_shared_facets(site: TheSite, token: Token, filters: TheFilters) -> dict[str, object]:
    """Of every field its values with their counts."""
    counted = await site.gallery.facets(await site.shares.portfolio(token), filters)
    return {"fields": {name: [told.facet(one) for one in values] for name, values in counted.items()}}


@router.get("/{token}/images/{picture}", response_model=CardShape, responses=problems(404))
async def read_shared_image(site: TheSite, token: Token, picture: PictureId) -> dict[str, object]:
    """One picture with its descriptor; not the model's own words, nor what it cost."""
    await of_share(site, token, picture)
    return told.shared_card((await site.gallery.picture(picture)).card, below(token))


@router.get(
    "/{token}/images/{picture}/thumbnail", response_class=FileResponse, responses=WEBP | problems(404, 409)
)
async def read_shared_thumbnail(  # noqa: PLR0917 - its parts of the address
    site: TheSite,
    request: Request,
    token: Token,
    picture: PictureId,
    size: Size = Edge.SMALL,
    v: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """A picture of it, small. The original is not given away."""
    await of_share(site, token, picture)
    return await thumbnail(site, request, picture, size, v)


async def of_share(site: Site, token: str, picture: str) -> None:
    """Raise Problem unless the picture belongs to the portfolio that the link opens."""
    record = await site.thumbnails.record(picture)
    if record.portfolio.id != await site.shares.portfolio(token):
        raise unknown("picture", "the pictures of this portfolio")


def below(token: str) -> str:
    """Where the pictures of a shared portfolio lie."""
    return f"/api/shared/{token}/images"
