"""Has models put portfolios into words, each in a task of its own, until they have or the server ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from manyeyes.engine.run import INTERRUPTED, Run
from manyeyes.model.errors import ManyeyesError, SettingsError
from manyeyes.model.portfolio import Portfolio
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.profile import profile_of
from manyeyes.portrait.style import StyleProfile
from manyeyes.portrait.writing import Commission, carried_out, placed, with_words
from manyeyes.store.latest import latest
from manyeyes.store.orders import Order as RunOrder
from manyeyes.store.portfolios import portfolio_summary
from manyeyes.store.writings import Order, Standing, broken_off, newest, note_failure
from manyeyes.web.estimates import impossible
from manyeyes.web.house import AnalyzerNote, Assembled, House
from manyeyes.web.problems import Problem, unknown
from manyeyes.web.thumbnails import SIZES, Thumbnails

logger = logging.getLogger(__name__)

#: Gives the order that is to be carried out, once it is known who carries it out.
_Place = Callable[[Assembled], Awaitable[Order]]


@dataclass(frozen=True, slots=True)
class Writer:
    """Who can be asked for words here, and what that costs."""

    analyzer: str
    model: str
    #: US dollars for a call; None where nobody knows.
    price: float | None


class Writing:
    """The orders of words that this server carries out."""

    def __init__(self, house: House, thumbnails: Thumbnails) -> None:
        self._house = house
        self._thumbnails = thumbnails
        self._tasks: set[asyncio.Task[None]] = set()
        self._runs: dict[str, Run] = {}
        self._ending = False

    @property
    def count(self) -> int:
        """Orders under way, and those about to be."""
        return len(self._tasks)

    def writers(self) -> list[Writer]:
        """Who is set up to write."""
        prices = self._house.prices
        return [
            Writer(note.name, note.model or "", prices.get(note.name) if note.paid else 0.0)
            for note in self._notes()
            if not note.lacks
        ]

    def lacking(self) -> list[tuple[str, str]]:
        """Who else could write, and why that cannot be here."""
        return [(note.name, note.lacks) for note in self._notes() if note.lacks]

    def _notes(self) -> list[AnalyzerNote]:
        return [note for note in self._house.analyzers() if note.writes]

    async def profile(self, portfolio: str) -> StyleProfile:
        """The style of a portfolio as it stands, with what a model wrote about it."""
        store = self._house.store
        return await with_words(store, portfolio, await profile_of(latest(store, portfolio)))

    async def standing(self, portfolio: str) -> Standing | None:
        """How the newest order of words about a portfolio stands."""
        return await self._house.store.carry_out(partial(newest, portfolio=portfolio))

    async def begin(self, portfolio: str, analyzer: str | None = None, model: str | None = None) -> str:
        """Have a model write about a portfolio; the order's id, once the store has it. Raises Problem."""
        found = await self._house.store.carry_out(partial(portfolio_summary, portfolio=portfolio))
        if found is None:
            raise unknown("portfolio", "GET /api/portfolios")
        chosen = self._chosen(analyzer)
        self._check_room()
        profile = await self.profile(portfolio)
        if not profile.analyzed:
            raise Problem(
                409, "not-analyzed", "no picture of this portfolio is analyzed yet", "analyze some first"
            )
        commission = Commission(portfolio, profile, await self._sheet(profile), lasting=True)

        async def place(assembly: Assembled) -> Order:
            return await placed(self._house.store, commission, assembly.parts)

        try:
            return await self._begin(found.portfolio, RunOrder(analyzer=chosen, model=model), place)
        except SettingsError as error:
            raise impossible(error) from None

    async def take_up(self) -> None:
        """Go on with orders that ended with the server before this one; their order does not change."""
        store = self._house.store
        for order in await store.carry_out(broken_off):
            found = await store.carry_out(partial(portfolio_summary, portfolio=order.portfolio))
            if found is None:
                continue
            again = RunOrder(analyzer=order.adapter, model=order.model)
            # A key may be gone: the page shows it as it broke off.
            with suppress(ManyeyesError):
                await self._begin(found.portfolio, again, partial(_as_placed, order))

    def stop(self) -> None:
        """The server ends: what is in flight is finished and kept."""
        self._ending = True
        for run in self._runs.values():
            run.stop(INTERRUPTED)

    def end_now(self) -> None:
        """Wait for nothing more: what was begun is looked for by whoever takes it up."""
        self.stop()
        for run in self._runs.values():
            run.end_now()

    async def wait_ended(self) -> None:
        """Until nothing is in flight any more."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _chosen(self, analyzer: str | None) -> str:
        name = analyzer or self._house.default_analyzer
        notes = self._notes()
        if name in [note.name for note in notes]:
            return name
        if analyzer is None and (ready := self.writers()):
            return ready[0].analyzer
        able = ", ".join(note.name for note in notes)
        raise Problem(
            409, "cannot-write", f"{name[:40]!r} cannot put anything into words", f"choose one of {able}"
        )

    def _check_room(self) -> None:
        if self.count >= self._house.caps.runs:
            raise Problem(
                429,
                "too-many-at-once",
                f"{self.count} portfolios are being put into words, and this server does no more at once",
                "ask again in a minute",
                headers={"Retry-After": "30"},
            )

    async def _sheet(self, profile: StyleProfile) -> bytes:
        pictures = [data for pick in profile.contact_sheet if (data := await self._small(pick)) is not None]
        if not pictures:
            raise Problem(
                409,
                "cannot-be-shown",
                "none of the pictures that show what there is can be read any more",
                "see whether their files are still there",
            )
        return await self._house.sheet(pictures)

    async def _small(self, pick: Pick) -> bytes | None:
        try:
            path = await self._thumbnails.file(await self._thumbnails.record(pick.id), min(SIZES))
            return await asyncio.to_thread(path.read_bytes)
        except (Problem, OSError):
            return None

    async def _begin(self, owner: Portfolio, wanted: RunOrder, place: _Place) -> str:
        begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._carry_out(owner, wanted, place, begun))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: begun.cancel())
        # Whoever asked may go; the order is carried out.
        return await asyncio.shield(begun)

    async def _carry_out(
        self, owner: Portfolio, wanted: RunOrder, place: _Place, begun: asyncio.Future[str]
    ) -> None:
        try:
            async with self._house.assembled(wanted, owner, ()) as assembly:
                order = await place(assembly)
                await self._write(order, assembly, begun)
        except Exception as error:  # noqa: BLE001 - one order's fault is not to end the others
            if not begun.done():
                begun.set_exception(error)
                return
            if not isinstance(error, ManyeyesError):
                logger.error("words about %r broke off by a fault of ours: %r", owner.name, error)  # noqa: TRY400
            with suppress(ManyeyesError):
                await self._note(begun.result(), error)

    async def _write(self, order: Order, assembly: Assembled, begun: asyncio.Future[str]) -> None:
        def hear(run: Run) -> None:
            self._runs[order.id] = run
            if self._ending:
                run.stop(INTERRUPTED)

        begun.set_result(order.id)
        try:
            await carried_out(self._house.store, order, assembly.parts, assembly.plan, begun=hear)
        finally:
            self._runs.pop(order.id, None)

    async def _note(self, order: str, error: Exception) -> None:
        kind, said = "error", "a fault of ours ended it: ask again"
        if isinstance(error, ManyeyesError):
            kind, said = error.kind, str(error)
        await self._house.store.carry_out(partial(note_failure, order=order, kind=kind, message=said))


async def _as_placed(order: Order, _: Assembled) -> Order:
    return order
