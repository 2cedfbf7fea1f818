"""Runs over the API: started once, watched, paused, stopped, capped, and taken up by the next server."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from manyeyes.analyzers.base import Traits
from manyeyes.analyzers.capped import Capped
from manyeyes.analyzers.scripted import SCRIPTED, Scripted, Step
from manyeyes.engine.run import FROM_ELSEWHERE, Run
from manyeyes.housing import Runner
from manyeyes.model.errors import RateLimited, Refused
from manyeyes.model.image import Preparation
from manyeyes.settings import Settings
from manyeyes.store.orders import Order, keep_wish
from manyeyes.store.sql import SqlStore
from manyeyes.store.watching import runs_of
from manyeyes.web.house import House
from manyeyes.web.runs import without_spent
from page_place import A_DRESS, Page, always, served, server

NAMES = tuple(f"{number:02}.png" for number in range(6))
PAID = Traits("scripted", "scripted", "", Preparation(longest_edge=768), paid=True)


def slow() -> Scripted:
    """An analyzer that takes its time."""
    return Scripted(A_DRESS, seconds=0.15)


def refusing() -> Scripted:
    """An analyzer that will not look at one picture."""
    return Scripted({"02.png": Refused("it shows a face"), "*": A_DRESS})


async def started(page: Page, portfolio: str, **asked: object) -> dict[str, Any]:
    """A run that has just begun."""
    answer = await page.client.post(f"/api/portfolios/{portfolio}/runs", json=asked)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/runs/{answer.json()['id']}"
    told: dict[str, Any] = answer.json()
    return told


@served()
async def test_a_run_is_started_and_its_answers_are_in_the_gallery(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    run = await page.run(portfolio, concurrency=2)
    assert (run["state"], run["stopped"]) == ("complete", None)
    assert run["progress"]["message"] == "Complete! Analyzed 6 images."
    assert run["order"]["concurrency"] == "2"
    images = (await page.get(f"/api/portfolios/{portfolio}/images?garment_type=dress"))["images"]
    assert [each["name"] for each in images] == list(NAMES)
    assert (await page.get(f"/api/portfolios/{portfolio}"))["newestRun"]["id"] == run["id"]
    assert [each["id"] for each in (await page.get("/api/runs"))["runs"]] == [run["id"]]


@served()
async def test_what_a_field_may_hold_is_told_once_and_in_words(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    answer = await page.client.post(f"/api/portfolios/{portfolio}/runs", json={"concurrency": "30"})
    (fault,) = answer.json()["errors"]
    assert fault["where"] == "body.concurrency"
    assert fault["message"] == "not a number, or Input should be 'auto' or 'threshold'"


@served()
async def test_running_again_asks_for_nothing(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    await page.run(portfolio)
    again = await page.run(portfolio)
    assert again["progress"]["reused"] == len(NAMES)


@served(refusing)
async def test_failures_are_told_by_cause_and_tried_again_when_asked(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    run = await page.run(portfolio)
    assert run["progress"]["failed"] == 1
    [cause] = (await page.get(f"/api/portfolios/{portfolio}/failures"))["causes"]
    assert (cause["kind"], cause["examples"]) == ("refused", ["02.png"])
    assert cause["remedy"]
    again = await page.client.post(f"/api/runs/{run['id']}/retry-failed")
    assert again.status_code == 201
    ended = await page.ended(again.json()["id"])
    assert (ended["progress"]["failed"], ended["progress"]["reused"]) == (1, 5)
    assert ended["continues"] == run["id"]
    assert (await page.get(f"/api/runs/{run['id']}"))["continuedBy"] == ended["id"]


@served(refusing)
async def test_one_picture_is_tried_again_alone(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    await page.run(portfolio)
    [failed] = (await page.get(f"/api/portfolios/{portfolio}/images?status=failed"))["images"]
    answer = await page.client.post(f"/api/images/{failed['id']}/retry")
    ended = await page.ended(answer.json()["id"])
    assert (ended["progress"]["total"], ended["progress"]["failed"]) == (1, 1)
    looks = (await page.get(f"/api/images/{failed['id']}"))["looks"]
    assert [(each["status"], each["attempts"]) for each in looks] == [("failed", 1), ("failed", 1)]


@served(slow)
async def test_a_run_is_paused_goes_on_and_is_stopped(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    run = await started(page, portfolio, concurrency=1)
    paused = await page.client.post(f"/api/runs/{run['id']}/pause")
    assert paused.json()["paused"] is True
    assert (await page.client.post(f"/api/runs/{run['id']}/resume")).json()["paused"] is False
    assert (await page.client.post(f"/api/runs/{run['id']}/cancel")).status_code == 200
    ended = await page.ended(run["id"])
    assert (ended["state"], ended["stopped"]) == ("stopped", "stopped on the page")
    late = await page.client.post(f"/api/runs/{run['id']}/pause")
    assert late.status_code == 409
    assert late.json()["type"] == "urn:manyeyes:problem:ended"


@served(slow)
async def test_a_portfolio_is_analyzed_by_one_run_at_a_time(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    run = await started(page, portfolio)
    second = await page.client.post(f"/api/portfolios/{portfolio}/runs")
    assert second.status_code == 409
    assert second.json()["run"] == run["id"]


@served(slow, runs_at_once=1)
async def test_no_more_runs_are_carried_out_at_once_than_are_set(page: Page) -> None:
    first, second = await page.portfolio(*NAMES), await page.portfolio("x.png")
    await started(page, first)
    refused = await page.client.post(f"/api/portfolios/{second}/runs")
    assert refused.status_code == 429
    assert refused.headers["retry-after"]


@served()
async def test_an_empty_portfolio_is_not_analyzed(page: Page) -> None:
    portfolio = await page.portfolio()
    refused = await page.client.post(f"/api/portfolios/{portfolio}/runs")
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:manyeyes:problem:no-pictures"


@served(analyzer=None)
async def test_the_same_request_at_the_same_moment_buys_once(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    path, key = f"/api/portfolios/{portfolio}/runs", {"Idempotency-Key": "a-double-click"}
    answers = await asyncio.gather(
        *(page.client.post(path, json={"limit": 3}, headers=key) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    later = await page.client.post(path, json={"limit": 3}, headers=key)
    assert later.json()["id"] == answers[0].json()["id"]
    other = await page.client.post(path, json={"limit": 4}, headers=key)
    assert other.status_code == 409
    assert other.json()["type"] == "urn:manyeyes:problem:key-used"


@served()
async def test_a_request_that_came_to_nothing_may_come_again_with_its_key(page: Page) -> None:
    portfolio = await page.portfolio()
    path, key = f"/api/portfolios/{portfolio}/runs", {"Idempotency-Key": "k"}
    assert (await page.client.post(path, headers=key)).status_code == 409
    await page.upload(portfolio, {"a.png": (Path(__file__).parent / "x").name.encode()})
    assert (await page.client.post(path, headers=key)).status_code == 409


def test_a_budget_is_never_broken_whatever_happens(tmp_path: Path) -> None:
    made: list[Scripted] = []

    def analyzer() -> Scripted:
        made.append(Scripted(A_DRESS, seconds=0.02, traits=PAID))
        return made[-1]

    async def scene() -> None:
        async with server(tmp_path, analyzer) as page:
            portfolio = await page.portfolio(*NAMES)
            run = await page.run(portfolio, budget=4, concurrency=3)
            assert run["state"] == "stopped"
            assert run["stopped"] == "the budget of 4 calls is used up: start again with more to go on"
            assert run["progress"]["analyzed"] == 4
            assert [call.method for call in made[-1].calls] == ["start"] * 4

    asyncio.run(scene())


def test_a_call_that_is_turned_away_uses_up_nothing_of_a_budget(tmp_path: Path) -> None:
    script: list[Step] = [RateLimited("slow down", retry_after=0.01), A_DRESS, A_DRESS]

    async def scene() -> None:
        async with server(tmp_path, lambda: Scripted(script, traits=PAID)) as page:
            portfolio = await page.portfolio("a.png", "b.png")
            run = await page.run(portfolio, budget=2, concurrency=1)
            assert (run["state"], run["progress"]["analyzed"]) == ("complete", 2)

    asyncio.run(scene())


@served()
async def test_an_estimate_tells_calls_and_cost_and_begins_nothing(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    told = (await page.client.post(f"/api/portfolios/{portfolio}/estimate", json={"limit": 4})).json()
    assert (told["pictures"], told["calls"], told["answered"]) == (4, 4, 0)
    assert (told["cost"], told["secondsLow"]) == (0.0, None)
    assert (await page.get("/api/runs"))["runs"] == []
    await page.run(portfolio)
    told = (await page.client.post(f"/api/portfolios/{portfolio}/estimate", json={"fresh": True})).json()
    assert told["toldFrom"] in ("runs", "learned")
    assert 0 <= told["secondsLow"] <= told["secondsHigh"]


@served(lambda: Scripted(A_DRESS, traits=PAID), price_per_call=0.01)
async def test_a_budget_in_money_is_one_in_calls_where_the_price_is_known(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    path = f"/api/portfolios/{portfolio}/estimate"
    unknown = await page.client.post(path, json={"analyzer": "local", "budgetDollars": 0.03})
    assert unknown.status_code == 200
    run = await page.run(portfolio, analyzer="modelled", budgetDollars=0.03)
    assert (run["order"]["budget"], run["progress"]["analyzed"]) == (3, 3)


@served()
async def test_an_order_that_cannot_be_carried_out_says_why(page: Page) -> None:
    portfolio = await page.portfolio("a.png")
    for asked, named in (
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": "some"}, "concurrency"),
        ({"budget": -1}, "budget"),
        ({"preset": "huge"}, "preset"),
        ({"webhook": "ftp://example.com"}, "webhook"),
        ({"overallRange": [30]}, "overallRange"),
        ({"analyser": "local"}, "analyser"),
        ({"limit": True}, "limit"),
        ({"limit": "3"}, "limit"),
        ({"fresh": 1}, "fresh"),
    ):
        answer = await page.client.post(f"/api/portfolios/{portfolio}/runs", json=asked)
        assert answer.status_code == 422, asked
        assert named in answer.json()["detail"]


def test_an_analyzer_that_lacks_a_key_says_so_before_anything_begins(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path) as page:
            page.site.runs._carrying._house = page.site.estimates._house = _choosing(page)
            portfolio = await page.portfolio("a.png")
            for path in ("runs", "estimate"):
                answer = await page.client.post(
                    f"/api/portfolios/{portfolio}/{path}", json={"analyzer": "replicate"}
                )
                assert answer.status_code == 409
                assert "REPLICATE_API_TOKEN" in answer.json()["detail"]
            assert (await page.get("/api/runs"))["runs"] == []

    asyncio.run(scene())


def _choosing(page: Page) -> House:
    """The house as it is where runs choose their analyzers."""
    settings = Settings(_env_file=None, data=page.house.data)  # type: ignore[call-arg]
    return replace(page.house, assembled=Runner(settings, page.house.store, None).assembled)


@served()
async def test_the_progress_of_a_run_fits_into_a_larger_bar(page: Page) -> None:
    run = await page.run(await page.portfolio("a.png"), overallRange=[30, 50])
    assert run["progress"]["overall"] == 50


def test_a_run_that_ended_with_its_server_is_taken_up_by_the_next(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path, slow) as page:
            portfolio = await page.portfolio(*NAMES)
            run = await started(page, portfolio, concurrency=1, budget=100)
        async with server(tmp_path) as page:
            [after, before] = (await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]
            assert (before["id"], before["state"]) == (run["id"], "interrupted")
            ended = await page.ended(after["id"])
            assert (ended["state"], ended["continues"]) == ("complete", run["id"])
            assert ended["progress"]["total"] == len(NAMES)
        async with server(tmp_path) as page:
            assert len((await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]) == 2

    asyncio.run(scene())


def test_what_a_run_has_spent_is_no_longer_in_the_budget_of_the_one_that_takes_it_up(tmp_path: Path) -> None:
    async def scene() -> None:
        paid = partial(Scripted, A_DRESS, seconds=0.1, traits=PAID)
        async with server(tmp_path, paid) as page:
            portfolio = await page.portfolio(*NAMES)
            await started(page, portfolio, concurrency=1, budget=3)
        async with server(tmp_path, paid) as page:
            [after, before] = (await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]
            ended = await page.ended(after["id"])
            assert ended["order"]["budget"] == 3 - before["analyzed"]
            assert ended["progress"]["analyzed"] == 3

    asyncio.run(scene())


def test_a_run_that_was_paused_is_taken_up_paused_and_buys_nothing(tmp_path: Path) -> None:
    paid = partial(Scripted, A_DRESS, seconds=0.1, traits=PAID)

    async def scene() -> None:
        async with server(tmp_path, paid) as page:
            portfolio = await page.portfolio(*NAMES)
            run = await started(page, portfolio, concurrency=1)
            await page.client.post(f"/api/runs/{run['id']}/pause")
        for _ in range(2):
            async with server(tmp_path, paid) as page:
                [after, *_] = (await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]
                shown = await page.get(f"/api/runs/{after['id']}")
                assert (shown["state"], shown["paused"], shown["vitals"]["inFlight"]) == ("running", True, 0)
        async with server(tmp_path, paid) as page:
            [after, *_] = (await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]
            await page.client.post(f"/api/runs/{after['id']}/resume")
            assert (await page.ended(after["id"]))["progress"]["analyzed"] == len(NAMES)

    asyncio.run(scene())


@pytest.mark.parametrize("later", [(), ("resume",), ("pause", "resume")])
def test_a_run_whose_server_ends_while_it_is_being_stopped_is_not_taken_up(
    tmp_path: Path, later: tuple[str, ...]
) -> None:
    async def scene() -> None:
        async with server(tmp_path, slow) as page:
            portfolio = await page.portfolio(*NAMES)
            await started(page, portfolio, concurrency=1)
            store = page.house.store
            [run] = await store.carry_out(partial(runs_of, portfolio=portfolio))
            for wish in ("stop", *later):
                await store.carry_out(partial(keep_wish, run=run.id, wish=wish))
        async with server(tmp_path) as page:
            assert len((await page.get("/api/runs"))["runs"]) == 1

    asyncio.run(scene())


def test_a_run_that_was_stopped_is_not_taken_up(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path, slow) as page:
            portfolio = await page.portfolio(*NAMES)
            run = await started(page, portfolio, concurrency=1)
            await page.client.post(f"/api/runs/{run['id']}/cancel")
            await page.ended(run["id"])
        async with server(tmp_path) as page:
            assert len((await page.get("/api/runs"))["runs"]) == 1

    asyncio.run(scene())


@served()
async def test_a_run_of_another_process_is_shown_paused_and_stopped_through_the_store(page: Page) -> None:
    portfolio = await page.portfolio(*NAMES)
    async with SqlStore(page.house.store.url) as store:
        store.beat_every = 0.02
        found = await page.site.portfolios.one(portfolio)
        assert found.folder is not None
        async with (
            page.house.assembled(Order(concurrency="1"), found.portfolio, (found.folder,)) as assembly,
            Run(_with(assembly.parts, store), assembly.plan) as theirs,
        ):
            shown = await page.get(f"/api/runs/{theirs.id}")
            assert (shown["state"], shown["here"], shown["order"]) == ("running", False, None)
            assert (await page.client.post(f"/api/runs/{theirs.id}/pause")).status_code == 200
            frames = await page.site.runs.watch(theirs.id)
            async with aclosing(frames):
                assert b'"paused":true' in await anext(frames) + await anext(frames)
            assert (await page.client.post(f"/api/runs/{theirs.id}/cancel")).status_code == 200
            ended = await theirs.wait()
    assert ended.stopped == FROM_ELSEWHERE
    assert (await page.get(f"/api/runs/{theirs.id}"))["state"] == "stopped"


def _with(parts: Any, store: SqlStore) -> Any:
    return replace(parts, store=store, analyzer=Scripted(A_DRESS, seconds=0.3))


def test_a_capped_analyzer_is_in_all_else_the_one_underneath() -> None:
    assert Capped(always()(), 3).traits is SCRIPTED


@pytest.mark.parametrize("spent", [0, 2, 5])
def test_what_is_left_of_a_budget_is_never_less_than_nothing(spent: int) -> None:
    assert without_spent(Order(most_calls=3), spent).most_calls == max(0, 3 - spent)
    assert without_spent(Order(), spent).most_calls is None
