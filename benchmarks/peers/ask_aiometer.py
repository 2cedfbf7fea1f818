"""aiometer around the official client: so many at once, and so many a second where that is told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import aiometer
from asked import Asked, run
from official import answer, client_at


async def ask(asked: Asked) -> list[object]:
    """Everything that came, errors too: aiometer itself ends with the first error."""
    async with client_at(asked.base_url) as client:

        async def one(picture: Path) -> object:
            try:
                return await answer(client, picture)
            except Exception as error:  # noqa: BLE001 - counted
                return error

        return list(
            await aiometer.run_all(
                [partial(one, picture) for picture in asked.pictures],
                max_at_once=asked.at_once or None,
                max_per_second=asked.per_minute / 60 if asked.per_minute else None,
            )
        )


run(ask)
