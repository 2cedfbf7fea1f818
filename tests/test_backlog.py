"""The queue of listed pictures: in order, small in memory, however long."""

from __future__ import annotations

import asyncio
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.engine.backlog import BLOCK, Backlog
from manyeyes.lab import virtual_time
from manyeyes.model.image import ImageRef, Locator


def image(number: int) -> ImageRef:
    entry = None if number % 2 else f"entry {number}\udcff"
    return ImageRef(f"{number}", Locator(f"/pictures/{number}", entry), "1", number)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2500), st.integers(1, 1500)), max_size=8))
def test_pictures_come_out_in_the_order_they_went_in(turns: list[tuple[int, int]]) -> None:
    async def main() -> list[ImageRef]:
        backlog, taken = Backlog(), list[ImageRef]()
        for put, most in turns:
            for _ in range(put):
                backlog.put(image(backlog.count))
            if backlog.count > len(taken):
                got = await backlog.take(most)
                assert 0 < len(got) <= most
                taken += got
        backlog.close()
        while got := await backlog.take(100):
            taken += got
        assert await backlog.take(1) == []
        backlog.discard()
        return taken

    assert virtual_time.run(main()) == [image(number) for number in range(sum(put for put, _ in turns))]


def test_taking_waits_for_the_first_picture() -> None:
    async def main() -> float:
        backlog = Backlog()
        asyncio.get_running_loop().call_later(5, backlog.put, image(1))
        assert await backlog.take(10) == [image(1)]
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 5.0


def test_closing_ends_the_wait() -> None:
    async def main() -> float:
        backlog = Backlog()
        asyncio.get_running_loop().call_later(5, backlog.close)
        assert await backlog.take(10) == []
        await backlog.wait_closed()
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 5.0


def test_a_hundred_thousand_pictures_take_no_more_memory_than_four_thousand() -> None:
    async def held(count: int) -> int:
        tracemalloc.start()
        try:
            backlog = Backlog()
            for number in range(count):
                backlog.put(image(number))
            size, _ = tracemalloc.get_traced_memory()
            backlog.discard()
            return size
        finally:
            tracemalloc.stop()

    few, many = virtual_time.run(held(4 * BLOCK)), virtual_time.run(held(98 * BLOCK))
    # Only where each block lies is remembered: some bytes for a thousand pictures.
    assert many < 1.5 * few


def test_what_is_discarded_is_gone() -> None:
    async def main() -> list[ImageRef]:
        backlog = Backlog()
        for number in range(5 * BLOCK):
            backlog.put(image(number))
        backlog.close()
        backlog.discard()
        return await backlog.take(1)

    assert virtual_time.run(main()) == []
