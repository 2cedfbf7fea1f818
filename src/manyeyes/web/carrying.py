"""Carries runs out, each in a task of its own, until they have ended or the server does."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from time import time
from typing import Any, Self

from manyeyes.engine.run import Run
from manyeyes.model.errors import ManyeyesError
from manyeyes.model.event import Event
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.store.orders import TELLING, Order, Untold, keep_delivery, keep_order, untold, wish_of
from manyeyes.store.portfolios import sources_of
from manyeyes.store.watching import run_news
from manyeyes.web.house import Assembled, House
from manyeyes.web.live import Live
from manyeyes.web.metrics import Metrics
from manyeyes.web.views import moment, run_json
from manyeyes.web.webhooks import WAITS, Delivery, deliveries

logger = logging.getLogger(__name__)


class Carrying:
    """The runs of this server. Entered, it carries out what is begun; left, it waits for what it stopped."""

    def __init__(self, house: House, live: Live, metrics: Metrics) -> None:
        self._house = house
        self._live = live
        self._metrics = metrics
        self._tasks = asyncio.TaskGroup()
        self._told = asyncio.TaskGroup()
        self._telling: set[asyncio.Task[None]] = set()
        self._later: list[asyncio.Task[None]] = []
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._portfolios: dict[str, str] = {}
        self._begun: set[str] = set()
        #: Those under way, by their ids.
        self.runs: dict[str, Run] = {}

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        await self._told.__aenter__()
        self._metrics.watch(
            lambda: sum(run.vitals().in_flight for run in self.runs.values()),
            lambda: sum(run.vitals().limit for run in self.runs.values()),
        )
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self._tasks.__aexit__(*raised)
        for task in (*self._telling, *self._later):
            task.cancel()
        await self._told.__aexit__(*raised)

    @property
    def count(self) -> int:
        """Runs under way, and those about to be."""
        return len(self._begun)

    def run_of(self, portfolio: str) -> str | None:
        """The run of this portfolio that is under way, or an empty text where it is about to be."""
        if portfolio not in self._begun:
            return None
        return next((run for run, of in self._portfolios.items() if of == portfolio), "")

    async def wait_ended(self, run: str) -> None:
        """Until nothing of this run is in flight any more."""
        if (task := self._ending.get(run)) is not None:
            await asyncio.wait([task])

    async def begin(self, owner: Portfolio, order: Order, *, continues: str | None = None) -> str:
        """Begin a run; its id, once the store has it. Raises ManyeyesError where it cannot begin."""
        begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._begun.add(owner.id)
        task = self._tasks.create_task(self._carry_out(owner, order, continues, begun))
        task.add_done_callback(lambda _: begun.cancel())
        # Whoever asked may go; the run goes on.
        run = await asyncio.shield(begun)
        self._ending[run] = task
        task.add_done_callback(lambda _: self._ending.pop(run, None))
        return run

    async def _carry_out(
        self, owner: Portfolio, order: Order, continues: str | None, begun: asyncio.Future[str]
    ) -> None:
        try:
            sources = await self._house.store.carry_out(partial(sources_of, portfolio=owner.id))
            async with self._house.assembled(order, owner, sources) as assembly:
                await self._run(assembly, owner, order, continues, begun)
        except Exception as error:  # noqa: BLE001 - one run's fault is not to end the others
            if not begun.done():
                begun.set_exception(error)
            elif not isinstance(error, ManyeyesError):
                logger.error("a run of %r broke off by a fault of ours: %r", owner.name, error)  # noqa: TRY400
        finally:
            self._begun.discard(owner.id)

    async def _run(
        self,
        assembly: Assembled,
        owner: Portfolio,
        order: Order,
        continues: str | None,
        begun: asyncio.Future[str],
    ) -> None:
        store, log = self._house.store, self._house.log()

        def hear(_: Event, __: Progress) -> None:
            self._live.hear(run.id)

        async with Run(assembly.parts, assembly.plan, listeners=(log, self._metrics.hear, hear)) as run:
            if wish_of(order) == "pause":
                run.pause()
            await store.carry_out(partial(keep_order, run=run.id, order=order, continues=continues))
            self.runs[run.id], self._portfolios[run.id] = run, owner.id
            if not begun.done():
                begun.set_result(run.id)
            try:
                await run.wait()
            finally:
                del self.runs[run.id], self._portfolios[run.id]
                self._live.hear(run.id)
        if order.webhook is not None:
            self._begin_to_tell(Untold(run.id, 0, time()))

    async def tell_left(self) -> None:
        """Go on telling of runs that have ended where the server before this one could not."""
        for left in await self._house.store.carry_out(untold):
            self._begin_to_tell(left)
        self._later.append(self._told.create_task(self._tell_later()))

    async def _tell_later(self) -> None:
        """Once more, when it is sure that a server on another machine, or in a container, is gone."""
        await asyncio.sleep(TELLING)
        try:
            for left in await self._house.store.carry_out(untold):
                self._begin_to_tell(left)
        except ManyeyesError as error:
            logger.warning("who is still to be told of ended runs cannot be read: %s", error)

    def _begin_to_tell(self, left: Untold) -> None:
        telling = self._told.create_task(self._tell(left))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _tell(self, left: Untold) -> None:
        """Tell who wants to know that a run has ended; it waits for nobody."""
        try:
            await self._deliver(left)
        except Exception as error:  # noqa: BLE001 - whoever is not told is no reason to end the others' runs
            logger.error("that run %s has ended could not be told: %r", left.run, error)  # noqa: TRY400

    async def _deliver(self, left: Untold) -> None:
        run, store, secret = left.run, self._house.store, self._house.webhook_secret
        news = await store.carry_out(partial(run_news, run=run))
        # A run that ended with its server goes on with the next one, which tells once it has ended.
        if news is None or news.summary.state == "interrupted":
            return
        if news.order is None or news.order.webhook is None:
            return
        told = Delivery("waiting", left.tries)
        # Should this process be killed, the next one knows of it.
        await self._keep(run, told, store.owner, left.at)
        ended = moment(news.summary.ended or left.at)
        message = {"type": "run.ended", "timestamp": ended, "data": run_json(news) | {"webhook": None}}
        wait = max(0.0, left.at + WAITS[left.tries - 1] - time()) if left.tries else 0.0
        post, url = self._house.post, news.order.webhook
        try:
            async for told in deliveries(
                post, secret, url, f"msg_{run}", message, made=left.tries, wait=wait
            ):
                await self._keep(run, told, store.owner, time())
        except asyncio.CancelledError:
            # The server ends: whoever comes next need not wait to be sure of that.
            await self._keep(run, told, "", time())
            raise

    async def _keep(self, run: str, told: Delivery, teller: str, at: float) -> None:
        keep = partial(keep_delivery, run=run, told=told.as_json(), teller=teller, at=at)
        await self._house.store.carry_out(keep)
