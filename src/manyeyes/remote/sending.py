"""Pictures brought into a portfolio at a server: each once, a few at a time, through broken lines."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from manyeyes.model.errors import ImageError, ServerError, Unreachable
from manyeyes.model.image import ImageRef, Original
from manyeyes.remote.answers import Refusal, understood
from manyeyes.remote.parcels import Body, parcels
from manyeyes.remote.server import Request, Server

#: Parcels on the way at once.
AT_ONCE = 3

#: The bytes of a listed picture and their hash. Blocks; raises ImageError.
Read = Callable[[ImageRef], Original]


@dataclass(slots=True)
class Sent:
    """How far an upload is, and what became of the pictures, by names."""

    pictures: int
    #: Bytes of all pictures but those that need not be sent, and of what is on the way or done.
    size: int
    passed: int = 0
    #: Pictures that need nothing more.
    ended: int = 0
    arrived: int = 0
    #: The same bytes are at the server already.
    already: int = 0
    #: Not sent, or not taken; each with the reason.
    refused: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, name: str, reason: str) -> None:
        """One is not to be had."""
        self.refused.append((name, reason))
        self.ended += 1


class Sending:
    """Brings pictures into one portfolio; `told` hears how far it is, many times a second."""

    def __init__(self, server: Server, portfolio: str, read: Read, told: Callable[[Sent], object]) -> None:
        self._server = server
        self._path = f"/api/portfolios/{portfolio}/images"
        self._read = read
        self._told = told
        #: How far it is.
        self.sent = Sent(0, 0)
        #: Whether the server can tell what it holds.
        self._tells = True

    async def send(self, listed: Sequence[ImageRef]) -> Sent:
        """Bring what is not there yet. Raises ServerError and SettingsError; what has arrived is kept."""
        self.sent.pictures, self.sent.size = len(listed), sum(ref.size for ref in listed)
        waiting = parcels(listed)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(AT_ONCE):
                    tasks.create_task(self._carry(waiting))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return self.sent

    async def _carry(self, waiting: Iterator[tuple[ImageRef, ...]]) -> None:
        for parcel in waiting:
            pictures = [one for ref in parcel if (one := await self._opened(ref)) is not None]
            await self._bring(pictures)

    async def _opened(self, ref: ImageRef) -> Original | None:
        try:
            return await asyncio.to_thread(self._read, ref)
        except ImageError as error:
            self.sent.refuse(ref.name, str(error))
            self.sent.size -= ref.size
            return None

    async def _bring(self, pictures: Sequence[Original]) -> None:
        """Have these at the server, each once: what it holds is asked for before each try."""
        outage = self._server.outage()
        tried = False
        while pictures := await self._missing(pictures, tried=tried):
            tried = True
            try:
                await self._post(pictures)
            except Unreachable as error:
                await self._server.wait(outage, error)
            except Refusal as refusal:
                await self._refused(pictures, refusal)
                return
            else:
                return

    async def _missing(self, pictures: Sequence[Original], *, tried: bool) -> Sequence[Original]:
        """Those that are not at the server yet; after a try, the others arrived with it."""
        held = await self._held([picture.sha256 for picture in pictures])
        for picture in pictures:
            if picture.sha256 in held:
                self.sent.arrived += tried
                self.sent.already += not tried
                self.sent.ended += 1
                self.sent.size -= len(picture.data)
        self._told(self.sent)
        return [picture for picture in pictures if picture.sha256 not in held]

    async def _held(self, hashes: Sequence[str]) -> frozenset[str]:
        if not self._tells or not hashes:
            return frozenset()
        asked = Request("POST", f"{self._path}/held", json={"sha256": hashes})
        try:
            told = await self._server.ask(asked)
        except Unreachable:
            raise
        except ServerError:
            # It is older than this question. Then all is sent, and it says what it had.
            self._tells = False
            return frozenset()
        with understood(self._server.address):
            return frozenset(told["held"])

    async def _post(self, pictures: Sequence[Original]) -> None:
        passed = 0

        def count(size: int) -> None:
            nonlocal passed
            passed += size
            self._pass(size)

        body = Body(pictures, f"manyeyes-{secrets.token_hex(12)}", count)
        headers = {"Content-Type": body.content_type}
        asked = Request("POST", self._path, body=body.pieces, size=body.size, headers=headers)
        try:
            self._take(await self._server.ask_once(asked))
        except BaseException:
            self._pass(-passed)
            raise
        # What stands around the pictures is no part of them.
        self._pass(sum(len(picture.data) for picture in pictures) - passed)

    async def _refused(self, pictures: Sequence[Original], refusal: Refusal) -> None:
        """None of these was taken: each for its own reason, or all of them as too much at once."""
        if refusal.problem.get("refused"):
            self._take(refusal.problem)
            return
        if refusal.why == "too-large":
            if len(pictures) > 1:
                half = len(pictures) // 2
                await self._bring(pictures[:half])
                await self._bring(pictures[half:])
            else:
                self.sent.refuse(pictures[0].ref.name, str(refusal))
            return
        raise refusal

    def _take(self, receipt: Any) -> None:
        """What the server says has become of the pictures of one request."""
        with understood(self._server.address):
            added, duplicates = len(receipt.get("added", ())), len(receipt.get("duplicates", ()))
            refused = [(str(one["name"]), str(one["reason"])) for one in receipt.get("refused", ())]
        self.sent.arrived += added
        self.sent.already += duplicates
        self.sent.ended += added + duplicates
        for name, reason in refused:
            self.sent.refuse(name, reason)
        self._told(self.sent)

    def _pass(self, size: int) -> None:
        self.sent.passed += size
        self._told(self.sent)
