"""Answers HEAD as GET would, with its headers and nothing else (RFC 9110, 9.3.2)."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadersAlone:
    """Has every address that answers GET answer HEAD, and ends the answer once its headers are told."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what was asked."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._tell_headers(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _tell_headers(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = asyncio.Event()

        async def headers_alone(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                told.set()

        answering = asyncio.ensure_future(self._app({**scope, "method": "GET"}, receive, headers_alone))
        enough = asyncio.ensure_future(told.wait())
        try:
            await asyncio.wait((answering, enough), return_when=asyncio.FIRST_COMPLETED)
        finally:
            # A stream would go on for as long as its run does.
            is_told = told.is_set()
            for task in (answering, enough):
                task.cancel()
            ends = await asyncio.gather(answering, enough, return_exceptions=True)
        if not is_told and isinstance(ends[0], Exception):
            raise ends[0]
