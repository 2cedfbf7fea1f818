"""The line to a manyeyes server: asks, tries again while the server is away, and says what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any, Self

import aiohttp

from manyeyes.model.errors import Unreachable
from manyeyes.remote.address import Address
from manyeyes.remote.answers import Answer, broken, content_of, error_of, without

#: Seconds: to connect; of silence, until the line counts as broken; for which a server that has been reached
#: before is waited for.
CONNECT, SILENCE, PATIENCE = 10.0, 120.0, 300.0
#: Bytes of an answer that is read as a whole.
LONGEST = 64 * 2**20

#: Tells a person what is waited for.
Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `path` comes after the server's own."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    #: Sent as JSON.
    json: object = None
    #: Begins a body of `size` bytes, anew for each try.
    body: Callable[[], AsyncIterator[bytes]] | None = None
    size: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


class Outage:
    """A time in which the server is away: how long to wait until it is asked again, and when to give up."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._waits = waits()
        self._until: float | None = None

    async def wait(self, error: Unreachable, tell: Tell) -> None:
        """Until it is time to ask again. Raises `error` once patience has ended."""
        now = asyncio.get_running_loop().time()
        if self._until is None:
            self._until = now + self._patience
            tell(f"{error}. Trying again for {self._patience / 60:.0f} minutes...")
        seconds = max(error.retry_after or 0.0, next(self._waits))
        if now + seconds > self._until:
            raise error
        await asyncio.sleep(seconds)

    @property
    def has_been(self) -> bool:
        """Whether there was anything to wait for."""
        return self._until is not None


def waits() -> Iterator[float]:
    """Seconds between one try and the next, while a server is away."""
    return chain((0.3, 0.6, 1.2, 2.4), repeat(5.0))


class Server:
    """A session with one server, entered before its first request; the token goes nowhere else."""

    def __init__(
        self, address: Address, token: str | None, tell: Tell, *, patience: float = PATIENCE
    ) -> None:
        self.address = address
        self._token = token or ""
        self._tell = tell
        self._patience = patience
        #: It has been reached: should it go away now, it is waited for.
        self._met = False
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        told = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "manyeyes", "Accept": "application/json"} | told,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def outage(self) -> Outage:
        """For work that does its own tries."""
        return Outage(self._patience)

    async def ask(self, request: Request) -> Any:
        """The JSON of the answer; every request of ours may be repeated.

        Raises ServerError, and SettingsError where another address, token or id is wanted.
        """
        outage = self.outage()
        while True:
            try:
                content = await self.ask_once(request)
            except Unreachable as error:
                await self.wait(outage, error)
            else:
                if outage.has_been:
                    self._tell(f"{self.address} is back.")
                return content

    async def get(self, path: str, **query: str) -> Any:
        """What is at `path`."""
        return await self.ask(Request("GET", path, query))

    async def wait(self, outage: Outage, error: Unreachable) -> None:
        """Until it is time to ask again; raises `error` where there is nobody to wait for."""
        if not (self._met or error.met):
            raise error
        await outage.wait(error, self._tell)

    async def ask_once(self, request: Request) -> Any:
        """The same without a second try."""
        async with self.opened(request) as response:
            answer = await self._read(response)
        content = content_of(answer, self.address, with_token=bool(self._token))
        self._met = True
        return content

    @asynccontextmanager
    async def opened(
        self, request: Request, *, silence: float = SILENCE
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response whose body is still to come; `silence`: seconds within which more of it must."""
        try:
            async with self._sent(request, silence) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise broken(error, self.address) from error

    async def check(self, response: aiohttp.ClientResponse) -> None:
        """Raise what an answer comes to that is no success."""
        if response.status != 200:
            raise error_of(await self._read(response), self.address, with_token=bool(self._token))
        self._met = True

    def _sent(self, request: Request, silence: float) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        assert self._session is not None, "entered before its first request"
        length = {} if request.body is None else {"Content-Length": str(request.size)}
        return self._session.request(
            request.method,
            f"{self.address}{request.path}",
            params=dict(request.query),
            json=request.json,
            data=None if request.body is None else request.body(),
            headers={**request.headers, **length},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=silence),
            allow_redirects=False,  # The token would go along.
        )

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > LONGEST:
                raise aiohttp.ClientPayloadError("longer than anything we ask for")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, without(self._token, bytes(body)))
