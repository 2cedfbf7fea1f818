"""Routes of what a run brought: its results and what failed, whatever came after it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from manyeyes.web.api import told
from manyeyes.web.api.asking import RunId, TheSite, only_known, problems
from manyeyes.web.api.gallery import LINES, TYPES
from manyeyes.web.api.whole_shapes import FailuresShape
from manyeyes.web.downloads import disposition
from manyeyes.web.gallery import check_format

router = APIRouter(prefix="/api/runs", tags=["runs"], dependencies=[Depends(only_known)])


@router.get("/{run}/failures", response_model=FailuresShape, responses=problems(404))
async def read_failures_of_run(site: TheSite, run: RunId) -> dict[str, object]:
    """What failed in this run, by cause, each with its remedy."""
    await site.runs.portfolio_of(run)
    return {"causes": [told.clean(cause.as_json()) for cause in await site.gallery.failures_of(run)]}


@router.get("/{run}/export", response_class=StreamingResponse, responses=LINES | problems(404, 409))
async def export_run(
    site: TheSite,
    run: RunId,
    format: Literal["jsonl", "csv", "parquet"] = "jsonl",  # noqa: A002 - its name in the address
    raw: Annotated[bool, Query(description="Add the model's own words.")] = False,
) -> StreamingResponse:
    """The results of this run as a file, in the order of its listing, with the corrections made by hand."""
    portfolio = await site.runs.portfolio_of(run)
    check_format(format)
    headers = {"Content-Disposition": disposition(f"{portfolio.name}.{format}")}
    lines = site.gallery.export_of(run, format, raw=raw)
    return StreamingResponse(lines, media_type=TYPES[format], headers=headers)
