"""Ctrl-C and SIGTERM: the first asks a run to end in good order, the second ends it now."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Interrupts:
    """Counts the interrupts of a run."""

    def __init__(self, first: Callable[[], None], second: Callable[[], None]) -> None:
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
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self._hear)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)
