"""OpenAI, or a server that speaks as it does, standing in on this machine: routes, and how to serve them."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
from aiohttp import web

from manyeyes.stand_in.journal import Entry
from manyeyes.stand_in.openai_order import ChatOrder, parse_chat
from manyeyes.stand_in.openai_problems import (
    ApiError,
    failed,
    failed_late,
    filtered,
    full,
    no_such_model,
    out_of_quota,
    too_large,
    unauthenticated,
)
from manyeyes.stand_in.openai_service import Look, OpenAIService
from manyeyes.stand_in.openai_world import OpenAIWorld
from manyeyes.stand_in.prediction import new_id
from manyeyes.stand_in.serving import listening, serve_until_stopped
from manyeyes.stand_in.weather import Draw
from manyeyes.stand_in.wire_faults import broken, drip, edge, reset

SERVICE = web.AppKey("openai", OpenAIService)
ACCOUNT = web.RequestKey("openai account", str)
#: Headers that the answer to this request must carry.
DUE: web.RequestKey[dict[str, str]] = web.RequestKey("openai headers", dict)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn the request away, or let the route answer it."""
    service = request.app[SERVICE]
    request[DUE] = {"x-request-id": f"req_{new_id(32)}", "openai-version": "2020-10-01"}
    match service.world.weather.state:
        case "down":
            service.journal.note("down")
            return reset(request)
        case "overloaded":
            service.journal.note("overloaded", status=503)
            return edge(503)
    try:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        request[ACCOUNT] = token.strip() if scheme.lower() == "bearer" else ""
        if not service.accepts(request[ACCOUNT]):
            raise unauthenticated(request[ACCOUNT])
        return await handler(request)
    except ApiError as error:
        return _refused(request, error)
    except web.HTTPException as error:
        return _refused(request, ApiError(error.status, f"Invalid URL ({request.method} {request.path})"))


def _refused(request: web.Request, error: ApiError) -> web.Response:
    service = request.app[SERVICE]
    # 429s, and refusals for want of a free slot.
    event = "refused" if error.status == 429 or error.body == full(503).body else "rejected"
    service.journal.note(event, status=error.status, seconds=round(error.wait, 6) if error.wait else None)
    return _say(request, error.status, error.body, error.headers)


def _say(
    request: web.Request, status: int, body: object, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers=request[DUE] | dict(headers or {}),
    )


async def complete(request: web.Request) -> web.StreamResponse:
    """`POST /v1/chat/completions`."""
    service = request.app[SERVICE]
    began = service.clock.now()
    body = await _read(request, service.world.manners.largest_request)
    request[DUE].update(_left(service, request[ACCOUNT], body))
    order = parse_chat(body, service.world)
    if not service.can_pay(request[ACCOUNT]):
        raise out_of_quota()
    look = service.look(order)
    request[DUE].update(_admitted(service, request[ACCOUNT], order, look))
    drawn = service.draw(look)
    event, _, moment = (drawn.fault or "").partition("_")
    if moment == "before":
        service.tell(event, look, status=502 if event == "edge" else None)
        return await broken(request, event)
    breaks = moment == "after" or event == "html"
    service.tell("create", look, status=None if breaks else 200, seconds=drawn.seconds)
    async with service.slots.one():
        await asyncio.sleep(drawn.seconds)
    request[DUE]["openai-processing-ms"] = str(round((service.clock.now() - began) * 1000))
    if breaks:
        service.tell(event, look, status={"edge": 502, "html": 200}.get(event))
        return await broken(request, event)
    return await _answer(request, order, look, drawn)


def _left(service: OpenAIService, account: str, body: object) -> Mapping[str, str]:
    """The headers on what is left, which a request that makes no sense is told, too."""
    model = body.get("model") if isinstance(body, dict) else None
    if not isinstance(model, str):
        return {}
    return service.gate.told(account, model, service.world.limits, service.clock.now())


def _admitted(service: OpenAIService, account: str, order: ChatOrder, look: Look) -> Mapping[str, str]:
    """Let a request in; the headers on what is left. Raises `ApiError`."""
    tokens = max(order.tokens(list(look.sights)), order.question.max_output_tokens)
    limits = service.world.limits
    headers = service.gate.take(account, order.model, tokens, limits, service.clock.now())
    when_full = service.world.manners.when_full
    if when_full != "queue" and service.slots.is_full:
        raise full(int(when_full))
    return headers


async def _answer(request: web.Request, order: ChatOrder, look: Look, drawn: Draw) -> web.StreamResponse:
    service = request.app[SERVICE]
    thought, manners = service.think(order, look, drawn), service.world.manners
    body: object = thought.completion(order, service.world, math.floor(time.time()))
    if thought.habit == "failed":
        service.tell("failed", look)
        if manners.failed_as == "500":
            raise failed()
        body = failed_late()
    elif thought.habit == "refusal" and manners.refused_as == "400":
        raise filtered()
    else:
        service.tell("succeeded", look)
    if drawn.fault == "drip":
        weather, due = service.world.weather, request[DUE]
        service.tell("drip", look, status=200)
        return await drip(request, 200, orjson.dumps(body), due, weather.drip_seconds * weather.time_factor)
    return _say(request, 200, body)


async def _read(request: web.Request, most: int) -> object:
    """The body as JSON. Raises `ApiError`: 413 above `most` bytes, 400 for what is no JSON."""
    # Joined once: `request.read` would grow a buffer piece by piece.
    data = b"".join([piece async for piece in request.content.iter_any()])
    if len(data) > most:
        raise too_large(most)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "We could not parse the JSON body of your request.") from error


async def list_models(request: web.Request) -> web.StreamResponse:
    """`GET /v1/models`."""
    models = [_model(name) for name in request.app[SERVICE].world.manners.models]
    return _say(request, 200, {"object": "list", "data": models})


async def get_model(request: web.Request) -> web.StreamResponse:
    """`GET /v1/models/{model}`."""
    name = request.match_info["model"]
    if name in request.app[SERVICE].world.accounts.missing:
        raise no_such_model(name)
    return _say(request, 200, _model(name))


def _model(name: str) -> Mapping[str, object]:
    return {"id": name, "object": "model", "created": 1_721_172_741, "owned_by": "system"}


_ROUTES = (
    web.post("/v1/chat/completions", complete),
    web.get("/v1/models", list_models),
    web.get("/v1/models/{model:.+}", get_model),
)


class OpenAIServer:
    """A stand-in that is being served."""

    def __init__(self, service: OpenAIService) -> None:
        self._service = service

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`, as clients want it."""
        return f"{self._service.origin}/v1"

    @property
    def world(self) -> OpenAIWorld:
        """What it is like now."""
        return self._service.world

    @property
    def journal(self) -> Sequence[Entry]:
        """All that happened so far, in order."""
        return self._service.journal.entries

    @property
    def counts(self) -> Counter[str]:
        """How often each event of the journal has happened."""
        return self._service.journal.counts

    def change(self, world: OpenAIWorld) -> None:
        """Be like `world` from the next request and the next free slot on."""
        self._service.change(world)


@asynccontextmanager
async def serve_openai(
    world: OpenAIWorld | None = None, port: int = 0, journal: Path | None = None
) -> AsyncIterator[OpenAIServer]:
    """Serve `world` on the loopback interface while the block runs; `port` 0 takes a free one.

    `journal` is appended to. Raises `OSError` where the port is taken or the journal cannot be written.
    """
    service = OpenAIService(world or OpenAIWorld(), journal)
    # Sizes are checked by the routes, which answer as the service does.
    app = web.Application(middlewares=[door], client_max_size=2**40)
    app[SERVICE] = service
    app.add_routes(_ROUTES)
    with service.journal:
        async with listening(app, port) as service.origin:
            yield OpenAIServer(service)


def run_openai(
    world: OpenAIWorld,
    port: int,
    ready: Callable[[str], object],
    journal: Path | None = None,
    *,
    ends_with_input: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called with the base URL once requests are taken.

    With `ends_with_input`, also until standard input ends. Raises as `serve_openai` does.
    """
    serving = serve_openai(world, port, journal)
    told = serve_until_stopped(
        serving, lambda server: ready(server.base_url), ends_with_input=ends_with_input
    )
    asyncio.run(told)
