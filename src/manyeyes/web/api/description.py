"""`/openapi.json`: what FastAPI works out of the routes, and what it cannot know."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from manyeyes.web.api.shapes import UrlsAsked

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request was not carried out (RFC 9457), and what to do.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "`urn:manyeyes:problem:` and what kind it is of."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "remedy": {"type": "string", "description": "What to do about it."},
    },
    "additionalProperties": True,
    "examples": [
        {
            "type": "urn:manyeyes:problem:not-found",
            "title": "Not found",
            "status": 404,
            "detail": "there is no such portfolio",
            "remedy": "see GET /api/portfolios for those that there are",
        }
    ],
}
_TOKEN = {"type": "http", "scheme": "bearer", "description": "MANYEYES_TOKEN, where the server has one."}


def describe(app: FastAPI) -> None:
    """Have `/openapi.json` tell of problems, of the token, and of bodies that are streamed."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    told = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    components = told.setdefault("components", {})
    shapes = components.setdefault("schemas", {})
    shapes |= {"Problem": _PROBLEM, "UrlsAsked": UrlsAsked.model_json_schema()}
    components["securitySchemes"] = {"token": _TOKEN}
    # Either, since a server on this machine alone asks for none.
    told["security"] = [{}, {"token": []}]
    return told
