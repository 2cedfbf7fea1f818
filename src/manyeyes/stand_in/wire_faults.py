"""What goes wrong on the wire, whatever service it leads to."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping

from aiohttp import web

from manyeyes.stand_in.problems import edge_page

#: Pieces in which a dripping answer comes.
_DRIPS = 20


def edge(status: int) -> web.Response:
    """A page of the proxy in front of the service: HTML, and nothing the API promises."""
    return web.Response(text=edge_page(status), status=status, content_type="text/html")


def reset(request: web.Request) -> web.Response:
    """Break the connection, so that the client sees a reset. What is returned reaches nobody."""
    transport = request.transport
    if isinstance(transport, asyncio.Transport):
        # Closing with a linger of zero seconds sends RST in place of FIN.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    return web.Response(status=500)


async def broken(request: web.Request, event: str) -> web.StreamResponse:
    """No answer of the service: a `reset`, a `stall`, or a page of the `edge`, or of `html`."""
    match event:
        case "reset":
            return reset(request)
        case "stall":
            # Until the client gives up or the stand-in ends: either cancels this.
            await asyncio.Event().wait()
    return edge(200 if event == "html" else 502)


async def drip(
    request: web.Request, status: int, data: bytes, headers: Mapping[str, str], seconds: float
) -> web.StreamResponse:
    """An answer in JSON that takes so many seconds to come, a few bytes at a time."""
    response = web.StreamResponse(status=status, headers=headers)
    response.content_type = "application/json"
    response.content_length = len(data)
    await response.prepare(request)
    size = 1 + len(data) // _DRIPS
    for start in range(0, len(data), size):
        await response.write(data[start : start + size])
        await asyncio.sleep(seconds / _DRIPS)
    await response.write_eof()
    return response
