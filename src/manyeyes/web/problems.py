"""What is wrong with a request, told as `application/problem+json` (RFC 9457) with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from manyeyes.model.errors import ManyeyesError, SettingsError, StoreError

MEDIA_TYPE = "application/problem+json"
#: Every problem's `type` begins like this.
PREFIX = "urn:manyeyes:problem:"

#: Shows a problem on a page instead.
ProblemPage = Callable[[Request, "Problem"], Awaitable[Response]]


class Problem(HTTPException):
    """A request that cannot be carried out: why, and what to do. `kind` is the last part of its type."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        remedy: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(status, detail, None if headers is None else dict(headers))
        self.kind, self.remedy, self.more = kind, remedy, dict(more or {})

    @property
    def title(self) -> str:
        """The kind in words."""
        return self.kind.replace("-", " ").capitalize()

    def as_json(self) -> dict[str, object]:
        """The members of RFC 9457, `remedy`, and what else belongs to this kind."""
        told: dict[str, object] = {"type": PREFIX + self.kind, "title": self.title}
        told |= {"status": self.status_code, "detail": self.detail}
        return told | ({"remedy": self.remedy} if self.remedy else {}) | self.more

    def as_response(self) -> Response:
        """The whole answer."""
        return Response(orjson.dumps(self.as_json()), self.status_code, self.headers, MEDIA_TYPE)


def unreadable() -> Problem:
    """What came is no request that could be read."""
    return Problem(
        400,
        "unreadable-request",
        "this is no HTTP request, or its address or its headers are too long",
        "an address may have 64 KB; ask for less at once",
    )


def unknown(what: str, where: str) -> Problem:
    """There is no `what` of that name; `where` to look for those that there are."""
    return Problem(404, "not-found", f"there is no such {what}", f"see {where} for those that there are")


def of_error(error: ManyeyesError) -> Problem:
    """An error of ours, as far as it ends a request."""
    kind = error.kind.replace("_", "-")
    if isinstance(error, SettingsError):
        return Problem(422, "not-usable", str(error), error.remedy)
    if isinstance(error, StoreError):
        remedy = "see that the store has space and can be written, then try again"
        return Problem(503, kind, str(error), remedy, headers={"Retry-After": "5"})
    return Problem(422, kind, str(error), error.remedy)


def install(app: FastAPI) -> None:
    """Have every fault of a request told as a problem."""
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(ManyeyesError, _of_ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _unforeseen)


async def answer(request: Request, problem: Problem) -> Response:
    """The problem as JSON, or as a page for whoever asked for a page."""
    page: ProblemPage | None = getattr(request.app.state, "problem_page", None)
    if page is not None and wants_page(request):
        return await page(request, problem)
    return problem.as_response()


def path_of(scope: Scope) -> str:
    """The path below the server's root."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "").rstrip("/")) or "/"


def wants_page(request: Request) -> bool:
    """Whether a browser shows the answer to a person."""
    is_api = path_of(request.scope).startswith("/api/")
    return not is_api and "text/html" in request.headers.get("accept", "")


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return await answer(request, error)


async def _of_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, ManyeyesError)
    return await answer(request, of_error(error))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = _faults(error.errors())
    said = "; ".join(f"{fault['where']}: {fault['message']}" for fault in faults[:3])
    remedy = "correct what is named; /openapi.json says what each request takes"
    return await answer(request, Problem(422, "invalid-request", said, remedy, more={"errors": faults}))


def _faults(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Where each fault is, and all that could stand there instead."""
    messages: dict[str, list[str]] = {}
    for fault in errors:
        *place, last = map(str, fault["loc"])
        where = ".".join(place if _KIND.fullmatch(last) else [*place, last])
        messages.setdefault(where, []).append(str(fault["msg"]).removeprefix("Value error, "))
    return [{"where": where, "message": ", or ".join(said)} for where, said in messages.items()]


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != phrase else _SAID.get(error.status_code, phrase.lower())
    problem = Problem(
        error.status_code,
        phrase.lower().replace(" ", "-"),
        detail,
        "see /openapi.json for what there is",
        headers=allowed(request) if error.status_code == 405 else error.headers,
    )
    return await answer(request, problem)


def allowed(request: Request) -> dict[str, str]:
    """The methods that an address takes, of all its routes together."""
    path = path_of(request.scope)
    methods = {
        method.upper()
        for template, operations in request.app.openapi()["paths"].items()
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path)
        for method in operations
    }
    methods |= {"HEAD"} if "GET" in methods else set()
    return {"Allow": ", ".join(sorted(methods))}


#: What pydantic calls the kinds that it tried where a field takes several.
_KIND = re.compile(r"function-\w+\[.*|literal\[.*|constrained-\w+|int|float|bool|str|none", re.DOTALL)
_SAID = {404: "there is nothing at this address", 405: "this address takes other methods"}


async def _unforeseen(request: Request, error: Exception) -> Response:  # noqa: ARG001 - its text is not for strangers
    detail = "a fault of ours ended this request; the server's log tells more"
    return await answer(
        request, Problem(500, "fault-of-ours", detail, "try again, and report it if it stays")
    )
