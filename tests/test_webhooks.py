"""Webhooks: signed by the rules, tried three times, never in a run's way, and told of in its JSON."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from manyeyes.analyzers.scripted import Scripted
from manyeyes.lab.virtual_time import run
from manyeyes.model.arrival import Refused
from manyeyes.model.errors import SettingsError
from manyeyes.store.orders import keep_delivery, untold
from manyeyes.store.sql import SqlStore
from manyeyes.web.webhooks import WAITS, deliveries, key_of
from page_place import A_DRESS, Page, server
from stand_in_client import until

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
URL = "https://example.com/done"


class Receiver:
    """Whoever is told: answers in turn with these, and remembers what came."""

    def __init__(self, *answers: int | Refused) -> None:
        self.answers = list(answers)
        self.came: list[tuple[str, bytes, Mapping[str, str], float]] = []

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | Refused:
        self.came.append((url, body, headers, asyncio.get_running_loop().time()))
        return self.answers.pop(0)


def told(receiver: Receiver, secret: str | None = SECRET) -> list[dict[str, object]]:
    """How telling stood after each try."""

    async def scene() -> list[dict[str, object]]:
        message = {"type": "run.ended", "data": {"id": "r"}}
        sent = deliveries(receiver.post, secret, URL, "msg_r", message)
        return [each.as_json() async for each in sent]

    return run(scene())


def test_a_message_is_signed_as_the_standard_has_it() -> None:
    receiver = Receiver(204)
    told(receiver)
    [(url, body, headers, _)] = receiver.came
    assert url == URL
    verified: Any = Webhook(SECRET).verify(body, dict(headers))
    assert verified == {"type": "run.ended", "data": {"id": "r"}}


def test_it_is_tried_three_times_with_longer_and_longer_waits() -> None:
    receiver = Receiver(500, Refused(URL, "did not answer"), 503)
    assert told(receiver) == [
        {"state": "waiting", "tries": 1, "error": "it answered 500"},
        {"state": "waiting", "tries": 2, "error": "did not answer"},
        {"state": "failed", "tries": 3, "error": "it answered 503"},
    ]
    first, second, third = [at for *_, at in receiver.came]
    assert (second - first, third - second) == WAITS
    assert len({headers["webhook-id"] for _, _, headers, _ in receiver.came}) == 1


def test_what_was_taken_is_not_sent_again() -> None:
    receiver = Receiver(500, 200)
    assert told(receiver)[-1] == {"state": "delivered", "tries": 2, "error": None}
    assert len(receiver.came) == 2


def test_without_a_secret_it_is_sent_unsigned() -> None:
    receiver = Receiver(200)
    told(receiver, None)
    assert "webhook-signature" not in receiver.came[0][2]


@pytest.mark.parametrize("secret", ["", "abc", "whsec_", "whsec_abc", "whsec_" + "A" * 8, "whsec_***"])
def test_a_secret_that_is_none_says_how_to_make_one(secret: str) -> None:
    with pytest.raises(SettingsError, match="openssl rand"):
        key_of(secret)


async def with_receiver(page: Page, receiver: Receiver) -> dict[str, Any]:
    """A run whose end is told to a receiver; as it is shown then."""
    carrying = page.site.runs._carrying
    carrying._house = replace(page.house, post=receiver.post)
    portfolio = await page.portfolio("a.png")
    ended = await page.run(portfolio, webhook=URL)
    for telling in list(carrying._telling):
        await telling
    shown: dict[str, Any] = await page.get(f"/api/runs/{ended['id']}")
    return shown


def test_the_end_of_a_run_is_told_and_the_run_says_so(tmp_path: Path) -> None:
    receiver = Receiver(200)

    async def scene() -> None:
        async with server(tmp_path, webhook_secret=SECRET) as page:
            shown = await with_receiver(page, receiver)
            assert shown["webhook"] == {"state": "delivered", "tries": 1, "error": None}
            [(_, body, headers, _)] = receiver.came
            Webhook(SECRET).verify(body, dict(headers))
            message = json.loads(body)
            assert (message["type"], message["data"]["id"]) == ("run.ended", shown["id"])
            assert message["data"]["state"] == "complete"

    asyncio.run(scene())


def test_an_address_on_our_own_network_is_not_told(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path) as page:
            portfolio = await page.portfolio("a.png")
            await page.run(portfolio, webhook="http://127.0.0.1:80/private")
            refused = await page.house.post("http://127.0.0.1:80/private", b"{}", {})
            assert isinstance(refused, Refused)

    asyncio.run(scene())


def test_a_server_does_not_start_with_a_secret_that_signs_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path, webhook_secret="foo"):
            pytest.fail("it started")

    with pytest.raises(SettingsError, match="openssl rand"):
        asyncio.run(scene())


def test_a_run_whose_end_cannot_be_told_ends_nothing_but_itself(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path) as page:
            # There is no answer left, which is a fault of nobody's foreseeing.
            shown = await with_receiver(page, Receiver())
            assert (shown["state"], shown["webhook"]["tries"]) == ("complete", 0)
            assert (await page.run(await page.portfolio("b.png")))["state"] == "complete"

    asyncio.run(scene())


def test_what_waits_for_its_next_try_when_the_server_ends_is_told_by_the_next_one(tmp_path: Path) -> None:
    first, second, third = Receiver(500), Receiver(503), Receiver()

    async def scene() -> None:
        async with server(tmp_path, post=first.post) as page:
            run = (await page.run(await page.portfolio("a.png"), webhook=URL))["id"]
            await with_tries(page, run, 1)
        await tried(tmp_path, run, tries=2, teller="")
        async with server(tmp_path, post=second.post) as page:
            shown = await with_tries(page, run, 3)
            assert shown["webhook"] == {"state": "failed", "tries": 3, "error": "it answered 503"}
        # The same message: whoever keeps its id knows it.
        assert second.came[0][1] == first.came[0][1]
        assert second.came[0][2]["webhook-id"] == first.came[0][2]["webhook-id"]
        async with server(tmp_path, post=third.post):
            """Nobody is told a fourth time."""
        assert (len(first.came), len(second.came), third.came) == (1, 1, [])

    asyncio.run(scene())


def test_what_another_server_is_about_to_tell_is_left_to_it(tmp_path: Path) -> None:
    first, second = Receiver(500), Receiver()

    async def scene() -> None:
        async with server(tmp_path, post=first.post) as page:
            run = (await page.run(await page.portfolio("a.png"), webhook=URL))["id"]
            await with_tries(page, run, 1)
            async with server(tmp_path, post=second.post) as other:
                assert await other.house.store.carry_out(untold) == []
            await tried(tmp_path, run, tries=1, teller="gone:1:1:1")
            assert [left.run for left in await page.house.store.carry_out(untold)] == [run]

    asyncio.run(scene())


def test_a_run_that_ended_with_its_server_is_told_of_once_it_has_ended_for_good(tmp_path: Path) -> None:
    first, second = Receiver(200), Receiver(200)

    async def scene() -> None:
        slow = partial(Scripted, A_DRESS, seconds=0.2)
        async with server(tmp_path, slow, post=first.post) as page:
            portfolio = await page.portfolio("a.png", "b.png", "c.png")
            order = {"webhook": URL, "concurrency": 1}
            await page.client.post(f"/api/portfolios/{portfolio}/runs", json=order)
        assert first.came == []
        async with server(tmp_path, post=second.post):
            await until(lambda: second.came)
        [(_, body, *_)] = second.came
        assert json.loads(body)["data"]["state"] == "complete"

    asyncio.run(scene())


async def with_tries(page: Page, run: str, tries: int) -> dict[str, Any]:
    """The run once it says that telling was tried so often."""
    async with asyncio.timeout(20):
        while True:
            shown: dict[str, Any] = await page.get(f"/api/runs/{run}")
            if shown["webhook"] and shown["webhook"]["tries"] == tries:
                return shown


async def tried(place: Path, run: str, *, tries: int, teller: str) -> None:
    """As if that many tries had been made, an hour ago, by this process."""
    told = {"state": "waiting", "tries": tries, "error": "it answered 500"}
    async with SqlStore(f"sqlite:///{place / 'manyeyes.db'}") as store:
        at = time.time() - 3600
        await store.carry_out(partial(keep_delivery, run=run, told=told, teller=teller, at=at))
