"""The route that takes pictures: files, folders, ZIPs, and addresses to fetch them from."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from manyeyes.web.api import told
from manyeyes.web.api.asking import Documented, PortfolioId, TheSite, only_known, problems
from manyeyes.web.api.shapes import HashesAsked, HeldShape, ReceiptShape, UrlsAsked
from manyeyes.web.leaving import until_gone
from manyeyes.web.problems import Problem
from manyeyes.web.receiving import no_space
from manyeyes.web.site import Site
from manyeyes.web.uploads import Receipt

router = APIRouter(prefix="/api/portfolios", tags=["portfolios"], dependencies=[Depends(only_known)])

_FILES: dict[str, Any] = {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": (
            "Files of a form, any number of them; a file's name may be a path, as `webkitRelativePath` gives "
            "it. Or one picture or ZIP (`application/zip`) as the body, called by the parameter `name`;"
            " or addresses, as JSON."
        ),
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"files": _FILES}, "required": ["files"]},
                "encoding": {"files": {"contentType": "image/*"}},
            },
            "application/json": {
                "schema": {"$ref": "#/components/schemas/UrlsAsked"},
                "example": {"urls": ["https://example.com/look-01.jpg"]},
            },
            **{f"image/{kind}": {"schema": _FILES["items"]} for kind in ("jpeg", "png", "webp", "gif")},
        },
    }
}
_RECEIPT = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReceiptShape"}}}}
Name = Annotated[str, Query(max_length=1000, description="Of a body that is one file.")]
_SAME: Documented = {200: {"description": "All of it was there already.", **_RECEIPT}}
_RAW = ("application/octet-stream", "application/zip", "image/")


@router.post(
    "/{portfolio}/images",
    response_model=ReceiptShape,
    status_code=201,
    openapi_extra=_BODY,
    responses=_SAME | problems(400, 404, 409, 413, 415, 507),
)
async def add_images(
    site: TheSite,
    request: Request,
    portfolio: PortfolioId,
    name: Name = "",  # noqa: ARG001 - read where the body is
) -> JSONResponse:
    """Add pictures to a portfolio. What is no picture is named and the rest is taken; what is there already
    is said to be."""
    kind = request.headers.get("content-type", "").lower().partition(";")[0].strip()
    if kind == "application/json":
        urls = await _urls(site, request)
        receipt = await until_gone(request, site.uploads.fetch(portfolio, urls))
    elif kind == "multipart/form-data" or kind.startswith(_RAW):
        receipt = await site.uploads.receive(request, portfolio)
    else:
        raise Problem(
            415,
            "unknown-type",
            f"a body of the type {kind[:80]!r} is not taken",
            "send multipart/form-data, application/octet-stream, application/zip, image/*, or JSON with urls",
        )
    answer = told.receipt(receipt)
    if not (receipt.added or receipt.duplicates):
        raise _nothing_taken(receipt, answer)
    return JSONResponse(answer, receipt.status)


def _nothing_taken(receipt: Receipt, answer: dict[str, object]) -> Problem:
    """Nothing was any good; or it may have been, and there is no room for it."""
    if any(one.no_room for one in receipt.refused):
        return no_space(answer)
    first = receipt.refused[0]
    return Problem(
        409,
        "nothing-taken",
        told.shown(f"{first.name}: {first.reason}"),
        "correct what is named, or choose other pictures",
        more=answer,
    )


@router.post("/{portfolio}/images/held", response_model=HeldShape, responses=problems(404))
async def held_images(site: TheSite, portfolio: PortfolioId, asked: HashesAsked) -> dict[str, object]:
    """Which of these pictures are there already, by the SHA-256 of their bytes: they need not be sent."""
    return {"held": told.clean(await site.uploads.held(portfolio, asked.sha256))}


async def _urls(site: Site, request: Request) -> list[str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > site.house.caps.json:
            raise Problem(413, "too-large", "so many addresses are too many at once", "send fewer")
    try:
        urls = UrlsAsked.model_validate_json(body).urls
    except ValidationError as error:
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
        ) from None
    if len(urls) > site.house.caps.urls:
        raise Problem(
            413, "too-many-urls", f"more than {site.house.caps.urls} addresses at once", "send them in parts"
        )
    return urls
