"""The results of a run, as its server writes them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from manyeyes.remote.server import Request, Server


async def exported(server: Server, run: str, form: str, *, raw: bool = False) -> AsyncGenerator[bytes]:
    """The bytes, as they come; a break in their midst is not mended, since they may have changed by then.

    Raises ServerError.
    """
    query = {"format": form} | ({"raw": "true"} if raw else {})
    async with server.opened(Request("GET", f"/api/runs/{run}/export", query)) as response:
        await server.check(response)
        async for piece in response.content.iter_any():
            yield piece
