"""Threads for work that keeps a core busy: at most one decoder a core, off the event loop."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Calls from one trim of the heap to the next.
TRIM_EVERY = 64


def cores() -> int:
    """Cores that this process may use, which can be fewer than the machine has (taskset, cpusets)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def heap_trim() -> Callable[[int], object] | None:
    """The C library's way to give free memory back to the system; None where it has none.

    Pictures of many sizes leave glibc's heap full of holes, which it keeps: some 15 MB after 5,000
    photographs of 12 megapixels.
    """
    if os.name != "posix":
        return None
    trim: Callable[[int], object] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim


class Decoders:
    """Runs functions in as many threads as there are cores; `async with` starts and ends them."""

    def __init__(self, threads: int | None = None) -> None:
        """`threads`: how many run at once; None for one a core."""
        self._threads = threads
        self._trim = heap_trim()
        self._calls = itertools.count(1)
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
        call = functools.partial(self._carried_out, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def _carried_out(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        finally:
            if self._trim is not None and next(self._calls) % TRIM_EVERY == 0:
                self._trim(0)
