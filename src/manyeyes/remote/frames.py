"""Server-sent events, as their lines come in (the WHATWG's HTML standard, 9.2.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One event."""

    event: str
    data: str
    #: The latest id that was told; what a reconnect says it has seen.
    id: str


async def frames(chunks: AsyncIterator[bytes]) -> AsyncIterator[Frame | None]:
    """The events in a stream; None for each comment, which says no more than that the line holds.

    An event that is not followed by an empty line is not whole, and is left out.
    """
    event, data, last = "", list[str](), ""
    async for line in _lines(chunks):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield Frame(event or "message", "\n".join(data), last)
            event, data = "", []
        elif not name:
            yield None
        elif name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            last = value


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The whole lines of a stream; each may end in CR, LF or both."""
    left = b""
    async for chunk in chunks:
        left += chunk
        # A CR at the very end may be half of an end.
        held = left[-1:] if left.endswith(b"\r") else b""
        *whole, left = (
            left[: len(left) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        )
        left += held
        for line in whole:
            yield line.decode("utf-8", "replace")
