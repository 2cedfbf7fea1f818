"""The cap on what is sent a second."""

from __future__ import annotations

import asyncio

from manyeyes.lab import virtual_time
from manyeyes.pacing.uplink import Uplink


def _sent_at(uplink: Uplink, sizes: list[int]) -> list[float]:
    """When each of these may start, asked for at once."""

    async def send(size: int) -> float:
        await uplink.wait_room(size)
        return asyncio.get_running_loop().time()

    async def main() -> list[float]:
        return await asyncio.gather(*(send(size) for size in sizes))

    return virtual_time.run(main())


def test_row_10_what_is_sent_keeps_to_the_rate() -> None:
    assert _sent_at(Uplink(1000), [2000, 500, 3000, 1]) == [0, 2, 2.5, 5.5]


def test_without_a_cap_nobody_waits() -> None:
    assert _sent_at(Uplink(), [10**9, 10**9]) == [0, 0]


def test_a_rest_saves_nothing_up() -> None:
    async def main() -> float:
        uplink = Uplink(1000)
        await uplink.wait_room(1000)
        await asyncio.sleep(60)
        await uplink.wait_room(1000)
        await uplink.wait_room(1)
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 61
