"""Brings what lies at public addresses to disk, under rules that keep it from being turned against us."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from manyeyes.intake.addresses import OUT_OF_REACH, Allowed, is_public, parse_url, why_not_asked, without_user
from manyeyes.intake.files import why
from manyeyes.intake.hosts import Hosts, Manners
from manyeyes.intake.landing import place_for
from manyeyes.intake.naming import shown_name
from manyeyes.intake.response import NotTaken, body_of, name_of, retry_after, why_not_a_picture
from manyeyes.intake.sniff import HEAD_BYTES
from manyeyes.model.arrival import Fetched, Refused

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({429, 503})
#: The same from every machine. What is packed would only have to be unpacked, under a cap.
_HEADERS = {
    "User-Agent": "manyeyes",
    "Accept": "image/*, application/zip, */*;q=0.1",
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True, slots=True)
class FetchRules:
    """How much is fetched, and how patiently. Times are in seconds."""

    allowed: Allowed = field(default_factory=Allowed)
    #: Bytes of one file, unpacked.
    most_bytes: int = 200_000_000
    #: One request from its start to its end; until it is connected; and without a single byte.
    whole: float = 300
    connect: float = 10
    quiet: float = 15
    #: Redirects that are followed.
    hops: int = 5
    #: Requests in flight, of all hosts together.
    at_once: int = 8
    manners: Manners = field(default_factory=Manners)
    #: The longest that a host may have us wait before it is asked a second time.
    patience: float = 30


_USUAL_RULES = FetchRules()


class Fetcher:
    """Fetches and posts. `async with` opens and closes it.

    An address is checked as it is typed, and again after every redirect; the address that a host's name
    stands for is checked in the very look-up that the connection is made with, so that a name cannot stand
    for another one a moment later. No cookies, no proxies, no sign-in.
    """

    def __init__(self, rules: FetchRules = _USUAL_RULES, resolver: AbstractResolver | None = None) -> None:
        """`resolver` looks hosts up; None for the system's."""
        self._rules = rules
        self._resolver = resolver
        self._hosts = Hosts(rules.manners)
        self._room = asyncio.Semaphore(rules.at_once)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        rules = self._rules
        guard = _Guard(self._resolver or aiohttp.ThreadedResolver(), rules.allowed)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=guard, use_dns_cache=False, limit=rules.at_once),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=rules.connect, sock_read=rules.quiet),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        session, self._session = self._session, None
        assert session is not None
        await session.close()

    async def fetch(self, url: str, folder: Path) -> Fetched | Refused:
        """Bring what lies at `url` into a file of `folder` that `sweep` knows, and that is the caller's then.

        Only a picture or a ZIP, by its first bytes; whether it is any good is for `Arrivals` to find out.
        """
        shown = shown_name(without_user(url))
        try:
            return await self._followed(_parsed(url), folder, shown)
        except NotTaken as no:
            return Refused(shown, str(no))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | Refused:
        """Send `body` to `url`; the status of the answer, of which nothing else is read. Redirects are not
        followed."""
        try:
            target = _parsed(url)
            self._check(target)
            async with self._turn(target), self._asked("POST", target, body, headers) as response:
                return response.status
        except NotTaken as no:
            return Refused(shown_name(without_user(url)), str(no))

    async def _followed(self, url: URL, folder: Path, shown: str) -> Fetched:
        """What lies at the end of the redirects. Raises NotTaken."""
        hops, has_waited = 0, False
        while True:
            self._check(url)
            async with self._turn(url), self._asked("GET", url) as response:
                headers, status = response.headers, response.status
                if status in _REDIRECTS and "Location" in headers:
                    hops += 1
                    url = self._onward(url, headers["Location"], hops)
                elif status in _LATER and not has_waited and (seconds := retry_after(headers)) is not None:
                    self._put_off(url, seconds)
                    has_waited = True
                elif status == 200:
                    return Fetched(shown, name_of(url, headers), str(await self._kept(response, folder)))
                else:
                    raise NotTaken(f"was answered with status {status}; see that anyone can open it")

    def _check(self, url: URL) -> None:
        if reason := why_not_asked(url, self._rules.allowed):
            raise NotTaken(reason)

    def _onward(self, url: URL, location: str, hops: int) -> URL:
        if hops > self._rules.hops:
            raise NotTaken(f"leads on to others more than {self._rules.hops} times; give the last one")
        return url.join(_parsed(location))

    def _put_off(self, url: URL, seconds: float) -> None:
        if seconds > self._rules.patience:
            raise NotTaken(f"asks to come back in {seconds:.0f} s; add it again then")
        self._hosts.hold(_key(url), seconds)

    @asynccontextmanager
    async def _turn(self, url: URL) -> AsyncIterator[None]:
        async with self._hosts.turn(_key(url)), self._room:
            yield

    @asynccontextmanager
    async def _asked(
        self, method: str, url: URL, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request. Raises NotTaken, in words that do not tell one unreachable address from another."""
        assert self._session is not None, "enter `async with` first"
        request = self._session.request(method, url, data=body, headers=headers, allow_redirects=False)
        try:
            async with asyncio.timeout(self._rules.whole), request as response:
                yield response
        except TimeoutError:
            raise NotTaken("did not come in time; try again, or download it yourself") from None
        except (aiohttp.ClientError, OSError, UnicodeError):
            raise NotTaken(OUT_OF_REACH) from None

    async def _kept(self, response: aiohttp.ClientResponse, folder: Path) -> Path:
        """The body in a file, which is gone again where it does not come to its end. Raises NotTaken."""
        place = place_for(folder)
        try:
            with _on_disk():
                file = place.open("xb")
            with file:
                await self._write(response, file)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
        return place

    async def _write(self, response: aiohttp.ClientResponse, file: BinaryIO) -> None:
        head, is_known = b"", False
        async for piece in body_of(response, self._rules.most_bytes):
            if not is_known:
                head += piece[:HEAD_BYTES]
                if is_known := len(head) >= HEAD_BYTES:
                    _check_head(head)
            with _on_disk():
                await asyncio.to_thread(file.write, piece)
        if not is_known:
            _check_head(head)
        with _on_disk():
            file.flush()


@contextmanager
def _on_disk() -> Iterator[None]:
    """Tells what goes wrong with our disk from what goes wrong with the network, which must not be told."""
    try:
        yield
    except OSError as error:
        raise NotTaken(f"could not be kept: {why(error)}; see to that, then add it again") from error


class _Guard(AbstractResolver):
    """Looks hosts up, and gives out no address that may not be asked."""

    def __init__(self, resolver: AbstractResolver, allowed: Allowed) -> None:
        self._resolver = resolver
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Where `host` lies. Raises OSError where one of its addresses is not public: it means no good."""
        found = await self._resolver.resolve(host, port, family)
        if not self._allowed.covers(host, port) and not all(is_public(one["host"]) for one in found):
            raise OSError(None, OUT_OF_REACH)
        return found

    async def close(self) -> None:
        """Let the resolver go."""
        await self._resolver.close()


def _parsed(text: str) -> URL:
    url = parse_url(text)
    if url is None:
        raise NotTaken("is no web address; give one that begins with https://")
    return url


def _key(url: URL) -> str:
    return url.raw_authority.lower()


def _check_head(head: bytes) -> None:
    if reason := why_not_a_picture(head):
        raise NotTaken(reason)
