"""All pages together."""

from __future__ import annotations

from fastapi import APIRouter

from manyeyes.web.pages import (
    adding,
    doors,
    editing,
    front,
    gallery_page,
    ordering,
    picture,
    portrait_page,
    review,
    running,
    shared,
)

router = APIRouter(include_in_schema=False)
for part in (
    front, adding, gallery_page, editing, ordering, running, picture, review, portrait_page, shared, doors,
):  # fmt: skip
    router.include_router(part.router)
