"""Serves a stand-in on the loopback interface, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from threading import Thread
from typing import TypeVar

from aiohttp import web

HOST = "127.0.0.1"

S = TypeVar("S")


@asynccontextmanager
async def listening(app: web.Application, port: int) -> AsyncIterator[str]:
    """Serve `app` while the block runs; gives its origin. `port` 0 takes a free one.

    Raises `OSError` where the port is taken.
    """
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    try:
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def serve_until_stopped(
    serving: AbstractAsyncContextManager[S], ready: Callable[[S], object], *, ends_with_input: bool
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called once requests are taken.

    With `ends_with_input`, also until standard input ends: so it outlives nobody who holds the other end.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if ends_with_input:
        # A thread, since not everything that can be an input can be waited for in a loop.
        Thread(target=_read_to_the_end, args=(loop, stopped.set), daemon=True).start()
    async with serving as server:
        ready(server)
        await stopped.wait()


def _read_to_the_end(loop: asyncio.AbstractEventLoop, then: Callable[[], object]) -> None:
    # By its number: an end in mid-read would find Python's own stream locked.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(then)
