"""All pages together."""

from __future__ import annotations

from fastapi import APIRouter

from manyeyes.web.pages import (
    adding,
    assets,
    doors,
    editing,
    front,
    gallery_page,
    ordering,
    picture,
    portrait_files,
    portrait_page,
    review,
    running,
    shared,
    wording,
)

router = APIRouter(include_in_schema=False)
for part in (
    assets, front, adding, gallery_page, editing, ordering, running, picture, review, portrait_page,
    portrait_files, wording, shared, doors,
):  # fmt: skip
    router.include_router(part.router)
