"""Watching runs: frames are made once for all watchers, a slow one skips some, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from manyeyes.analyzers.scripted import Scripted
from manyeyes.lab.virtual_time import run
from manyeyes.model.errors import StoreError
from manyeyes.web.live import BEAT, HEARTBEAT, Live, Sight
from manyeyes.web.problems import unknown
from page_place import A_DRESS, Page, server


def slow() -> Scripted:
    return Scripted(A_DRESS, seconds=0.05)


@dataclass
class Told:
    """A run that is looked at: what a look gives, and how many there were."""

    current: int = 0
    ended: bool = False
    looks: int = 0
    fault: Exception | None = None

    async def look(self) -> Sight:
        self.looks += 1
        if self.fault is not None:
            raise self.fault
        return Sight({"current": self.current}, self.ended)


def told_by(frame: bytes) -> dict[str, Any]:
    """What a frame's first event says."""
    [data] = [line for line in frame.decode().splitlines() if line.startswith("data: ")][:1]
    told: dict[str, Any] = json.loads(data.removeprefix("data: "))
    return told


def in_virtual_time(scene: Callable[[Live, Told], Awaitable[None]]) -> None:
    """Carry a scene out on a clock that jumps."""

    async def whole() -> None:
        async with Live() as live:
            await scene(live, Told())

    run(whole())


async def next_of(frames: AsyncGenerator[bytes]) -> bytes:
    return await anext(frames)


def test_a_watcher_gets_the_state_at_once_and_then_what_changes() -> None:
    async def scene(live: Live, told: Told) -> None:
        async with aclosing(live.frames("r", told.look, mine=True)) as frames:
            assert told_by(await next_of(frames)) == {"current": 0}
            told.current = 1
            live.hear("r")
            assert told_by(await next_of(frames)) == {"current": 1}
            told.current, told.ended = 2, True
            live.hear("r")
            last = await next_of(frames)
            assert b"event: ended" in last
            assert [frame async for frame in frames] == []

    in_virtual_time(scene)


def test_news_that_comes_fast_makes_one_frame_in_a_tenth_of_a_second() -> None:
    async def scene(live: Live, told: Told) -> None:
        async with aclosing(live.frames("r", told.look, mine=True)) as frames:
            await next_of(frames)
            seen: list[int] = []
            for number in range(1, 101):
                told.current = number
                live.hear("r")
                await asyncio.sleep(0.005)
            began = asyncio.get_running_loop().time()
            while not seen or seen[-1] < 100:
                seen.append(told_by(await next_of(frames))["current"])
            assert told.looks <= 8
            assert asyncio.get_running_loop().time() - began <= 0.2

    in_virtual_time(scene)


def test_frames_are_made_once_however_many_watch() -> None:
    async def scene(live: Live, told: Told) -> None:
        watchers = [live.frames("r", told.look, mine=True) for _ in range(50)]
        first = await asyncio.gather(*map(next_of, watchers))
        assert len({id(frame) for frame in first}) == 1
        assert told.looks == 1
        for watcher in watchers:
            await watcher.aclose()

    in_virtual_time(scene)


def test_a_slow_watcher_gets_the_newest_and_skips_the_rest() -> None:
    async def scene(live: Live, told: Told) -> None:
        async with (
            aclosing(live.frames("r", told.look, mine=True)) as slow_one,
            aclosing(live.frames("r", told.look, mine=True)) as quick,
        ):
            await next_of(slow_one)
            await next_of(quick)
            for number in range(1, 6):
                told.current = number
                live.hear("r")
                assert told_by(await next_of(quick))["current"] == number
            assert told_by(await next_of(slow_one))["current"] == 5

    in_virtual_time(scene)


def test_whoever_has_seen_the_newest_frame_is_not_told_again() -> None:
    async def scene(live: Live, told: Told) -> None:
        async with aclosing(live.frames("r", told.look, mine=True)) as frames:
            frame = await next_of(frames)
            [seen] = [line[4:] for line in frame.decode().splitlines() if line.startswith("id: ")]
            async with aclosing(live.frames("r", told.look, mine=True, seen=seen)) as again:
                told.current = 7
                live.hear("r")
                assert told_by(await next_of(again))["current"] == 7

    in_virtual_time(scene)


def test_a_silent_line_hears_that_it_holds() -> None:
    async def scene(live: Live, told: Told) -> None:
        async with aclosing(live.frames("r", told.look, mine=True)) as frames:
            await next_of(frames)
            began = asyncio.get_running_loop().time()
            assert await next_of(frames) == BEAT
            assert HEARTBEAT <= asyncio.get_running_loop().time() - began <= HEARTBEAT + 2

    in_virtual_time(scene)


def test_a_store_that_cannot_be_read_for_a_while_ends_nothing() -> None:
    async def scene(live: Live, told: Told) -> None:
        async with aclosing(live.frames("r", told.look, mine=False)) as frames:
            await next_of(frames)
            told.fault = StoreError("locked")
            await asyncio.sleep(3)
            told.fault, told.current = None, 3
            assert told_by(await next_of(frames))["current"] == 3

    in_virtual_time(scene)


@pytest.mark.parametrize("fault", [unknown("run", "GET /api/runs"), ValueError("a fault of ours")])
def test_a_run_that_is_deleted_or_cannot_be_told_lets_its_watchers_go_and_ends_nothing_else(
    fault: Exception,
) -> None:
    async def scene(live: Live, told: Told) -> None:
        other = Told()
        async with (
            aclosing(live.frames("r", told.look, mine=False)) as frames,
            aclosing(live.frames("another", other.look, mine=False)) as others,
        ):
            await next_of(frames)
            await next_of(others)
            told.fault = fault
            assert [frame async for frame in frames] == []
            other.current = 1
            assert told_by(await next_of(others)) == {"current": 1}

    in_virtual_time(scene)


def test_nothing_is_looked_at_once_nobody_watches() -> None:
    async def scene(live: Live, told: Told) -> None:
        for _ in range(20):
            async with aclosing(live.frames("r", told.look, mine=False)) as frames:
                await next_of(frames)
        await asyncio.sleep(1)
        looks, tasks = told.looks, len(asyncio.all_tasks())
        await asyncio.sleep(60)
        assert (told.looks, live.watchers, tasks) == (looks, 0, 1)

    in_virtual_time(scene)


def test_a_server_that_ends_lets_every_watcher_go() -> None:
    async def scene(live: Live, told: Told) -> None:
        frames = live.frames("r", told.look, mine=True)
        await next_of(frames)
        waiting = asyncio.ensure_future(next_of(frames))
        await asyncio.sleep(0)
        live.close()
        assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], StopAsyncIteration)

    in_virtual_time(scene)


def test_a_run_is_watched_to_its_end_by_several_at_once(tmp_path: Path) -> None:
    async def watched(page: Page, run_id: str) -> list[dict[str, Any]]:
        return [told_by(frame) async for frame in await page.site.runs.watch(run_id)]

    async def scene() -> None:
        async with server(tmp_path, slow) as page:
            portfolio = await page.portfolio(*(f"{number}.png" for number in range(8)))
            started = await page.client.post(f"/api/portfolios/{portfolio}/runs", json={"concurrency": 2})
            run_id = started.json()["id"]
            seen = await asyncio.gather(*(watched(page, run_id) for _ in range(3)))
            for each in seen:
                counts = [told["current"] for told in each]
                assert counts == sorted(counts)
                assert (each[-1]["state"], each[-1]["current"], each[-1]["run"]) == ("complete", 8, run_id)
                assert {"vitals", "paused", "changed", "message"} <= each[0].keys()
            assert page.site.live.watchers == 0
            [late] = await watched(page, run_id)
            assert (late["state"], late["message"]) == ("complete", "Complete! Analyzed 8 images.")

    asyncio.run(scene())
    gc.collect()
