"""Ctrl-C and SIGTERM: the first asks a run to end in good order, the second ends it now."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class Interrupts:
    """Counts the interrupts of a run."""

    def __init__(self, first: Callable[[], object], second: Callable[[], object]) -> None:
        self._first = first
        self._second = second
        self.count = 0

    def _hear(self) -> None:
        self.count += 1
        if self.count == 1:
            self._first()
        else:
            self._second()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to both signals while the block lasts."""
        loop = asyncio.get_running_loop()
        with ExitStack() as silence:
            for number in (signal.SIGINT, signal.SIGTERM):
                silence.callback(self._listen(loop, number))
            yield

    def _listen(self, loop: asyncio.AbstractEventLoop, number: signal.Signals) -> Callable[[], object]:
        """Listen to one signal; what ends that."""
        try:
            loop.add_signal_handler(number, self._hear)
        except NotImplementedError:
            # On Windows the loop knows no signals: they come between two lines of Python, and must wake it.
            before = signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._hear))
            return partial(signal.signal, number, before)
        return partial(loop.remove_signal_handler, number)


class Interrupted(Exception):
    """Whoever sits at the terminal has pressed Ctrl-C."""


async def until_interrupted(work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to; the first interrupt cancels it. Raises Interrupted."""
    task = asyncio.ensure_future(work)
    interrupts = Interrupts(task.cancel, task.cancel)
    with interrupts.heard():
        try:
            return await task
        except asyncio.CancelledError:
            if not interrupts.count:
                raise
            raise Interrupted from None
