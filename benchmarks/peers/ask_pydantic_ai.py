"""pydantic-ai's Agent with max_concurrency, or without."""

from __future__ import annotations

import asyncio
from pathlib import Path

from asked import KEY, LONGEST_ANSWER, MODEL, PROMPT, Asked, run
from pydantic_ai import Agent, BinaryContent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


def image_of(picture: Path) -> BinaryContent:
    """The picture as it lies there."""
    return BinaryContent(picture.read_bytes(), media_type="image/jpeg")


async def ask(asked: Asked) -> list[object]:
    """Everything that came, errors too."""
    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=asked.base_url, api_key=KEY))
    agent = Agent(model, max_concurrency=asked.at_once or None, model_settings={"max_tokens": LONGEST_ANSWER})

    async def one(picture: Path) -> object:
        return (await agent.run([PROMPT, image_of(picture)])).output

    return list(await asyncio.gather(*map(one, asked.pictures), return_exceptions=True))


run(ask)
