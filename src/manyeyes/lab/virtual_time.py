"""An event loop whose clock jumps: when every task waits, time goes on to the next timer."""

from __future__ import annotations

import asyncio
import gc
import selectors
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


class Deadlock(RuntimeError):
    """Every task waits and no timer is set: nothing could ever happen again."""


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting for I/O, moves the clock by the time that it was told to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock("every task waits and no timer is set")
        self.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs the very same code on a clock that starts at 0 and never waits.

    Threads have no place here and raise; real I/O is never ready, which ends in a Deadlock.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.now

    def run_in_executor(self, *_: object) -> NoReturn:
        """Refuse: nobody could tell when a thread is done."""
        raise RuntimeError("virtual time allows no threads: use the inline parts of the lab")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end in virtual time. Raises Deadlock where it could never end."""
    with _fewer_collections(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Look for cycles of garbage less often: a simulation makes many small values and next to no cycles, and
    the search for them took a tenth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], 10_000), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
