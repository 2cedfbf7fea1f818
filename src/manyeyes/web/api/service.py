"""Whether the server lives and can work, figures for who watches it, and what can be chosen for a run."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from manyeyes.model.errors import StoreError
from manyeyes.store.reports import list_runs
from manyeyes.web.api.asking import Documented, TheSite, only_known, problems
from manyeyes.web.api.run_shapes import AnalyzersShape, HealthShape
from manyeyes.web.problems import Problem

_FIGURES: Documented = {
    200: {"description": "For Prometheus.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
router = APIRouter(tags=["service"], dependencies=[Depends(only_known)])


@router.get("/healthz", response_model=HealthShape, responses=problems())
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz", response_model=HealthShape, responses=problems(503))
async def readyz(site: TheSite) -> dict[str, str]:
    """Say whether there is all that it takes to work: the store answers, and the disk can be written."""
    try:
        await site.house.store.carry_out(lambda connection: list_runs(connection, most=1))
        await asyncio.to_thread(_check_disk, site.house.data)
    except (StoreError, OSError) as error:
        raise Problem(
            503,
            "not-ready",
            str(error),
            "see that the store and the data folder have space and can be written",
        ) from None
    return {"status": "ok"}


@router.get(
    "/metrics",
    response_class=Response,
    responses=_FIGURES | problems(),
)
async def metrics(site: TheSite) -> Response:
    """The runs of this server in figures that Prometheus reads."""
    return Response(generate_latest(site.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/api/analyzers", response_model=AnalyzersShape, responses=problems())
async def list_analyzers(site: TheSite) -> dict[str, object]:
    """The analyzers that can be chosen, and what is used where a run does not say."""
    house = site.house
    notes = await asyncio.to_thread(house.analyzers)
    return {
        "analyzers": [
            {
                "name": note.name,
                "model": note.model,
                "paid": note.paid,
                "lacks": note.lacks,
                "pricePerCall": house.prices.get(note.name),
            }
            for note in notes
        ],
        "default": house.default_analyzer,
        "concurrency": house.default_concurrency,
        "presets": house.presets,
    }


def _check_disk(data: Path) -> None:
    place = data / f".ready-{secrets.token_hex(8)}"
    try:
        place.write_bytes(b"ready")
    finally:
        place.unlink(missing_ok=True)
