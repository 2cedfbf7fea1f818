"""LiteLLM's Router under a semaphore, with rpm where a rate is told; its retries as they are by default.

Its own `max_parallel_requests` lets nobody wait: it refuses whoever comes beyond, within the client.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from asked import KEY, LONGEST_ANSWER, MODEL, Asked, messages, run
from litellm import Router


async def ask(asked: Asked) -> list[object]:
    """Everything that came, errors too."""
    params: dict[str, object] = {"model": f"openai/{MODEL}", "api_key": KEY, "api_base": asked.base_url}
    if asked.per_minute:
        params["rpm"] = asked.per_minute
    router = Router(model_list=[{"model_name": MODEL, "litellm_params": params}])
    places = asyncio.Semaphore(asked.at_once)

    async def one(picture: Path) -> object:
        async with places:
            completion = await router.acompletion(
                model=MODEL, messages=messages(picture), max_tokens=LONGEST_ANSWER
            )
        return completion.choices[0].message.content

    return list(await asyncio.gather(*map(one, asked.pictures), return_exceptions=True))


run(ask)
