"""Runs of this server and of others: begun, watched, paused, ended, and taken up again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

from manyeyes.engine.run import INTERRUPTED, Run
from manyeyes.model.errors import ManyeyesError, SettingsError
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.orders import Order, calls_noted, keep_wish, unfinished, wish_of
from manyeyes.store.portfolios import PortfolioSummary, portfolio_summary
from manyeyes.store.reports import RunSummary, list_runs
from manyeyes.store.steering import Wish, want
from manyeyes.store.watching import RunNews, calls_of, run_news, runs_of
from manyeyes.web.carrying import Carrying
from manyeyes.web.estimates import impossible, nothing_there
from manyeyes.web.house import House
from manyeyes.web.live import Live, Sight
from manyeyes.web.metrics import Metrics
from manyeyes.web.problems import Problem, unknown
from manyeyes.web.views import RUNNING, frame_of, run_json, state_of
from manyeyes.web.writing import Writing

#: Why a run stopped that was stopped on the page or through the API.
STOPPED_HERE = "stopped on the page"


class Runs:
    """Carries runs out for as long as it is entered; acts on those of other processes through the store."""

    def __init__(self, house: House, live: Live, metrics: Metrics, writing: Writing) -> None:
        self._house = house
        self._live = live
        self._writing = writing
        self._carrying = Carrying(house, live, metrics)

    async def __aenter__(self) -> Self:
        await self._carrying.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        """What is in flight is finished and saved; the rest is taken up at the next start."""
        self.stop()
        await self._carrying.__aexit__(*raised)
        await self._writing.wait_ended()

    @property
    def under_way(self) -> int:
        """Runs that this server carries out, and portfolios that it has put into words."""
        return self._carrying.count + self._writing.count

    def stop(self) -> None:
        """The server ends: what is in flight is finished and saved, and watchers are let go."""
        for run in self._carrying.runs.values():
            run.stop(INTERRUPTED)
        self._writing.stop()
        self._live.close()

    def end_now(self) -> None:
        """Wait for nothing more: what was begun is looked for by whoever takes the runs up."""
        for run in self._carrying.runs.values():
            run.end_now()
        self._writing.end_now()

    async def wait_ended(self) -> None:
        """Until nothing is in flight any more."""
        for run in list(self._carrying.runs):
            await self._carrying.wait_ended(run)
        await self._writing.wait_ended()

    async def take_up(self) -> list[str]:
        """Go on with the runs that broke off, or ended with the server before this one; their new ids.

        Who wanted to hear of a run's end, and could not be told by then, is told now.
        """
        await self._writing.take_up()
        taken = []
        for left in await self._house.store.carry_out(partial(unfinished, interrupted=True)):
            spent = calls_noted(left.order)
            if spent is None:
                spent = await self._house.store.carry_out(partial(calls_of, run=left.run))
            order = without_spent(left.order, spent)
            try:
                taken.append(await self._carrying.begin(left.portfolio, order, continues=left.run))
            except (ManyeyesError, Problem):
                # Its pictures may be gone, or a key: the page shows it as it broke off, with its button.
                continue
        await self._carrying.tell_left()
        return taken

    async def start(self, portfolio: str, order: Order, *, continues: str | None = None) -> str:
        """Begin a run; its id. Raises Problem where that cannot be."""
        found = await self._portfolio(portfolio)
        owner = found.portfolio
        if not found.pictures and found.folder is not None:
            raise nothing_there()
        self._check_room(owner)
        try:
            return await self._carrying.begin(owner, order, continues=continues)
        except SettingsError as error:
            raise impossible(error) from None

    def _check_room(self, owner: Portfolio) -> None:
        if (under_way := self._carrying.run_of(owner.id)) is not None:
            raise Problem(
                409,
                "under-way",
                f"{owner.name!r} is being analyzed already",
                "watch that run, or stop it first",
                more={"run": under_way},
            )
        if self._carrying.count >= self._house.caps.runs:
            raise Problem(
                429,
                "too-many-runs",
                f"{self._carrying.count} runs are under way, and this server carries out no more at once",
                "wait for one to end, stop one, or set MANYEYES_RUNS_AT_ONCE higher",
                headers={"Retry-After": "30"},
            )

    async def _portfolio(self, portfolio: str) -> PortfolioSummary:
        found = await self._house.store.carry_out(partial(portfolio_summary, portfolio=portfolio))
        if found is None:
            raise unknown("portfolio", "GET /api/portfolios")
        return found

    async def one(self, run: str) -> dict[str, object]:
        """A run as the API tells it (`views.run_json`). Raises Problem where there is none."""
        return run_json(await self._news(run), self._carrying.runs.get(run))

    async def portfolio_of(self, run: str) -> Portfolio:
        """The portfolio that a run is of. Raises Problem where there is no such run."""
        return (await self._news(run)).summary.portfolio

    async def newest(self, most: int = 50) -> Sequence[RunSummary]:
        """The runs of all portfolios, newest first."""
        return await self._house.store.carry_out(partial(list_runs, most=most))

    async def of(self, portfolio: str, most: int = 50) -> Sequence[RunSummary]:
        """The runs of a portfolio, newest first."""
        await self._portfolio(portfolio)
        return await self._house.store.carry_out(partial(runs_of, portfolio=portfolio, most=most))

    async def pause(self, run: str) -> None:
        """Send nothing more for now; what is in flight goes on to its end."""
        await self._ask(run, "pause")

    async def resume(self, run: str) -> None:
        """Go on."""
        await self._ask(run, "resume")

    async def cancel(self, run: str) -> None:
        """Stop for good; what is in flight is finished and saved."""
        await self._ask(run, "stop")

    async def _ask(self, run: str, wish: Wish) -> None:
        mine = self._carrying.runs.get(run)
        if mine is not None:
            _obey(mine, wish)
            self._live.hear(run)
            await self._house.store.carry_out(partial(keep_wish, run=run, wish=wish))
            return
        news = await self._news(run)
        if not await self._house.store.carry_out(partial(want, run=run, wish=wish)):
            raise Problem(
                409,
                "ended",
                f"this run has ended ({news.summary.state}): there is nothing to {wish}",
                "start another run of the portfolio",
            )

    async def stop_all_of(self, portfolio: str) -> None:
        """Stop what this server carries out of a portfolio, and wait until it has."""
        if (run := self._carrying.run_of(portfolio)) is not None:
            await self.cancel(run)
            await self._carrying.wait_ended(run)

    async def retry_failed(self, run: str) -> str:
        """A new run of the same portfolio and order that asks again for what failed; its id."""
        news = await self._news(run)
        order = replace(news.order or Order(), retry_failed=True, fresh=False, more=None)
        return await self.start(news.summary.portfolio.id, order, continues=run)

    async def retry_one(self, portfolio: str, picture: str) -> str:
        """A new run of one picture, which asks again even where the last answer was no; its id."""
        return await self.start(portfolio, Order(retry_failed=True, pictures=(picture,)))

    async def watch(self, run: str, seen: str | None = None) -> AsyncGenerator[bytes]:
        """Frames of server-sent events until the run has ended. Raises Problem where there is none."""
        mine = run in self._carrying.runs
        if not mine:
            # Many may come at once: only for runs of others the store has to be asked.
            await self._news(run)
        return self._live.frames(run, partial(self._look, run), mine=mine, seen=seen)

    async def _look(self, run: str) -> Sight:
        mine = self._carrying.runs.get(run)
        if mine is not None and not mine.progress.finished:
            vitals = mine.vitals().as_json(series=False)
            return Sight(frame_of(run, mine.progress.as_json(), vitals, RUNNING), ended=False)
        news = await self._news(run)
        told = run_json(news, mine)
        progress, vitals_told = told["progress"], told["vitals"]
        assert isinstance(progress, dict)
        assert isinstance(vitals_told, dict)
        state = state_of(news, None)
        paused = {"paused": True} if told["paused"] else {}
        return Sight(frame_of(run, progress | paused, vitals_told, state), ended=state != RUNNING)

    async def _news(self, run: str) -> RunNews:
        news = await self._house.store.carry_out(partial(run_news, run=run))
        if news is None:
            raise unknown("run", "GET /api/runs")
        return news


def _obey(run: Run, wish: Wish) -> None:
    match wish:
        case "pause":
            run.pause()
        case "resume":
            run.resume()
        case "stop":
            run.stop(STOPPED_HERE)


def without_spent(order: Order, spent: int) -> Order:
    """The order of a run that goes on with another, which has used up so many calls of its budget; it is
    paused where the other was.
    """
    left = None if order.most_calls is None else max(0, order.most_calls - spent)
    paused = {"wish": "pause"} if wish_of(order) == "pause" else None
    return replace(order, most_calls=left, more=paused)
