"""LangChain's ChatOpenAI by `abatch`, with max_concurrency or without."""

from __future__ import annotations

from asked import KEY, LONGEST_ANSWER, MODEL, Asked, messages, run
from langchain_openai import ChatOpenAI


async def ask(asked: Asked) -> list[object]:
    """Everything that came, errors too."""
    model = ChatOpenAI(model=MODEL, api_key=KEY, base_url=asked.base_url, max_tokens=LONGEST_ANSWER)
    config = {"max_concurrency": asked.at_once} if asked.at_once else None
    found = await model.abatch(
        [messages(picture) for picture in asked.pictures], config=config, return_exceptions=True
    )
    return [each if isinstance(each, Exception) else each.content for each in found]


run(ask)
