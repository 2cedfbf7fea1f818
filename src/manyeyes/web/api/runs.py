"""Routes of runs: estimated, started, watched, paused, ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import JSONResponse, StreamingResponse

from manyeyes.web.api import told
from manyeyes.web.api.asking import Documented, PortfolioId, RunId, TheSite, at, only_known, problems
from manyeyes.web.api.run_shapes import EstimateShape, RunAsked, RunShape, RunsShape
from manyeyes.web.live import Frames
from manyeyes.web.orders import as_order
from manyeyes.web.site import Site

router = APIRouter(prefix="/api", tags=["runs"], dependencies=[Depends(only_known)])

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern="^[ -~]{1,255}$",
        description="What comes again with the same key is not carried out again: a double click buys once.",
    ),
]
Seen = Annotated[
    str | None, Header(alias="Last-Event-ID", description="What was seen last, as browsers send it.")
]
Most = Annotated[int, Query(ge=1, le=200)]
_EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["progress", "ended"]},
        "id": {"type": "string", "description": "What to give as Last-Event-ID after a break."},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer", "minimum": 0, "description": "Milliseconds."},
    },
}
_EVENTS: Documented = {
    200: {
        "description": "Events `progress` with all of the state as it changes, then `ended`.",
        "content": {"text/event-stream": {"itemSchema": _EVENT}},
    }
}


@router.post("/portfolios/{portfolio}/estimate", response_model=EstimateShape, responses=problems(404, 409))
async def estimate_run(
    site: TheSite, portfolio: PortfolioId, asked: RunAsked | None = None
) -> dict[str, object]:
    """What a run would take and cost: nothing is read, and nothing is bought."""
    estimate = await site.estimates.of(portfolio, as_order(asked or RunAsked(), site.house))
    return told.estimate(estimate)


@router.get("/portfolios/{portfolio}/runs", response_model=RunsShape, responses=problems(404))
async def list_runs_of(site: TheSite, portfolio: PortfolioId, limit: Most = 50) -> dict[str, object]:
    """The runs of a portfolio, newest first, whoever started them."""
    return {"runs": [told.run_brief(run) for run in await site.runs.of(portfolio, limit)]}


@router.post(
    "/portfolios/{portfolio}/runs", response_model=RunShape, status_code=201, responses=problems(404, 409)
)
async def start_run(
    site: TheSite, request: Request, portfolio: PortfolioId, asked: RunAsked | None = None, key: Key = None
) -> JSONResponse:
    """Start to analyze a portfolio. The run goes on whoever watches, and is taken up after a crash."""
    wanted = asked or RunAsked()
    order = as_order(wanted, site.house)

    async def start() -> str:
        return await site.runs.start(portfolio, order)

    whole = f"start {portfolio} {wanted.model_dump_json()}".encode()
    return await _told(site, request, await site.once.answer(_key(key, "start"), whole, start))


@router.get("/runs", response_model=RunsShape, responses=problems())
async def list_runs(site: TheSite, limit: Most = 50) -> dict[str, object]:
    """The runs of all portfolios, newest first."""
    return {"runs": [told.run_brief(run) for run in await site.runs.newest(limit)]}


@router.get("/runs/{run}", response_model=RunShape, responses=problems(404))
async def read_run(site: TheSite, run: RunId) -> dict[str, object]:
    """A run: how far it is, how it goes, and what was asked of it."""
    return told.run(await site.runs.one(run))


@router.get("/runs/{run}/events", response_class=StreamingResponse, responses=_EVENTS | problems(404))
async def watch_run(site: TheSite, run: RunId, last: Seen = None) -> Frames:
    """Server-sent events of a run until it has ended. Each holds all: a slow watcher skips some."""
    return Frames(await site.runs.watch(run, last))


@router.post("/runs/{run}/pause", response_model=RunShape, responses=problems(404, 409))
async def pause_run(site: TheSite, run: RunId) -> dict[str, object]:
    """Send nothing more for now; what is in flight is finished and saved."""
    await site.runs.pause(run)
    return told.run(await site.runs.one(run))


@router.post("/runs/{run}/resume", response_model=RunShape, responses=problems(404, 409))
async def resume_run(site: TheSite, run: RunId) -> dict[str, object]:
    """Go on after a pause."""
    await site.runs.resume(run)
    return told.run(await site.runs.one(run))


@router.post("/runs/{run}/cancel", response_model=RunShape, responses=problems(404, 409))
async def cancel_run(site: TheSite, run: RunId) -> dict[str, object]:
    """Stop for good; what is in flight is finished and saved, and what was answered is kept."""
    await site.runs.cancel(run)
    return told.run(await site.runs.one(run))


@router.post(
    "/runs/{run}/retry-failed", response_model=RunShape, status_code=201, responses=problems(404, 409)
)
async def retry_failed(site: TheSite, request: Request, run: RunId, key: Key = None) -> JSONResponse:
    """Start a new run of the same portfolio and order that asks again for what failed."""

    async def again() -> str:
        return await site.runs.retry_failed(run)

    whole = f"retry {run}".encode()
    return await _told(site, request, await site.once.answer(_key(key, "retry"), whole, again))


def _key(key: str | None, act: str) -> str | None:
    return None if key is None else f"{act} {key}"


async def _told(site: Site, request: Request, run: str) -> JSONResponse:
    answer = RunShape.model_validate(told.run(await site.runs.one(run)))
    return JSONResponse(
        answer.model_dump(mode="json", by_alias=True), 201, {"Location": at(request, f"/api/runs/{run}")}
    )
