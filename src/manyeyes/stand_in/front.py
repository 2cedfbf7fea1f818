"""The door every request comes through: weather, token, quota, and how answers are written."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

import orjson
from aiohttp import web

from manyeyes.stand_in.problems import Problem, unauthenticated
from manyeyes.stand_in.service import Service
from manyeyes.stand_in.wire_faults import edge, reset

SERVICE = web.AppKey("service", Service)
ACCOUNT = web.RequestKey("account", str)
#: Rate-limit headers that the answer to this request must carry.
LIMITS: web.RequestKey[dict[str, str]] = web.RequestKey("limits", dict)

_CREATE = re.compile(r"/v1(/models/[^/]+/[^/]+)?/predictions/?")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def front(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn the request away, or let the route answer it."""
    service = request.app[SERVICE]
    request[LIMITS] = {}
    service.tidy()
    match service.world.weather.state:
        case "down":
            service.journal.note("down")
            return reset(request)
        case "overloaded":
            service.journal.note("overloaded", status=503)
            return edge(503)
    try:
        return _refused(request, service) or await handler(request)
    except Problem as problem:
        service.journal.note("rejected", status=problem.status)
        return say_problem(request, problem)
    except web.HTTPException as error:
        service.journal.note("rejected", status=error.status)
        return say_problem(request, Problem(error.status, error.reason))


def say(
    request: web.Request, status: int, body: object, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer with the headers that are due."""
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers=request[LIMITS] | dict(headers or {}),
    )


def say_problem(request: web.Request, problem: Problem) -> web.Response:
    """A problem document."""
    return web.Response(
        body=orjson.dumps(problem.body),
        status=problem.status,
        content_type="application/problem+json",
        headers=request[LIMITS],
    )


async def read_json(request: web.Request, most: int) -> object:
    """The body as JSON. Raises `Problem`: 413 above `most` bytes, 400 for what is no JSON."""
    # Joined once: `request.read` would grow a buffer piece by piece.
    data = b"".join([piece async for piece in request.content.iter_any()])
    if len(data) > most:
        raise Problem(413, f"Request body is larger than {most} bytes", "Request entity too large")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"Request body is not valid JSON: {error}", "Bad request") from error


def _refused(request: web.Request, service: Service) -> web.Response | None:
    """The 401 or 429 this request gets, or None where it may pass."""
    if request.path.startswith("/v1/streams/"):
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = scheme.lower() in ("bearer", "token") and service.accepts(token.strip())
    request[ACCOUNT] = token.strip() if known else ""
    if request.method == "GET" and request.path.startswith("/v1/files"):
        passage = None
    else:
        create = request.method == "POST" and _CREATE.fullmatch(request.path) is not None
        now = service.clock.now()
        passage = service.gate.take(request[ACCOUNT], service.world.quotas, now, create=create)
        told = service.world.quotas.announced
        request[LIMITS] = {
            name: value
            for name, value in passage.headers.items()
            if told or not name.startswith("ratelimit-")
        }
    if not known:
        raise unauthenticated()
    if passage is None or not passage.wait:
        return None
    service.journal.note("refused", status=429, seconds=round(passage.wait, 6))
    return say(request, 429, passage.body)
