"""A run with a budget whose server is killed, or ends, spends neither more nor less than was asked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from browser_world import garments, paid_service
from command_line import journal
from manyeyes.analyzers.scripted import Scripted
from manyeyes.model.errors import RateLimited
from page_place import A_DRESS, server
from stand_in_client import until
from test_page_runs import PAID, started
from web_server import wait_until

BUDGET = 7


@pytest.mark.takes_long
def test_a_killed_server_spends_the_whole_budget_and_no_more(tmp_path: Path) -> None:
    with paid_service(tmp_path, "--median", "0.6") as there:
        garments(tmp_path / "spring", 16)
        portfolio = there.portfolio("Spring", tmp_path / "spring")
        run = there.run(portfolio, concurrency=2, budget=BUDGET)
        there.wait_for(run, 2)
        there.kill()
        there.start()
        taken_up = wait_until(lambda: there.get(f"/runs/{run}")["continuedBy"], "the run taken up")
        told = there.wait_for_end(taken_up)
        assert "is used up" in told["stopped"]
        analyzed = there.get(f"/portfolios/{portfolio}")["analyzed"]
    assert len(journal(tmp_path, "create")) == BUDGET
    assert analyzed == BUDGET


@pytest.mark.parametrize(
    ("script", "left"),
    [
        # Answered, but no good: that was paid for, though the picture has not ended.
        (["no JSON at all", "no JSON at all", *[A_DRESS] * 9], 1),
        # Turned away: that was not.
        ([A_DRESS, RateLimited("slow down", retry_after=60), *[A_DRESS] * 9], 2),
    ],
)
def test_what_is_left_of_a_budget_is_what_was_not_bought(
    tmp_path: Path, script: list[object], left: int
) -> None:
    async def scene() -> None:
        made: list[Scripted] = []

        def analyzer() -> Scripted:
            made.append(Scripted(list(script), seconds=0.01, traits=PAID))  # type: ignore[arg-type]
            return made[-1]

        async with server(tmp_path, analyzer) as page:
            portfolio = await page.portfolio(*(f"{number}.png" for number in range(6)))
            run = await started(page, portfolio, concurrency=1, budget=3)
            async with asyncio.timeout(20):
                await until(lambda: sum(call.method == "start" for call in made[-1].calls) == 2)
        async with server(tmp_path, lambda: Scripted(A_DRESS, seconds=60, traits=PAID)) as page:
            again = (await page.get(f"/api/runs/{run['id']}"))["continuedBy"]
            assert (await page.get(f"/api/runs/{again}"))["order"]["budget"] == left
            page.site.runs.end_now()

    asyncio.run(scene())
