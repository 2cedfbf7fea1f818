"""Routes of one picture: what is known of it, its bytes large and small, corrections, likenesses."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.responses import FileResponse

from manyeyes.model.correction import CORRECTABLE
from manyeyes.web.api import told
from manyeyes.web.api.asking import Documented, PictureId, TheSite, only_known, problems
from manyeyes.web.api.run_shapes import RunShape
from manyeyes.web.api.shapes import AlikesShape, CardShape, CorrectionAsked, PictureShape
from manyeyes.web.downloads import AS_A_FILE, disposition
from manyeyes.web.site import Site

router = APIRouter(prefix="/api/images", tags=["images"], dependencies=[Depends(only_known)])

Field = Annotated[str, Path(json_schema_extra={"enum": list(CORRECTABLE)}, examples=["neckline"])]


class Edge(IntEnum):
    """Longest edges of small pictures, in pixels."""

    SMALL = 320
    LARGE = 1280


Size = Annotated[Edge, Query(description="Pixels of the longest edge.")]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
WEBP: Documented = {
    200: {"description": "The picture, small.", "content": {"image/webp": _BINARY}},
    304: {"description": "It is as you have it."},
}
_BYTES: Documented = {
    200: {"description": "The picture as it came.", "content": {"application/octet-stream": _BINARY}}
}


@router.get("/{picture}", response_model=PictureShape, responses=problems(404))
async def read_image(site: TheSite, picture: PictureId) -> dict[str, object]:
    """A picture with its whole descriptor, and how it ended in every run: its raw answer, what
    it took and cost."""
    return told.picture(await site.gallery.picture(picture), site.house.prices)


@router.delete("/{picture}", status_code=204, responses=problems(404, 409))
async def delete_image(site: TheSite, picture: PictureId) -> None:
    """Forget a picture with its answers. An uploaded file is deleted; files of others are left alone."""
    await site.portfolios.delete_picture(picture)


@router.get("/{picture}/thumbnail", response_class=FileResponse, responses=WEBP | problems(404, 409))
async def read_thumbnail(
    site: TheSite,
    request: Request,
    picture: PictureId,
    size: Size = Edge.SMALL,
    v: Annotated[
        str, Query(max_length=64, description="As the picture's JSON gives it: keep it for ever.")
    ] = "",
) -> Response:
    """The picture small, as WebP: upright, re-encoded here, made once."""
    return await thumbnail(site, request, picture, size, v)


async def thumbnail(site: Site, request: Request, picture: str, size: int, v: str) -> Response:
    """A small picture; one that is asked for by what it shows never changes."""
    record = await site.thumbnails.record(picture)
    path = await site.thumbnails.file(record, size)
    etag = f'"{record.sha256[:32]}-{size}"'
    lasts = "max-age=31536000, immutable" if v and record.sha256.startswith(v) else "no-cache"
    headers = {"ETag": etag, "Cache-Control": f"private, {lasts}"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="image/webp", headers=headers)


@router.get("/{picture}/original", response_class=Response, responses=_BYTES | problems(404, 409))
async def read_original(site: TheSite, picture: PictureId) -> Response:
    """The picture as it came, to be kept as a file."""
    record = await site.thumbnails.record(picture)
    data = await site.thumbnails.original(record)
    headers = AS_A_FILE | {
        "Content-Disposition": disposition(record.name),
        "Cache-Control": "private, no-cache",
    }
    return Response(data, headers=headers)


@router.put("/{picture}/corrections/{field}", response_model=CardShape, responses=problems(404))
async def correct_image(
    site: TheSite, picture: PictureId, field: Field, asked: CorrectionAsked
) -> dict[str, object]:
    """Set a field of the descriptor by hand. Gallery, profile and export show it, whatever models say."""
    return told.card(await site.gallery.correct(picture, field, asked.value))


@router.delete("/{picture}/corrections/{field}", response_model=CardShape, responses=problems(404))
async def withdraw_correction(site: TheSite, picture: PictureId, field: Field) -> dict[str, object]:
    """Let a field say again what the model said."""
    return told.card(await site.gallery.withdraw(picture, field))


@router.get("/{picture}/alike", response_model=AlikesShape, responses=problems(404, 409))
async def read_alike(
    site: TheSite, picture: PictureId, limit: Annotated[int, Query(ge=1, le=50)] = 12
) -> dict[str, object]:
    """The pictures of the same portfolio that look most like this one."""
    near = await site.likenesses.of(picture, limit)
    return {"images": [{"image": told.card(one), "distance": round(distance, 4)} for one, distance in near]}


@router.post("/{picture}/retry", response_model=RunShape, status_code=201, responses=problems(404, 409))
async def retry_image(site: TheSite, picture: PictureId) -> dict[str, object]:
    """Start a run of this picture alone, which asks again."""
    record = await site.thumbnails.record(picture)
    run = await site.runs.retry_one(record.portfolio.id, picture)
    return told.run(await site.runs.one(run))
