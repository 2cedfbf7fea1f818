"""One call by the official OpenAI client, its own retries as they are by default (two)."""

from __future__ import annotations

from pathlib import Path

from asked import KEY, LONGEST_ANSWER, MODEL, messages
from openai import AsyncOpenAI


def client_at(base_url: str) -> AsyncOpenAI:
    """The client with its defaults."""
    return AsyncOpenAI(api_key=KEY, base_url=base_url)


async def answer(client: AsyncOpenAI, picture: Path) -> str | None:
    """The text of one answer."""
    completion = await client.chat.completions.create(
        model=MODEL, messages=messages(picture), max_tokens=LONGEST_ANSWER
    )
    return completion.choices[0].message.content
