"""A run at a server is watched to its end, whatever becomes of the line and of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web

from manyeyes.model.errors import ServerError
from manyeyes.remote.watching import Sight, look, watch
from small_server import RUN, SmallServer, frame, hang_up, run_json, small_server

ENDED = run_json(3, state="complete")


def watched(prepare: Callable[[SmallServer], object]) -> tuple[SmallServer, list[Sight]]:
    async def see() -> tuple[SmallServer, list[Sight]]:
        async with small_server() as (small, line):
            prepare(small)
            return small, [sight async for sight in watch(line, RUN)]

    return asyncio.run(see())


def currents(sights: list[Sight]) -> list[int]:
    return [sight.progress.current for sight in sights]


def test_a_run_is_followed_by_its_events() -> None:
    def prepare(small: SmallServer) -> None:
        small.news = [[frame(1, run_json(1)), b": still here\n\n", frame(2, run_json(2)), frame(3, ENDED)]]
        small.looks = [ENDED]

    _, sights = watched(prepare)
    assert currents(sights) == [1, 2, 3, 3]
    assert (sights[-1].state, sights[-1].progress.finished) == ("complete", True)


def test_a_line_that_breaks_is_taken_up_with_what_was_seen_last() -> None:
    def prepare(small: SmallServer) -> None:
        small.news = [[frame(1, run_json(1))], [frame(3, ENDED)]]
        small.looks = [run_json(2), ENDED]

    small, sights = watched(prepare)
    assert currents(sights) == [1, 2, 3, 3]
    assert [headers.get("Last-Event-ID") for headers in small.headers if "Last-Event-ID" in headers] == [
        "a-1"
    ]


def test_where_no_events_come_the_run_is_looked_at() -> None:
    def prepare(small: SmallServer) -> None:
        small.looks = [run_json(1), run_json(2), ENDED]

    _, sights = watched(prepare)
    assert currents(sights) == [1, 2, 3, 3]


def test_a_server_that_goes_away_and_comes_back_is_waited_for() -> None:
    async def away(_: web.Request) -> web.StreamResponse:
        return web.Response(status=502, text="Bad Gateway")

    def prepare(small: SmallServer) -> None:
        small.news = [[frame(1, run_json(1))], [frame(3, ENDED)]]
        small.looks = [run_json(2), ENDED]
        small.tricks[RUN] = [hang_up, away]

    _, sights = watched(prepare)
    assert currents(sights) == [1, 2, 3, 3]


def test_a_run_that_its_server_takes_up_again_is_followed_there() -> None:
    other = "s" * 26
    left = run_json(1, state="broken off")

    def prepare(small: SmallServer) -> None:
        small.news = [[frame(1, run_json(1))], [frame(3, run_json(3, state="complete", run=other))]]
        taken_up = run_json(1, state="broken off", continuedBy=other)
        small.looks = [left, left, taken_up, run_json(3, state="complete", run=other)]

    _, sights = watched(prepare)
    assert [sight.run for sight in sights] == [RUN, RUN, other, other]
    assert sights[-1].progress.finished


@pytest.mark.parametrize(
    ("told", "finished", "stopped"),
    [
        ({"state": "stopped", "stopped": "the token was refused"}, True, "the token was refused"),
        ({"state": "interrupted", "order": None}, False, "interrupted"),
        ({"state": "broken off", "order": None}, True, "broken off"),
    ],
)
def test_a_run_that_ends_early_says_why(told: dict[str, object], finished: bool, stopped: str) -> None:
    def prepare(small: SmallServer) -> None:
        small.looks = [run_json(1) | told]

    _, sights = watched(prepare)
    assert (sights[-1].progress.finished, sights[-1].progress.stopped) == (finished, stopped)


def test_a_run_told_in_other_words_is_of_another_version() -> None:
    async def see() -> None:
        async with small_server() as (small, line):
            small.looks = [{"id": RUN, "state": "running"}]
            await look(line, RUN)

    with pytest.raises(ServerError, match="same version"):
        asyncio.run(see())
