"""Server-sent events are the same however the bytes of a stream are cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.remote.frames import Frame, frames

STREAM = (
    b': here\n\nretry: 2000\nid: a-1\nevent: progress\ndata: {"current": 1}\n\n'
    b"id: a-2\r\nevent: progress\r\ndata: one\r\ndata:  two\r\n\r\n"
    b": still here\n\ndata: \xc3\xa9t\xc3\xa9\r\rid: a-3\nevent: ended\ndata\n\n"
    b"event: progress\ndata: cut sho"
)
TOLD = [
    None,
    Frame("progress", '{"current": 1}', "a-1"),
    Frame("progress", "one\n two", "a-2"),
    None,
    Frame("message", "été", "a-2"),
    Frame("ended", "", "a-3"),
]


def told(chunks: Iterable[bytes]) -> list[Frame | None]:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def all_of_it() -> list[Frame | None]:
        return [frame async for frame in frames(stream())]

    return asyncio.run(all_of_it())


def test_a_stream_is_read_as_the_standard_says() -> None:
    assert told([STREAM]) == TOLD


@given(st.lists(st.integers(0, len(STREAM)), max_size=12).map(sorted))
def test_it_does_not_matter_where_a_stream_is_cut(cuts: list[int]) -> None:
    ends = [0, *cuts, len(STREAM)]
    assert told(STREAM[start:end] for start, end in pairwise(ends)) == TOLD
