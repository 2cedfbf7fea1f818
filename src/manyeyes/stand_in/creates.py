"""Both create routes, and what may go wrong between buying and hearing of it."""

from __future__ import annotations

import orjson
from aiohttp import web

from manyeyes.stand_in.front import ACCOUNT, LIMITS, SERVICE, read_json, say
from manyeyes.stand_in.order import Order, parse_order
from manyeyes.stand_in.pictures import Picture
from manyeyes.stand_in.prediction import Prediction
from manyeyes.stand_in.problems import insufficient_credit
from manyeyes.stand_in.service import Service
from manyeyes.stand_in.wire_faults import broken, drip


async def create_by_version(request: web.Request) -> web.StreamResponse:
    """`POST /v1/predictions`."""
    return await _create(request, None)


async def create_by_model(request: web.Request) -> web.StreamResponse:
    """`POST /v1/models/{owner}/{name}/predictions`."""
    return await _create(request, f"{request.match_info['owner']}/{request.match_info['name']}")


async def _create(request: web.Request, model: str | None) -> web.StreamResponse:
    service = request.app[SERVICE]
    account = request[ACCOUNT]
    body = await read_json(request, service.world.wire.max_body_bytes)
    if not service.can_pay(account):
        raise insufficient_credit(service.showing.origin)
    order = parse_order(body, request.headers, service.world, model)
    pictures = service.pictures(account, order)
    drawn = service.draw(account, pictures)
    if drawn.fault in ("reset_before", "edge_before", "stall_before"):
        return await _break_before(request, drawn.fault, pictures)
    status = None if drawn.fault in ("reset_after", "edge_after", "stall_after", "html") else 201
    if status and not order.wait:
        status = service.world.wire.unfinished_status
    prediction = service.buy(account, order, pictures, drawn, status)
    if drawn.fault in ("reset_after", "edge_after", "stall_after", "html"):
        return await _break_after(request, drawn.fault, prediction, order)
    return await _answer(request, prediction, order)


async def _answer(request: web.Request, prediction: Prediction, order: Order) -> web.StreamResponse:
    service = request.app[SERVICE]
    status, body = await _told(service, prediction, order)
    headers = {"preference-applied": order.preferred} if order.preferred else {}
    if prediction.draw.fault == "drip":
        service.tell("drip", prediction, status=status)
        weather = service.world.weather
        seconds = weather.drip_seconds * weather.time_factor
        return await drip(request, status, orjson.dumps(body), request[LIMITS] | headers, seconds)
    return say(request, status, body, headers)


async def _told(service: Service, prediction: Prediction, order: Order) -> tuple[int, dict[str, object]]:
    """Status and body of the answer, once there is one to give: at once, or when the wait is over."""
    wire = service.world.wire
    unfinished = wire.unfinished_status
    if not order.wait:
        return unfinished, service.showing.created(prediction, output_before=wire.output_before)
    partial = wire.finished_wait == "partial"
    wait = service.runner.wait_halfway if partial else service.runner.wait_ended
    if not await wait(prediction, order.wait):
        return unfinished, service.showing.created(prediction, output_before=wire.output_before)
    # Whoever is late to look sees it ended: then, too, no more than half is shown.
    if partial and prediction.status in ("processing", "succeeded"):
        pieces = len(service.think(prediction).chunks)
        return 201, service.showing.waited(prediction, pieces=max(1, pieces // 2))
    if prediction.status == "succeeded" and wire.finished_wait != "succeeded":
        return 201, service.showing.waited(prediction)
    return 201, service.showing.read(prediction)


async def _break_before(request: web.Request, fault: str, pictures: list[Picture]) -> web.StreamResponse:
    """Answer wrongly or not at all; nothing was bought."""
    service = request.app[SERVICE]
    event = fault.partition("_")[0]
    status = 502 if event == "edge" else None
    sha256 = pictures[0].sha256 if pictures else None
    service.journal.note(event, sha256=sha256, bytes=sum(len(each.data) for each in pictures), status=status)
    return await broken(request, event)


async def _break_after(
    request: web.Request, fault: str, prediction: Prediction, order: Order
) -> web.StreamResponse:
    """Answer wrongly or not at all, though the work was bought; while the client waits, halfway through."""
    service = request.app[SERVICE]
    event = fault.partition("_")[0]
    if order.wait and event != "stall":
        await service.runner.wait_halfway(prediction, order.wait)
    service.tell(event, prediction, status={"edge": 502, "html": 200}.get(event))
    return await broken(request, event)
