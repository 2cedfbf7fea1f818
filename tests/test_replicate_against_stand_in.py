"""The Replicate adapter against the stand-in: two readings of one document, written apart, must agree."""

import asyncio
import hashlib
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from PIL import Image

from analyzer_contract import ASK, AnalyzerContract, intent, picture
from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.replicate import Replicate
from manyeyes.model.ask import Reply
from manyeyes.model.descriptor import PaletteColor, parse_descriptor
from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    BadReply,
    Broken,
    OutOfTime,
    Overloaded,
    RateLimited,
    Refused,
    Untraceable,
)
from manyeyes.model.image import PreparedImage
from manyeyes.model.ticket import Intent, Ticket
from manyeyes.stand_in.quota import FORMS
from manyeyes.stand_in.replicate import ReplicateServer, serve_replicate
from manyeyes.stand_in.world import world_from

T = TypeVar("T")
FAST: dict[str, object] = {"median": 0.02, "cv": 0.1, "queue_seconds": 0.0}
TOKEN = "r8_test"
SLOW: dict[str, object] = {"median": 60.0, "cv": 0.0}


def jpeg(color: tuple[int, int, int] = (25, 35, 80)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 96), color).save(target, "JPEG", quality=90)
    return target.getvalue()


JPEG = jpeg()


def garment(number: int = 1, data: bytes = JPEG) -> PreparedImage:
    return replace(picture(number), data=data, sha256=hashlib.sha256(data).hexdigest(), width=64, height=96)


def fresh(number: int = 1) -> Intent:
    return replace(intent(number), created=time.time())


@asynccontextmanager
async def opened(
    settings: dict[str, object], **adapter: Any
) -> AsyncIterator[tuple[ReplicateServer, Replicate]]:
    async with serve_replicate(world_from(FAST | settings)) as server:
        choices = {"token": TOKEN, "base_url": server.origin} | adapter
        async with Replicate(**choices) as replicate:
            yield server, replicate


def scene(
    use: Callable[[ReplicateServer, Replicate], Awaitable[T]], settings: dict[str, object], **adapter: Any
) -> T:
    async def main() -> T:
        async with opened(settings, **adapter) as (server, replicate):
            return await use(server, replicate)

    return asyncio.run(main())


async def answered(replicate: Replicate, found: Reply | Ticket | None) -> Reply:
    while isinstance(found, Ticket):
        await asyncio.sleep(0.005)
        found = await replicate.check(found)
    assert found is not None
    return found


async def described(_: ReplicateServer, replicate: Replicate) -> Reply:
    return await answered(replicate, await replicate.start(garment(), ASK, fresh()))


def error_of(settings: dict[str, object], data: bytes = JPEG, **adapter: Any) -> AnalyzerError:
    async def use(_: ReplicateServer, replicate: Replicate) -> Reply:
        return await answered(replicate, await replicate.start(garment(data=data), ASK, fresh()))

    with pytest.raises(AnalyzerError) as caught:
        scene(use, settings, **adapter)
    return caught.value


class TestReplicateKeepsTheContractOnTheStandIn(AnalyzerContract):
    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Analyzer]:
        async with opened({}) as (_, replicate):
            yield replicate

    def picture(self, number: int) -> PreparedImage:
        return garment(number, jpeg((number, 0, 0)))

    async def wait(self, ticket: Ticket) -> None:
        await asyncio.sleep(min(0.005, ticket.check_after))


def test_a_picture_is_described_with_what_it_cost() -> None:
    reply = scene(described, {})
    descriptor = parse_descriptor(reply.text)
    assert [colour.name for colour in descriptor.color_palette] == ["navy"]
    assert isinstance(descriptor.color_palette[0], PaletteColor)
    assert descriptor.pattern == "solid"
    assert descriptor.unrecognized == {}
    assert reply.usage.input_tokens is not None
    assert reply.usage.output_tokens is not None
    assert 258 < reply.usage.input_tokens < 1_300
    assert 0 < reply.usage.output_tokens < 1_024
    assert not reply.truncated


@pytest.mark.parametrize("mode", ["processing", "succeeded", "partial"])
@pytest.mark.parametrize("status", [201, 202])
def test_every_way_to_end_a_wait_ends_in_the_whole_answer(mode: str, status: int) -> None:
    async def use(server: ReplicateServer, replicate: Replicate) -> tuple[object, Reply]:
        first = await replicate.start(garment(1), ASK, fresh(1))
        assert isinstance(first, Ticket)  # The first create asks for the quota and does not wait.
        assert first.allowance is not None
        assert first.allowance.remaining == 599
        found = await replicate.start(garment(2), ASK, fresh(2))
        return found, await answered(replicate, found)

    found, reply = scene(use, {"finished_wait": mode, "unfinished_status": status})
    assert isinstance(found, Reply if mode == "succeeded" else Ticket)
    assert parse_descriptor(reply.text).garment_type
    assert not reply.truncated


def test_a_wait_that_is_too_short_gives_a_ticket() -> None:
    async def use(_: ReplicateServer, replicate: Replicate) -> Reply | Ticket:
        await replicate.start(garment(1), ASK, fresh(1))
        return await replicate.start(garment(2), ASK, fresh(2))

    assert isinstance(scene(use, SLOW, wait=1), Ticket)


def test_a_large_picture_goes_by_way_of_a_file() -> None:
    async def use(server: ReplicateServer, replicate: Replicate) -> str:
        return (await described(server, replicate)).text

    assert scene(use, {}, upload_above=10) == scene(use, {})


@pytest.mark.parametrize(
    "route", ["google/gemini-2.5-flash", "b" * 64, "google/gemini-2.5-flash:" + "b" * 64]
)
def test_every_way_to_name_a_model_is_taken(route: str) -> None:
    assert parse_descriptor(scene(described, {}, model=route).text)


# Bought or not bought


async def broken_off(server: ReplicateServer, garment: PreparedImage, mine: Intent) -> None:
    """A start whose line breaks, by one who does not wait for long."""
    async with Replicate(TOKEN, base_url=server.origin, patience=1.0) as impatient:
        with pytest.raises(Broken):
            await impatient.start(garment, ASK, mine)


@pytest.mark.parametrize("fault", ["reset_after", "edge_after", "html", "stall_after", "drip"])
@pytest.mark.parametrize("pace", [FAST, SLOW], ids=["ended", "running"])
def test_what_was_bought_before_the_line_broke_is_found(fault: str, pace: dict[str, object]) -> None:
    async def use(server: ReplicateServer, replicate: Replicate) -> Reply | Ticket | None:
        mine = fresh(1)
        await broken_off(server, garment(1), mine)
        assert await replicate.find(fresh(2)) is None
        if pace is SLOW:
            return await replicate.find(mine)
        return await answered(replicate, await replicate.find(mine))

    found = scene(use, pace | {fault: 1.0})
    assert isinstance(found, Ticket if pace is SLOW else Reply)


@pytest.mark.parametrize("fault", ["reset_before", "edge_before", "stall_before"])
def test_what_was_not_bought_is_not_found(fault: str) -> None:
    async def use(server: ReplicateServer, replicate: Replicate) -> Reply | Ticket | None:
        mine = fresh()
        await broken_off(server, garment(), mine)
        assert server.counts["create"] == 0
        return await replicate.find(mine)

    assert scene(use, {fault: 1.0}) is None


def test_work_is_found_on_a_later_page() -> None:
    async def use(_: ReplicateServer, replicate: Replicate) -> Reply:
        mine = fresh(0)
        await replicate.start(garment(0), ASK, mine)
        for number in range(1, 8):
            await replicate.start(garment(number), ASK, fresh(number))
        return await answered(replicate, await replicate.find(mine))

    assert parse_descriptor(scene(use, {"page": 2}).text)


def test_what_was_removed_can_no_longer_be_found() -> None:
    async def use(_: ReplicateServer, replicate: Replicate) -> None:
        mine = fresh()
        ticket = await replicate.start(garment(), ASK, mine)
        assert isinstance(ticket, Ticket)
        async with asyncio.timeout(5):
            while True:
                await asyncio.sleep(0.01)
                try:
                    await replicate.check(ticket)
                except Broken:
                    break
        with pytest.raises(Untraceable):
            await replicate.find(mine)

    scene(use, {"keep_seconds": 0.0})


# Ended otherwise


def test_a_cancelled_prediction_is_out_of_time() -> None:
    async def use(server: ReplicateServer, replicate: Replicate) -> None:
        mine = fresh()
        ticket = await replicate.start(garment(), ASK, mine)
        assert isinstance(ticket, Ticket)
        await replicate.cancel(ticket)
        await replicate.cancel(ticket)
        assert server.counts["canceled"] == 1
        assert await replicate.find(mine) is None
        with pytest.raises(OutOfTime):
            await replicate.check(ticket)

    scene(use, SLOW)


@pytest.mark.parametrize("habit", ["fences", "prose", "invalid", "truncated"])
def test_a_model_with_bad_habits_is_understood(habit: str) -> None:
    reply = scene(described, {habit: 1.0})
    plain = parse_descriptor(scene(described, {}).text)
    descriptor = parse_descriptor(reply.text)
    assert reply.truncated == (habit == "truncated")
    for name in ("silhouette", "fit", "fabric", "is_two_piece"):
        assert getattr(descriptor, name) == getattr(plain, name)
    if habit == "invalid":
        assert descriptor.garment_type is None
        assert descriptor.confidence is None
        assert set(descriptor.unrecognized) == {"garment_type", "confidence", "mood"}
    elif habit != "truncated":
        assert descriptor == plain


def test_of_a_rambling_answer_nothing_is_kept_that_is_not_whole() -> None:
    descriptor = parse_descriptor(scene(described, {"truncated": 1.0}).text)
    assert "light" not in str(descriptor.color_palette) + str(descriptor.unrecognized)
    assert descriptor.confidence is None


@pytest.mark.parametrize("habit", ["refusal", "empty"])
def test_a_model_that_says_nothing_of_use_gave_a_bad_reply(habit: str) -> None:
    reply = scene(described, {habit: 1.0})
    with pytest.raises(BadReply):
        parse_descriptor(reply.text)


def test_errors_are_sorted_alike() -> None:
    assert type(error_of({"failed": 1.0})) is Broken
    assert type(error_of({}, data=b"no picture")) is Refused
    assert type(error_of({"max_picture_bytes": 10})) is Refused
    assert type(error_of({"max_body_bytes": 10})) is Refused
    assert type(error_of({"max_file_bytes": 10}, upload_above=10)) is Refused
    assert type(error_of({"state": "down"})) is Broken
    assert type(error_of({"state": "overloaded"})) in (Broken, Overloaded)


@pytest.mark.parametrize(
    ("adapter", "names"),
    [
        ({"token": "wrong"}, "REPLICATE_API_TOKEN"),
        ({"token": "broke"}, "billing"),
        ({"model": "nobody/nothing"}, "--model"),
        ({"model": "0" * 64}, "--model"),
    ],
)
def test_what_no_picture_would_survive_stops_the_run(adapter: dict[str, Any], names: str) -> None:
    found = error_of({}, **adapter)
    assert type(found) is AccessDenied
    assert names in str(found)


def test_every_form_of_429_is_understood() -> None:
    async def use(_: ReplicateServer, replicate: Replicate) -> list[RateLimited]:
        await replicate.start(garment(), ASK, fresh())
        refused = []
        for _form in FORMS:
            with pytest.raises(RateLimited) as caught:
                await replicate.start(garment(), ASK, fresh())
            refused.append(caught.value)
        return refused

    settings = {"low_credit": True, "throttle_form": "each", "refused_count": False, "reset_to": "one"}
    refused = scene(use, SLOW | settings)
    for form, error in zip(FORMS, refused, strict=True):
        silent = form.text == "silent" and not (form.header or form.body or form.limits)
        if silent:
            assert error.retry_after is None
        else:
            assert error.retry_after is not None
            assert 8 <= error.retry_after <= 10
        assert (error.allowance is not None) == form.limits
