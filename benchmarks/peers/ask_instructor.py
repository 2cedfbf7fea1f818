"""instructor over the official client, in JSON mode, under a semaphore."""

from __future__ import annotations

import asyncio
from pathlib import Path

import instructor
from asked import LONGEST_ANSWER, MODEL, Asked, messages, run
from official import client_at
from pydantic import BaseModel


class Garment(BaseModel):
    """What each answer is checked against."""

    garment_type: str | None


async def ask(asked: Asked) -> list[object]:
    """Everything that came, errors too."""
    client = instructor.from_openai(client_at(asked.base_url), mode=instructor.Mode.JSON)
    places = asyncio.Semaphore(asked.at_once)

    async def one(picture: Path) -> object:
        async with places:
            garment = await client.chat.completions.create(
                model=MODEL,
                messages=messages(picture),
                response_model=Garment,
                max_tokens=LONGEST_ANSWER,
            )
            return garment.model_dump_json()

    return list(await asyncio.gather(*map(one, asked.pictures), return_exceptions=True))


run(ask)
