"""Room for originals in memory."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.engine.room import Room
from manyeyes.lab import virtual_time

visits = st.lists(
    st.tuples(st.floats(0, 5), st.integers(0, 15), st.floats(0, 5), st.floats(0, 8)), max_size=30
)


@settings(max_examples=150, deadline=None)
@given(visits)
def test_no_more_bytes_than_fit_and_nobody_who_leaves_takes_room_along(
    visits: list[tuple[float, int, float, float]],
) -> None:
    async def main() -> None:
        room, inside = Room(10), list[int]()

        async def visit(comes: float, size: int, stays: float, patience: float) -> None:
            await asyncio.sleep(comes)
            try:
                async with asyncio.timeout(patience), room.taken(size):
                    inside.append(size)
                    try:
                        assert sum(inside) <= 10 or [each for each in inside if each] == [size]
                        await asyncio.sleep(stays)
                    finally:
                        inside.remove(size)
            except TimeoutError:
                pass

        await asyncio.gather(*(visit(*each) for each in visits))
        # All the room is there again.
        async with asyncio.timeout(0.001), room.taken(10):
            pass

    virtual_time.run(main())


def test_a_large_original_is_not_overtaken_for_ever_by_small_ones() -> None:
    async def main() -> list[int]:
        room, order = Room(10), list[int]()

        async def visit(size: int) -> None:
            async with room.taken(size):
                order.append(size)
                await asyncio.sleep(1)

        await asyncio.gather(*map(visit, [6, 20, 4, 4, 4]))
        return order

    assert virtual_time.run(main()) == [6, 20, 4, 4, 4]
