"""What cannot be read as a request is told so as a problem, as all other faults are."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from manyeyes.web.problems import MEDIA_TYPE, unreadable


def _refuse(self: Any, msg: str) -> None:  # noqa: ARG001 - uvicorn's words are for its log
    """Write the answer, and hear no more of this connection."""
    body = orjson.dumps(unreadable().as_json())
    head = (
        "HTTP/1.1 400 Bad Request",
        f"content-type: {MEDIA_TYPE}",
        f"content-length: {len(body)}",
        "x-content-type-options: nosniff",
        "connection: close",
    )
    self.transport.write("\r\n".join((*head, "", "")).encode() + body)
    self.transport.close()


def http_protocol() -> type[asyncio.Protocol]:
    """Uvicorn's own protocol, but for its answer to what it cannot parse, which is plain text."""
    return type("HTTP", (AutoHTTPProtocol,), {"send_400_response": _refuse})
