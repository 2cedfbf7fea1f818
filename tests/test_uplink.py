"""The cap on what is sent a second."""

from __future__ import annotations

import asyncio

from manyeyes.lab import virtual_time
from manyeyes.pacing.limit import Ending, FixedLimit
from manyeyes.pacing.limiter import Gate, Limiter
from manyeyes.pacing.uplink import Uplink


def _sent_at(limiter: Limiter, sizes: list[int]) -> list[float]:
    """When calls with pictures of these sizes are sent, one after another as the limiter lets them."""

    async def main() -> list[float]:
        sent = []
        for size in sizes:
            permit = await limiter.acquire()
            permit.sends(size)
            sent.append(asyncio.get_running_loop().time())
        return sent

    return virtual_time.run(main())


def test_row_10_what_is_sent_keeps_to_the_rate() -> None:
    assert _sent_at(Limiter(FixedLimit(9), uplink=Uplink(1000)), [2000, 500, 3000, 1]) == [0, 2, 2.5, 5.5]


def test_without_a_cap_nobody_waits() -> None:
    assert _sent_at(Limiter(FixedLimit(9)), [10**9, 10**9]) == [0, 0]


def test_a_rest_saves_nothing_up() -> None:
    line = Uplink(1000).taken(0.0, 1000).taken(61.0, 1000)
    assert line.wait(61.0) == 1.0


def test_what_holds_back_is_the_upload() -> None:
    async def main() -> None:
        limiter = Limiter(FixedLimit(9), uplink=Uplink(1000))
        permit = await limiter.acquire()
        permit.sends(500)
        now = asyncio.get_running_loop().time()
        assert limiter.binding(now) is Gate.UPLOAD
        assert limiter.binding(now + 0.5) is None
        permit.release(Ending.ANSWERED)

    virtual_time.run(main())
