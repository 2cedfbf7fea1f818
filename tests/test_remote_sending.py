"""Pictures reach a server once each, whatever happens on the way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

import pytest
from aiohttp import web

from manyeyes.model.errors import SettingsError, Unreachable, UnreadableImage
from manyeyes.model.image import ImageRef, Locator, Original
from manyeyes.remote.sending import Sending, Sent
from manyeyes.remote.server import Request, Server
from small_server import (
    PORTFOLIO,
    SmallServer,
    Trick,
    hang_up,
    hang_up_when_all_has_come,
    problem,
    small_server,
)

LISTED = [ImageRef(f"spring/{number:02}.jpg", Locator(f"{number}.jpg"), "1", 1000) for number in range(60)]
NAMES = [ref.name for ref in LISTED]


def read(ref: ImageRef) -> Original:
    data = ref.name.encode() * 100
    return Original(ref, data, hashlib.sha256(data).hexdigest())


def sent_to(
    prepare: Callable[[SmallServer], object], reader: Callable[[ImageRef], Original] = read
) -> tuple[SmallServer, Sent]:
    """What became of sending everything to a server that is `prepare`d."""

    async def send() -> tuple[SmallServer, Sent]:
        async with small_server() as (small, line):
            prepare(small)
            sending = Sending(line, PORTFOLIO, reader, lambda _: None)
            return small, await sending.send(LISTED)

    return asyncio.run(send())


def whole(sent: Sent) -> tuple[int, int, int, int]:
    return sent.ended, sent.arrived, sent.already, len(sent.refused)


def test_everything_arrives_once_under_its_name() -> None:
    small, sent = sent_to(lambda _: None)
    assert sorted(small.sent) == NAMES
    assert whole(sent) == (60, 60, 0, 0)


def test_what_the_server_holds_is_not_sent_again() -> None:
    held = {read(ref).sha256: ref.name for ref in LISTED[:50]}
    small, sent = sent_to(lambda small: small.pictures.update(held))
    assert sorted(small.sent) == NAMES[50:]
    assert whole(sent) == (60, 10, 50, 0)


@pytest.mark.parametrize("trick", [hang_up, hang_up_when_all_has_come])
def test_a_parcel_whose_line_breaks_is_sent_again(trick: Trick) -> None:
    small, sent = sent_to(lambda small: small.tricks.update(images=[trick]))
    assert sorted(small.pictures.values()) == NAMES
    assert whole(sent) == (60, 60, 0, 0)


def test_what_had_arrived_when_the_line_broke_is_not_sent_again() -> None:
    async def send() -> tuple[SmallServer, Sent]:
        async with small_server() as (small, line):

            async def lose_the_answer(request: web.Request) -> web.StreamResponse | None:
                await small._images(request)
                return await hang_up(request)

            small.tricks["images"] = [lose_the_answer]
            return small, await Sending(line, PORTFOLIO, read, lambda _: None).send(LISTED)

    small, sent = asyncio.run(send())
    assert sorted(small.sent) == NAMES
    assert whole(sent) == (60, 60, 0, 0)


def test_an_older_server_that_cannot_tell_what_it_holds_is_sent_everything() -> None:
    async def unknown(_: web.Request) -> web.StreamResponse:
        return problem(404, "not-found", detail="there is nothing at this address")

    held = {read(ref).sha256: ref.name for ref in LISTED[:50]}

    def prepare(small: SmallServer) -> None:
        small.pictures.update(held)
        small.tricks["held"] = [unknown] * 9

    small, sent = sent_to(prepare)
    assert sorted(small.sent) == NAMES
    assert whole(sent) == (60, 10, 50, 0)


def test_what_is_too_large_together_goes_in_smaller_parcels() -> None:
    async def too_large(request: web.Request) -> web.StreamResponse | None:
        await request.read()
        return problem(413, "too-large")

    small, sent = sent_to(lambda small: small.tricks.update(images=[too_large] * 2))
    assert sorted(small.sent) == NAMES
    assert whole(sent) == (60, 60, 0, 0)


def test_what_is_too_large_alone_is_named_and_the_rest_arrives() -> None:
    async def too_large(request: web.Request) -> web.StreamResponse | None:
        return problem(413, "too-large") if b"07.jpg" in await request.read() else None

    small, sent = sent_to(lambda small: small.tricks.update(images=[too_large] * 99))
    assert sorted(small.sent) == [name for name in NAMES if "07" not in name]
    assert [name for name, _ in sent.refused] == ["spring/07.jpg"]
    assert "do so" in sent.refused[0][1]


def test_what_cannot_be_read_is_named_and_the_rest_arrives() -> None:
    def unreadable(ref: ImageRef) -> Original:
        if "07" in ref.name:
            raise UnreadableImage(f"{ref.name!r} is gone")
        return read(ref)

    small, sent = sent_to(lambda _: None, unreadable)
    assert len(small.sent) == 59
    assert sent.refused == [("spring/07.jpg", "'spring/07.jpg' is gone")]


def test_what_the_server_refuses_is_named_by_its_reason() -> None:
    async def refuses_all(request: web.Request) -> web.StreamResponse:
        await request.read()
        refused = [{"name": "spring/00.jpg", "reason": "no picture"}]
        return problem(409, "nothing-taken", added=[], duplicates=[], refused=refused)

    _, sent = sent_to(lambda small: small.tricks.update(images=[refuses_all]))
    assert sent.refused == [("spring/00.jpg", "no picture")]


def test_a_wrong_token_ends_it_at_once() -> None:
    async def locked(_: web.Request) -> web.StreamResponse:
        return problem(401, "sign-in")

    with pytest.raises(SettingsError, match="MANYEYES_TOKEN"):
        sent_to(lambda small: small.tricks.update(held=[locked] * 9, images=[locked] * 9))


def test_a_server_that_was_never_reached_is_not_waited_for() -> None:
    async def ask() -> None:
        async with small_server() as (small, line):
            small.tricks["runs"] = [hang_up] * 9
            await line.get("/api/runs")

    with pytest.raises(Unreachable, match="broke off"):
        asyncio.run(ask())


def test_the_token_goes_to_the_server_and_to_nobody_it_sends_its_callers_to() -> None:
    async def ask() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        async with small_server("s3cret-s3cret") as (small, line), small_server() as (other, _):

            async def elsewhere(_: web.Request) -> web.StreamResponse:
                raise web.HTTPFound(other.origin)

            small.tricks["runs"] = [elsewhere]
            with pytest.raises(SettingsError, match="nothing was sent there") as refused:
                await line.ask(Request("GET", "/api/runs"))
            assert other.origin in str(refused.value)
            return small.headers, other.headers

    there, elsewhere = asyncio.run(ask())
    assert [headers["Authorization"] for headers in there] == ["Bearer s3cret-s3cret"]
    assert elsewhere == []


def test_without_a_token_nothing_is_said_of_one() -> None:
    async def ask() -> list[dict[str, str]]:
        async with small_server() as (small, line):
            assert isinstance(line, Server)
            small.looks = [{}]
            await line.get("/api/runs")
            return small.headers

    (headers,) = asyncio.run(ask())
    assert "Authorization" not in headers
