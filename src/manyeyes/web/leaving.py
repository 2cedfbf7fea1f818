"""Work that is given up when whoever asked for it has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from manyeyes.web.problems import Problem

T = TypeVar("T")


async def until_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives; cancelled, and waited for, once nobody is there any more to hear it.

    For requests whose body has been read. Raises Problem, which nobody reads then.
    """
    working, gone = asyncio.ensure_future(work), asyncio.ensure_future(_wait_gone(request))
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        has_ended = working.done()
        for task in (working, gone):
            task.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)
    if not has_ended:
        raise Problem(400, "broken-off", "whoever asked has gone", "ask again")
    return working.result()


async def _wait_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        """What is left of the body."""
