"""The OpenAI adapter against the stand-in: two readings of one document, written apart, must agree."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from analyzer_contract import ASK, AnalyzerContract
from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.openai import OpenAI
from manyeyes.model.ask import Reply
from manyeyes.model.descriptor import PaletteColor, parse_descriptor
from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    Broken,
    Overloaded,
    RateLimited,
    Refused,
)
from manyeyes.model.image import PreparedImage
from manyeyes.stand_in.openai import OpenAIServer, serve_openai
from manyeyes.stand_in.openai_world import openai_world_from
from test_replicate_against_stand_in import JPEG, fresh, garment, jpeg

T = TypeVar("T")
FAST: dict[str, object] = {"median": 0.02, "cv": 0.1}


@asynccontextmanager
async def opened(settings: dict[str, object], **adapter: Any) -> AsyncIterator[tuple[OpenAIServer, OpenAI]]:
    async with serve_openai(openai_world_from(FAST | settings)) as server:
        choices = {"key": "sk-test", "base_url": server.base_url} | adapter
        async with OpenAI(**choices) as openai:
            yield server, openai


def scene(
    use: Callable[[OpenAIServer, OpenAI], Awaitable[T]], settings: dict[str, object], **adapter: Any
) -> T:
    async def main() -> T:
        async with opened(settings, **adapter) as (server, openai):
            return await use(server, openai)

    return asyncio.run(main())


async def described(_: OpenAIServer, openai: OpenAI) -> Reply:
    return await openai.start(garment(), ASK, fresh())


def error_of(settings: dict[str, object], data: bytes = JPEG, **adapter: Any) -> AnalyzerError:
    async def use(_: OpenAIServer, openai: OpenAI) -> Reply:
        return await openai.start(garment(data=data), ASK, fresh())

    with pytest.raises(AnalyzerError) as caught:
        scene(use, settings, **adapter)
    return caught.value


class TestOpenAIKeepsTheContractOnTheStandIn(AnalyzerContract):
    keeps_a_list = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Analyzer]:
        async with opened({}) as (_, openai):
            yield openai

    def picture(self, number: int) -> PreparedImage:
        return garment(number, jpeg((number, 0, 0)))


def test_a_picture_is_described_with_what_it_cost() -> None:
    reply = scene(described, {})
    descriptor = parse_descriptor(reply.text)
    assert [colour.name for colour in descriptor.color_palette] == ["navy"]
    assert isinstance(descriptor.color_palette[0], PaletteColor)
    assert descriptor.unrecognized == {}
    assert (reply.usage.input_tokens or 0) > 255
    assert reply.allowance is not None
    assert reply.allowance.remaining == 4_999
    assert reply.allowance.reset == pytest.approx(0.012, abs=0.001)
    assert (reply.allowance.tokens or 0) > 1_990_000


@pytest.mark.parametrize("structured", ["schema", "json_object", "none"])
def test_servers_that_know_no_schema_answer_too(structured: str) -> None:
    reply = scene(described, {"structured": structured})
    assert parse_descriptor(reply.text).unrecognized == {}


# Where it names nothing, the headers on what is left tell it as well.
@pytest.mark.parametrize("told", ["header", "ms", "header+ms+words", "date", "words", "nothing"])
def test_each_way_of_naming_a_wait_is_understood(told: str) -> None:
    settings = {"requests_per_minute": 3.0, "request_burst": 1, "refused_count": False, "wait_told": told}

    async def use(_: OpenAIServer, openai: OpenAI) -> RateLimited:
        await openai.start(garment(), ASK, fresh())
        with pytest.raises(RateLimited) as caught:
            await openai.start(garment(), ASK, fresh())
        return caught.value

    error = scene(use, settings)
    assert error.retry_after == pytest.approx(20, abs=1.1)
    assert error.allowance is not None
    assert error.allowance.remaining == 0


@pytest.mark.parametrize(
    ("settings", "adapter", "kind"),
    [
        ({}, {"key": "wrong"}, AccessDenied),
        ({}, {"key": None}, AccessDenied),
        ({}, {"key": "broke"}, AccessDenied),
        ({}, {"model": "nobody/nothing"}, AccessDenied),
        ({"refusal": 1.0}, {}, Refused),
        ({"refusal": 1.0, "refused_as": "content_filter"}, {}, Refused),
        ({"refusal": 1.0, "refused_as": "400"}, {}, Refused),
        ({"largest_request": 100}, {}, Refused),
        ({"failed": 1.0}, {}, Broken),
        ({"failed": 1.0, "failed_as": "200"}, {}, Broken),
        ({"reset_before": 1.0}, {}, Broken),
        ({"edge_after": 1.0}, {}, Broken),
        ({"html": 1.0}, {}, Broken),
        ({"state": "down"}, {}, Broken),
        ({"state": "overloaded"}, {}, Broken),
    ],
)
def test_each_thing_that_goes_wrong_is_sorted(
    settings: dict[str, object], adapter: dict[str, Any], kind: type[AnalyzerError]
) -> None:
    assert type(error_of(settings, **adapter)) is kind


def test_bytes_that_are_no_picture_are_refused() -> None:
    assert isinstance(error_of({}, data=b"no picture"), Refused)


@pytest.mark.parametrize(("when_full", "kind"), [("429", RateLimited), ("503", Overloaded)])
def test_a_full_server_that_refuses_names_no_wait(when_full: str, kind: type[AnalyzerError]) -> None:
    async def use(server: OpenAIServer, openai: OpenAI) -> BaseException | Reply:
        calls = [openai.start(garment(), ASK, fresh()) for _ in range(2)]
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert server.counts["refused"] == 1
        return next(end for end in ends if not isinstance(end, Reply))

    error = scene(use, {"capacity": 1, "when_full": when_full, "announced": False})
    assert type(error) is kind
    assert isinstance(error, RateLimited | Overloaded)
    assert (error.retry_after, error.allowance) == (None, None)


def test_an_answer_that_rambles_is_known_to_be_cut_off() -> None:
    assert scene(described, {"truncated": 1.0}).truncated


def test_an_answer_that_drips_comes_whole() -> None:
    reply = scene(described, {"drip": 1.0, "drip_seconds": 0.05})
    assert parse_descriptor(reply.text).garment_type


def test_a_keyless_server_wants_none() -> None:
    assert scene(described, {"keyless": True}, key=None).text
