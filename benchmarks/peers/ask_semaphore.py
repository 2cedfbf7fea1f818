"""A bare semaphore around the official client."""

from __future__ import annotations

import asyncio
from pathlib import Path

from asked import Asked, run
from official import answer, client_at


async def ask(asked: Asked) -> list[object]:
    """Everything that came, errors too."""
    places = asyncio.Semaphore(asked.at_once)
    async with client_at(asked.base_url) as client:

        async def one(picture: Path) -> str | None:
            async with places:
                return await answer(client, picture)

        return list(await asyncio.gather(*map(one, asked.pictures), return_exceptions=True))


run(ask)
