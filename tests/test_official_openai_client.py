"""The official OpenAI client 3.54.0 talks to the stand-in as it would to the service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from manyeyes.stand_in.openai import OpenAIServer, serve_openai
from manyeyes.stand_in.openai_world import openai_world_from
from stand_in_client import data_uri

FAST: dict[str, object] = {"median": 0.02, "cv": 0.0}


class Garment(BaseModel):
    """What `parse` asks for."""

    garment_type: str | None
    confidence: float
    embellishments: list[str]


def asked(text: str = "Answer in JSON.", url: str | None = None, **more: object) -> Any:
    content = [
        {"type": "text", "text": text},
        {"type": "image_url", "image_url": {"url": url or data_uri(), **more}},
    ]
    return [{"role": "user", "content": content}]


Scene = Callable[[openai.AsyncOpenAI, OpenAIServer], Awaitable[None]]


def talk(scene: Scene, key: str = "sk-test", retries: int = 0, **settings: object) -> None:
    async def play() -> None:
        world = openai_world_from(FAST | settings)
        async with (
            serve_openai(world) as server,
            openai.AsyncOpenAI(api_key=key, base_url=server.base_url, max_retries=retries) as client,
        ):
            await scene(client, server)

    asyncio.run(play())


def test_a_completion_is_parsed_with_its_usage_and_its_headers() -> None:
    async def scene(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        raw = await client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini", messages=asked(), max_tokens=500
        )
        completion = raw.parse()
        choice, usage = completion.choices[0], completion.usage
        assert json.loads(choice.message.content or "")["color_palette"][0]["name"] == "navy"
        assert (choice.finish_reason, choice.message.refusal) == ("stop", None)
        assert completion.id.startswith("chatcmpl-")
        assert usage is not None
        # 640 × 480 are two tiles of 512: 85 + 2 × 170, and four tokens of text.
        assert usage.prompt_tokens == 429
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
        assert raw.headers["x-ratelimit-remaining-requests"] == "4999"
        assert raw.headers["x-ratelimit-reset-requests"] == "12ms"
        assert raw.headers["x-ratelimit-limit-tokens"] == "2000000"
        assert raw.headers["x-ratelimit-remaining-tokens"] == "1999500"
        assert raw.headers["x-request-id"].startswith("req_")

    talk(scene)


def test_low_detail_costs_85_tokens() -> None:
    async def scene(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        completion = await client.chat.completions.create(model="m", messages=asked(detail="low"))
        assert completion.usage is not None
        assert completion.usage.prompt_tokens == 89

    talk(scene)


def test_parse_gets_an_object_of_the_schema_it_asked_for() -> None:
    async def scene(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        completion = await client.chat.completions.parse(
            model="m", messages=asked("What is this?"), response_format=Garment
        )
        garment = completion.choices[0].message.parsed
        assert isinstance(garment, Garment)
        assert garment.garment_type
        assert garment.confidence > 0.5

    talk(scene)


def test_a_refusal_a_cut_and_a_filtered_answer_are_told_as_the_client_knows_them() -> None:
    async def refused(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        completion = await client.chat.completions.parse(model="m", messages=asked(), response_format=Garment)
        message = completion.choices[0].message
        assert (message.parsed, message.content) == (None, None)
        assert "can't help" in (message.refusal or "")

    async def cut(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        with pytest.raises(openai.LengthFinishReasonError):
            await client.chat.completions.parse(
                model="m", messages=asked(), response_format=Garment, max_tokens=50
            )

    async def filtered(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        with pytest.raises(openai.ContentFilterFinishReasonError):
            await client.chat.completions.parse(model="m", messages=asked(), response_format=Garment)

    talk(refused, refusal=1.0)
    talk(cut, truncated=1.0)
    talk(filtered, refusal=1.0, refused_as="content_filter")


@pytest.mark.parametrize(
    ("settings", "key", "kind", "code"),
    [
        ({}, "wrong", openai.AuthenticationError, "invalid_api_key"),
        ({}, "broke", openai.RateLimitError, "insufficient_quota"),
        ({"missing": ("m",)}, "k", openai.NotFoundError, "model_not_found"),
        ({"failed": 1.0}, "k", openai.InternalServerError, None),
        ({"edge_before": 1.0}, "k", openai.InternalServerError, None),
        ({"largest_request": 50}, "k", openai.APIStatusError, None),
        ({"refusal": 1.0, "refused_as": "400"}, "k", openai.BadRequestError, "content_policy_violation"),
        ({"structured": "none"}, "k", openai.BadRequestError, "invalid_value"),
    ],
)
def test_each_refusal_is_the_clients_own_error(
    settings: dict[str, object], key: str, kind: type[openai.APIStatusError], code: str | None
) -> None:
    async def scene(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        with pytest.raises(kind) as caught:
            await client.chat.completions.create(
                model="m", messages=asked(), response_format={"type": "json_object"}
            )
        assert caught.value.code == code

    talk(scene, key, 0, **settings)


def test_a_rate_limit_names_its_wait_in_every_way() -> None:
    async def scene(client: openai.AsyncOpenAI, server: OpenAIServer) -> None:
        await client.chat.completions.create(model="m", messages=asked())
        with pytest.raises(openai.RateLimitError) as caught:
            await client.chat.completions.create(model="m", messages=asked())
        error = caught.value
        assert (error.code, error.type) == ("rate_limit_exceeded", "requests")
        assert error.response.headers["retry-after"] == "1"
        assert 0 < int(error.response.headers["retry-after-ms"]) <= 1_000
        assert "Please try again in" in error.message
        assert server.counts["refused"] == 1

    talk(scene, requests_per_minute=60.0, request_burst=1, refused_count=False)


def test_the_clients_own_retry_waits_as_it_is_told() -> None:
    async def scene(client: openai.AsyncOpenAI, server: OpenAIServer) -> None:
        for _ in range(2):
            await client.chat.completions.create(model="m", messages=asked())
        assert server.counts["create"] == 2
        assert server.counts["refused"] == 1

    talk(scene, retries=1, requests_per_minute=240.0, request_burst=1, refused_count=False)


def test_tokens_run_out_on_their_own() -> None:
    async def scene(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        await client.chat.completions.create(model="m", messages=asked(), max_tokens=600)
        with pytest.raises(openai.RateLimitError) as caught:
            await client.chat.completions.create(model="m", messages=asked(), max_tokens=600)
        assert caught.value.type == "tokens"
        assert "tokens per min (TPM): Limit 1000, Used " in caught.value.message
        # What was refused for its tokens has not used up a request.
        assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "9"

    talk(scene, tokens_per_minute=1000.0, refused_count=False, requests_per_minute=0.01, request_burst=10)


def test_models_are_listed_and_looked_up() -> None:
    async def scene(client: openai.AsyncOpenAI, _: OpenAIServer) -> None:
        assert [model.id async for model in client.models.list()] == ["a", "b/c"]
        assert (await client.models.retrieve("b/c")).id == "b/c"
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("nobody/nothing")

    talk(scene, models=("a", "b/c"))


SCHEMA_WITHOUT_A_NAME = {"type": "json_schema", "json_schema": {"name": "a b", "schema": {}}}


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"stream": True}, "'stream' is not supported"),
        ({"n": 2}, "'n' is not supported"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "odd"}]}]}, "content[0]"),
        ({"messages": asked(url="https://a.test/x.jpg")}, "downloading"),
        ({"messages": asked(url="data:image/jpeg;base64,AAAA")}, "unsupported image"),
        ({"messages": asked(detail="huge")}, "detail"),
        ({"messages": asked("words"), "response_format": {"type": "json_object"}}, "the word 'json'"),
        ({"response_format": SCHEMA_WITHOUT_A_NAME}, "name"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_why(request_: dict[str, Any], says: str) -> None:
    async def scene(client: openai.AsyncOpenAI, server: OpenAIServer) -> None:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(**({"model": "m", "messages": asked()} | request_))
        assert says in caught.value.message
        assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "5000"
        assert server.counts["create"] == 0

    talk(scene)
