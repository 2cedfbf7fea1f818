"""Who the account is, which models there are, and the secret that webhooks would be signed with."""

from __future__ import annotations

import base64
import re
from hashlib import sha256

from aiohttp import web

from manyeyes.stand_in.front import ACCOUNT, SERVICE, say
from manyeyes.stand_in.problems import not_found

_OUTPUT = {
    "type": "array",
    "items": {"type": "string"},
    "x-cog-array-type": "iterator",
    "x-cog-array-display": "concatenate",
}
_URIS = {"type": "array", "items": {"type": "string", "format": "uri"}, "default": []}
_INPUT = {
    "prompt": {"type": "string"},
    "images": _URIS,
    "videos": _URIS,
    "system_instruction": {"type": "string"},
    "temperature": {"type": "number", "default": 1, "minimum": 0, "maximum": 2},
    "top_p": {"type": "number", "default": 0.95, "minimum": 0, "maximum": 1},
    "max_output_tokens": {"type": "integer", "default": 65535, "minimum": 1, "maximum": 65535},
    "thinking_budget": {"type": "integer", "minimum": 0, "maximum": 24576},
    "dynamic_thinking": {"type": "boolean", "default": False},
}
_SCHEMA = {
    "openapi": "3.0.2",
    "info": {"title": "Cog", "version": "0.1.0"},
    "components": {
        "schemas": {
            "Input": {"type": "object", "title": "Input", "required": ["prompt"], "properties": _INPUT},
            "Output": _OUTPUT,
        }
    },
}


async def account(request: web.Request) -> web.Response:
    """`GET /v1/account`: a name made from the token, so that two tokens are two people."""
    name = "stand-in-" + sha256(request[ACCOUNT].encode()).hexdigest()[:8]
    return say(request, 200, {"type": "user", "username": name, "name": name, "github_url": None})


async def webhook_secret(request: web.Request) -> web.Response:
    """`GET /v1/webhooks/default/secret`."""
    key = base64.b64encode(sha256(b"webhooks " + request[ACCOUNT].encode()).digest()).decode()
    return say(request, 200, {"key": f"whsec_{key}"})


async def model(request: web.Request) -> web.Response:
    """`GET /v1/models/{owner}/{name}`."""
    owner, name = request.match_info["owner"], request.match_info["name"]
    if f"{owner}/{name}" in request.app[SERVICE].world.accounts.missing:
        raise not_found("model")
    shown = {
        "url": f"https://replicate.com/{owner}/{name}",
        "owner": owner,
        "name": name,
        "description": "Stands in for the model of this name.",
        "visibility": "public",
        "is_official": True,
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 0,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": _version(request, sha256(f"{owner}/{name}".encode()).hexdigest()),
    }
    return say(request, 200, shown)


async def version(request: web.Request) -> web.Response:
    """`GET /v1/models/{owner}/{name}/versions/{version}`: every model has the one input schema here."""
    named = request.match_info["version"]
    if named in request.app[SERVICE].world.accounts.missing or not re.fullmatch("[0-9a-f]{64}", named):
        raise not_found("version")
    return say(request, 200, _version(request, named))


def _version(request: web.Request, named: str) -> dict[str, object]:
    clock = request.app[SERVICE].clock
    return {
        "id": named,
        "created_at": clock.wall(0),
        "cog_version": "0.16.9",
        "openapi_schema": _SCHEMA,
    }
