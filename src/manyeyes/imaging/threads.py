"""Threads for work that keeps a core busy: at most one decoder a core, off the event loop."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def cores() -> int:
    """Cores that this process may use, which can be fewer than the machine has (taskset, cpusets)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Decoders:
    """Runs functions in as many threads as there are cores; `async with` starts and ends them."""

    def __init__(self, threads: int | None = None) -> None:
        """`threads`: how many run at once; None for one a core."""
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self._threads or cores(), thread_name_prefix="manyeyes-decoder")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Waits for what is running, without blocking the event loop."""
        pool, self._pool = self._pool, None
        assert pool is not None
        pool.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(pool.shutdown)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function` returns or raises, once a thread is free for it.

        Cancelled while it waits for a thread, it never starts; cancelled while it runs, it runs to its end
        (a thread cannot be stopped) and nobody hears of the result.
        """
        assert self._pool is not None, "enter `async with` first"
        call = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)
