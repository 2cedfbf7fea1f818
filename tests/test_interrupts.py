"""Interrupts: the first asks, the second ends, also where the event loop knows no signals."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest

from manyeyes.cli.interrupts import Interrupts


class WithoutSignals(asyncio.SelectorEventLoop):
    """A loop as Windows has it."""

    def add_signal_handler(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


@pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, WithoutSignals])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_and_the_second_interrupt_are_told_apart(
    loop: type[asyncio.AbstractEventLoop], number: signal.Signals
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def main() -> None:
        interrupts = Interrupts(lambda: heard.put_nowait("first"), lambda: heard.put_nowait("second"))
        with interrupts.heard():
            signal.raise_signal(number)
            assert await heard.get() == "first"
            signal.raise_signal(number)
            assert await heard.get() == "second"
        assert interrupts.count == 2

    before = signal.getsignal(number)
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())
    assert signal.getsignal(number) == before
