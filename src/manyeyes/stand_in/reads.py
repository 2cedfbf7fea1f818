"""The routes that look at predictions, list, cancel and stream them."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from manyeyes.stand_in.front import ACCOUNT, SERVICE, say
from manyeyes.stand_in.ledger import Span
from manyeyes.stand_in.prediction import Clock
from manyeyes.stand_in.problems import Problem, not_found


async def get_prediction(request: web.Request) -> web.Response:
    """`GET /v1/predictions/{id}`."""
    service = request.app[SERVICE]
    prediction = service.ledger.find(request[ACCOUNT], request.match_info["id"])
    if prediction.speaks(service.clock.now()):
        service.think(prediction)
    service.journal.note("poll", id=prediction.id, status=200)
    return say(request, 200, service.showing.read(prediction))


async def cancel_prediction(request: web.Request) -> web.Response:
    """`POST /v1/predictions/{id}/cancel`; what has ended stays as it is."""
    service = request.app[SERVICE]
    prediction = service.ledger.find(request[ACCOUNT], request.match_info["id"])
    service.journal.note("cancel", id=prediction.id, status=200)
    service.runner.cancel(prediction)
    return say(request, 200, service.showing.read(prediction) | {"webhook_completed": None})


async def list_predictions(request: web.Request) -> web.Response:
    """`GET /v1/predictions`: newest first, with cursors to the pages beside it."""
    service = request.app[SERVICE]
    asked = {name: value for name, value in request.query.items() if name.startswith("created_")}
    until = _moment(asked.get("created_before"), service.clock)
    if late := service.world.wire.registers_after:
        shown = service.clock.now() - late
        until = shown if until is None else min(until, shown)
    span = Span(_moment(asked.get("created_after"), service.clock), until)
    cursor = request.query.get("cursor")
    page = service.ledger.page(request[ACCOUNT], service.world.wire.page, cursor, span)

    def link(cursor: str | None) -> str | None:
        query = urlencode({"cursor": cursor, **asked})
        return None if cursor is None else f"{service.showing.origin}/v1/predictions?{query}"

    service.journal.note("list", status=200)
    results = [service.showing.read(each) for each in page.predictions]
    return say(request, 200, {"next": link(page.older), "previous": link(page.newer), "results": results})


async def stream_output(request: web.Request) -> web.StreamResponse:
    """`GET /v1/streams/{stream}`: the output as server-sent events while it leaves the model."""
    service = request.app[SERVICE]
    prediction = service.ledger.find_stream(request.match_info["stream"])
    if prediction.removed:
        raise not_found("stream")
    service.journal.note("stream", id=prediction.id, status=200)
    response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-store"})
    await response.prepare(request)
    await prediction.began.wait()
    count = 0
    chunks = service.think(prediction).chunks if prediction.status in ("processing", "succeeded") else ()
    for index, chunk in enumerate(chunks):
        await service.runner.wait_ended(prediction, prediction.due(index, len(chunks)) - service.clock.now())
        if prediction.status not in ("processing", "succeeded"):
            break
        await response.write(_event("output", chunk, count := count + 1))
    await prediction.ended.wait()
    if prediction.status == "failed":
        error = prediction.answer.error if prediction.answer else None
        await response.write(_event("error", error or "", count := count + 1))
    why = {"succeeded": {}, "failed": {"reason": "error"}}.get(prediction.status, {"reason": "canceled"})
    await response.write(_event("done", json.dumps(why), count + 1))
    return response


def _event(name: str, data: str, count: int) -> bytes:
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\nid: {count}\n{lines}\n".encode()


def _moment(text: str | None, clock: Clock) -> float | None:
    """An ISO 8601 date-time on the stand-in's clock. Raises `Problem` (400)."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment - clock.moment(0)).total_seconds()
    except (ValueError, TypeError) as error:
        raise Problem(400, f"{text!r} is no date-time with a zone", "Bad request") from error
