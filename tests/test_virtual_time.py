"""The clock that jumps."""

from __future__ import annotations

import asyncio

import pytest

from manyeyes.lab import virtual_time
from manyeyes.lab.virtual_time import Deadlock


def test_an_hour_passes_in_no_time() -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 3600.0


def test_timers_go_off_in_their_order() -> None:
    seen: list[float] = []

    async def note(seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append(asyncio.get_running_loop().time())

    async def main() -> None:
        await asyncio.gather(*(note(seconds) for seconds in (5, 1, 3, 1)))

    virtual_time.run(main())
    assert seen == [1, 1, 3, 5]


def test_time_stands_still_while_work_is_done() -> None:
    async def main() -> float:
        for _ in range(1000):
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 0.0


def test_a_timeout_goes_off_at_its_time() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(7):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 7.0


def test_waiting_for_what_can_never_happen_raises() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="no timer is set"):
        virtual_time.run(main())


def test_threads_have_no_place() -> None:
    async def main() -> None:
        await asyncio.to_thread(print)

    with pytest.raises(RuntimeError, match="no threads"):
        virtual_time.run(main())


def test_every_run_begins_at_zero() -> None:
    async def main() -> float:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(1)
        return began

    assert [virtual_time.run(main()) for _ in range(3)] == [0.0] * 3
