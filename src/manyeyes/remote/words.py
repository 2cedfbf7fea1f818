"""Has a model of the server put a portfolio into words."""

from __future__ import annotations

import asyncio
import secrets

from manyeyes.model.errors import NotWritten
from manyeyes.remote.answers import understood
from manyeyes.remote.server import Request, Server

#: Seconds between looks at what is being written.
_LOOK = 0.5


async def have_written(server: Server, portfolio: str, analyzer: str, model: str | None) -> None:
    """Order the words and wait until they are there. Raises NotWritten, ServerError and SettingsError."""
    path = f"/api/portfolios/{portfolio}/words"
    # A request whose answer was lost is sent again, and must not buy again.
    key = {"Idempotency-Key": secrets.token_urlsafe(18)}
    asked = {"analyzer": analyzer} | ({} if model is None else {"model": model})
    told = await server.ask(Request("POST", path, json=asked, headers=key))
    while True:
        with understood(server.address):
            state, message = told["state"], told["message"]
        if state == "written":
            return
        if state != "writing":
            raise NotWritten(f"{analyzer} has written nothing: {message or 'it was broken off; ask again'}")
        await asyncio.sleep(_LOOK)
        told = await server.get(path)
