"""An OpenAI adapter in front of a service that answers by a script."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from manyeyes.analyzers.openai import OpenAI
from manyeyes.model.ask import Reply
from manyeyes.model.errors import AnalyzerError
from replicate_service import ASK, IMAGE, INTENT, Received, Service, Step, says, serving

T = TypeVar("T")
KEY = "sk-secret0123456789"
DRESS = '{"garment_type": "dress"}'
LIMITS = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149000",
    "x-ratelimit-reset-tokens": "400ms",
}


def completion(content: object = DRESS, finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """A chat completion as OpenAI sends it."""
    return {
        "id": "chatcmpl-BqJ0x",
        "object": "chat.completion",
        "created": 1_751_000_000,
        "model": "gpt-4.1-mini-2025-04-14",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": None} | message,
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": {"prompt_tokens": 1263, "completion_tokens": 215, "total_tokens": 1478},
    }


def fault(message: str, kind: str | None = None, code: object = None, **more: object) -> dict[str, Any]:
    """An error object as OpenAI sends it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code} | more}


def answers(content: object = DRESS, **more: Any) -> Step:
    """A completion with status 200."""
    return says(completion(content, **more), 200)


def run(
    steps: list[Step], use: Callable[[OpenAI], Awaitable[T]], **settings: Any
) -> tuple[T, list[Received]]:
    """What `use` gives on an adapter whose service follows `steps`, and what the service received."""

    async def main() -> tuple[T, list[Received]]:
        async with serving(Service(steps)) as service:
            suffix, key = settings.pop("suffix", "/v1"), settings.pop("key", KEY)
            async with OpenAI(key, base_url=service.origin + suffix, **settings) as openai:
                return await use(openai), service.received

    return asyncio.run(main())


async def start(openai: OpenAI) -> Reply:
    return await openai.start(IMAGE, ASK, INTENT)


def start_error(*steps: Step, **settings: Any) -> AnalyzerError:
    """The error that a start ends in; every message is for people and keeps the key to itself."""
    with pytest.raises(AnalyzerError) as caught:
        run(list(steps), start, **settings)
    assert KEY not in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value
