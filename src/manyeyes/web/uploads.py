"""What arrives: streamed to disk under caps, checked one by one, and taken into its portfolio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from fastapi import Request
from filelock import FileLock, Timeout

from manyeyes.model.arrival import Arrival, Duplicate, Fetched, Refused, Taken
from manyeyes.model.image import Locator
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.portfolios import NewPicture, add_pictures, held, portfolio_summary
from manyeyes.web.house import House
from manyeyes.web.problems import Problem, unknown
from manyeyes.web.receiving import Received, Receiving, arriving, check_room, clear
from manyeyes.web.sessions import CSRF_FIELD, check_csrf

#: Pictures that are taken in one visit of a thread, and then told to the store together.
_VISIT = 32
#: Addresses of one request that are asked at once, or whose files wait to be taken.
_FETCHED_AT_ONCE = 8


@dataclass(slots=True)
class Receipt:
    """What became of an upload, by names."""

    added: list[str] = field(default_factory=list)
    #: Each with the name under which the same bytes are there already.
    duplicates: list[Duplicate] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    #: What else a form held, by its fields' names.
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """201 where something was taken; 200 where all was there already; 409 where nothing was any good."""
        return 201 if self.added else 200 if self.duplicates else 409


class Uploads:
    """Takes pictures into portfolios, one upload of a portfolio after another."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._turns: dict[str, asyncio.Lock] = {}
        #: Held by the first server at this folder; gone with its process, however that ends.
        self._first = FileLock(house.data / "serving.lock", blocking=False)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """For as long as pictures may arrive. Removes what an earlier process left half-arrived first.

        Not where another server is at work in the same folder: it may be arriving there.
        """
        self._house.data.mkdir(parents=True, exist_ok=True)
        with suppress(Timeout):
            self._first.acquire()
            await asyncio.to_thread(clear, self._house.data)
            await asyncio.to_thread(self._house.sweep, self._house.data / "portfolios")
        try:
            yield
        finally:
            self._first.release()

    async def receive(self, request: Request, portfolio: str, *, from_form: bool = False) -> Receipt:
        """Take the files of a multipart body, or the one file that a body is.

        Raises Problem where it breaks a cap, or broke off: then nothing is taken. With `from_form` it must
        carry the field `csrf` of a page of ours.
        """
        owner, folder = await self._place(portfolio)
        async with arriving(self._house.data) as received:
            await Receiving(received, self._house.caps).receive(request)
            if from_form:
                check_csrf(request, received.fields.get(CSRF_FIELD, ""))
            if not received.files and not (from_form and received.fields.get("urls")):
                raise Problem(
                    422, "nothing-sent", "the upload holds no file", "choose pictures, folders or a ZIP"
                )
            return await self._whole(owner, folder, received, Receipt(fields=received.fields))

    async def fetch(self, portfolio: str, urls: Sequence[str]) -> Receipt:
        """Take what is at these addresses, in their order; some of them are fetched at once.

        Cancelled, it fetches nothing more, and what was taken stays.
        """
        owner, folder = await self._place(portfolio)
        receipt = Receipt()
        async with arriving(self._house.data) as received:
            room = asyncio.Semaphore(_FETCHED_AT_ONCE)
            coming = [asyncio.ensure_future(self._fetched(url, received.folder, room)) for url in urls]
            try:
                for one in coming:
                    await self._take_fetched(await one, owner, folder, received, receipt)
                    room.release()
            finally:
                for one in coming:
                    one.cancel()
                await asyncio.gather(*coming, return_exceptions=True)
        return receipt

    async def _fetched(self, url: str, folder: Path, room: asyncio.Semaphore) -> Fetched | Refused:
        """What is at an address. Its room is free again once it was taken in: not all wait on the disk."""
        await room.acquire()
        check_room(folder, self._house.caps)
        return await self._house.fetch(url, folder)

    async def _take_fetched(
        self, got: Fetched | Refused, owner: Portfolio, folder: Path, received: Received, receipt: Receipt
    ) -> None:
        if isinstance(got, Refused):
            receipt.refused.append(got)
            return
        received.files.append((Path(got.path), got.name))
        await self._whole(owner, folder, received, receipt)
        received.files.clear()

    async def held(self, portfolio: str, hashes: Sequence[str]) -> Mapping[str, str]:
        """Of these hashes those that the portfolio holds already, each with a name there."""
        if await self._house.store.carry_out(partial(portfolio_summary, portfolio=portfolio)) is None:
            raise unknown("portfolio", "GET /api/portfolios")
        return await self._house.store.carry_out(partial(held, portfolio=portfolio, hashes=hashes))

    async def _place(self, portfolio: str) -> tuple[Portfolio, Path]:
        found = await self._house.store.carry_out(partial(portfolio_summary, portfolio=portfolio))
        if found is None:
            raise unknown("portfolio", "GET /api/portfolios")
        if found.folder is None:
            raise Problem(
                409,
                "not-uploaded",
                f"{found.portfolio.name!r} shows files of this machine: nothing can be uploaded to it",
                "put pictures into its folder, or make a portfolio of your own",
            )
        return found.portfolio, Path(found.folder)

    async def _whole(self, owner: Portfolio, folder: Path, received: Received, receipt: Receipt) -> Receipt:
        """All has come: it is taken in, whether or not somebody still waits for the answer."""
        task = asyncio.ensure_future(self._take_all(owner, folder, received, receipt))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    async def _take_all(
        self, owner: Portfolio, folder: Path, received: Received, receipt: Receipt
    ) -> Receipt:
        async with self._turns.setdefault(owner.id, asyncio.Lock()):
            take = self._house.arrivals(folder, self._held_by(owner))
            for path, name in received.files:
                arrivals = take(path, name)
                while visit := await asyncio.to_thread(_some, arrivals):
                    await self._keep(owner, visit, receipt)
        return receipt

    def _held_by(self, owner: Portfolio) -> Callable[[str], str | None]:
        """Whether a hash is in the portfolio, asked from a thread."""
        loop = asyncio.get_running_loop()

        def is_held(sha256: str) -> str | None:
            asked = self._house.store.carry_out(partial(held, portfolio=owner.id, hashes=[sha256]))
            return asyncio.run_coroutine_threadsafe(asked, loop).result().get(sha256)

        return is_held

    async def _keep(self, owner: Portfolio, visit: Sequence[Arrival], receipt: Receipt) -> None:
        taken = [one for one in visit if isinstance(one, Taken)]
        fresh = [NewPicture(Locator(one.path), one.name, one.version, one.size, one.sha256) for one in taken]
        await self._house.store.carry_out(partial(add_pictures, portfolio=owner, arrived=fresh))
        receipt.added += [one.name for one in taken]
        receipt.duplicates += [one for one in visit if isinstance(one, Duplicate)]
        receipt.refused += [one for one in visit if isinstance(one, Refused)]


def _some(arrivals: Iterator[Arrival]) -> list[Arrival]:
    return list(islice(arrivals, _VISIT))
