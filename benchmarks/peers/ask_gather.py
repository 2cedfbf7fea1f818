"""Batches by asyncio.gather: the next begins when the whole batch has ended."""

from __future__ import annotations

import asyncio

from asked import Asked, run
from official import answer, client_at


async def ask(asked: Asked) -> list[object]:
    """Everything that came, errors too."""
    found: list[object] = []
    async with client_at(asked.base_url) as client:
        for start in range(0, len(asked.pictures), asked.at_once):
            batch = asked.pictures[start : start + asked.at_once]
            found += await asyncio.gather(
                *(answer(client, picture) for picture in batch), return_exceptions=True
            )
    return found


run(ask)
