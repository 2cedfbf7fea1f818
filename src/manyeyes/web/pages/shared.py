"""A portfolio for whoever has the link: gallery, pictures and profile, to look at only."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from manyeyes.store.shares import find_share
from manyeyes.web.pages.fields import groups_of
from manyeyes.web.pages.gallery_page import gallery_page
from manyeyes.web.pages.looking import Place, place_of
from manyeyes.web.pages.picture import picture_found, shown_page
from manyeyes.web.pages.portrait_page import shown_profile
from manyeyes.web.problems import Problem
from manyeyes.web.site import site_of

router = APIRouter(prefix="/shared/{token}", include_in_schema=False)


@router.get("")
async def gallery(request: Request, token: str) -> Response:
    """The gallery."""
    return await gallery_page(request, await _opened(request, token), shared=token)


@router.get("/profile")
async def profile(request: Request, token: str) -> Response:
    """The style profile."""
    return await shown_profile(request, await _opened(request, token), shared=token)


@router.get("/images/{picture}")
async def picture_page(request: Request, token: str, picture: str) -> Response:
    """One of its pictures."""
    place = await _opened(request, token)
    found, shown = await picture_found(site_of(request), picture)
    if found.portfolio.id != place.summary.portfolio.id:
        raise _closed()
    groups = groups_of(shown, None) if shown.descriptor is not None else []
    return await shown_page(request, found, shown, shared=token, groups=groups)


async def _opened(request: Request, token: str) -> Place:
    """What the link opens. Raises Problem where it opens nothing."""
    share = await site_of(request).house.store.carry_out(partial(find_share, token=token))
    if share is None:
        raise _closed()
    return await place_of(request, share.portfolio, token)


def _closed() -> Problem:
    return Problem(
        404, "not-found", "this link opens nothing", "it may have been withdrawn: ask whoever gave it to you"
    )
