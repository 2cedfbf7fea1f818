"""The line to a service: one request out, one answer back, and the token to nobody else."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
import orjson

from manyeyes.model.errors import Broken

CONNECT_SECONDS = 10.0
#: Characters; a shorter token (of a stand-in) is no secret, and occurs in words and in predictions' ids.
SHORTEST_SECRET = 12
#: Bytes a second: what a slow line is given for a body, on top of the patience for the answer.
_SLOW_LINE = 50_000
#: What is said of a fault that is of this kind, and of none before it.
_SAID: tuple[tuple[type[Exception], str], ...] = (
    (
        aiohttp.ClientConnectorDNSError,
        "The name {host} cannot be resolved; see whether it is right and the network is up.",
    ),
    (aiohttp.ClientConnectorCertificateError, "The certificate of {origin} cannot be trusted: {why}."),
    (
        aiohttp.ClientSSLError,
        "No secure connection to {origin} came about; see whether it is http: or https: there.",
    ),
    (
        aiohttp.ClientConnectorError,
        "Nobody answers at {origin}; see whether the address is right and the network is up.",
    ),
    (aiohttp.InvalidURL, "{origin} is no address that can be called."),
    (aiohttp.ClientResponseError, "{origin} answered with something that is not HTTP."),
    (Exception, "The connection to {origin} broke off."),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One response, read to its end."""

    status: int
    #: Names in lower case.
    headers: Mapping[str, str]
    #: The JSON object it held; empty where it held none.
    body: Mapping[str, object]

    @property
    def meaning(self) -> str:
        """What its status means: `Bad Gateway`; some words for one that no standard knows."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "without a reason"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of ours; `path` comes after the line's own."""

    method: str
    path: str
    #: Seconds until a silent service counts as broken, without the time that `data` needs.
    patience: float
    data: bytes | aiohttp.FormData | None = None
    #: Bytes in `data`.
    size: int = 0
    headers: Mapping[str, str] | None = None
    #: Bytes of the answer; one prediction repeats its input, picture and all.
    longest_answer: int = 32 * 2**20

    @property
    def seconds(self) -> float:
        """How long all of it may take."""
        return self.patience + self.size / _SLOW_LINE


class Line:
    """A session with one origin, below `path` there; entered before its first call.

    Without a token nothing is said of one.
    """

    def __init__(self, origin: str, token: str, path: str = "/v1") -> None:
        self._origin = origin
        self._token = token
        self._path = path
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Line:
        self._session = aiohttp.ClientSession(
            # How many calls run at once is decided elsewhere; a limit here would only hide a queue.
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _headers(self) -> Mapping[str, str]:
        told = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return {"User-Agent": "manyeyes"} | told

    async def call(self, request: Request) -> Answer:
        """Sends `request`, to our own origin only. Broken where no whole answer comes."""
        try:
            return await self._exchange(request)
        except aiohttp.ConnectionTimeoutError as error:
            raise Broken(f"No connection to {self._origin} within {CONNECT_SECONDS:.0f} s.") from error
        except TimeoutError as error:
            raise Broken(f"{self._origin} did not answer within {request.seconds:.0f} s.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Broken(said_of(error, self._origin)) from error

    async def _exchange(self, request: Request) -> Answer:
        assert self._session is not None, "entered before its first call"
        async with self._session.request(
            request.method,
            f"{self._origin}{self._path}{request.path}",
            data=request.data,
            headers=request.headers,
            timeout=aiohttp.ClientTimeout(total=request.seconds, sock_connect=CONNECT_SECONDS),
            allow_redirects=False,  # The token would go along.
        ) as response:
            raw = await _read(response, request.longest_answer)
        if len(self._token) >= SHORTEST_SECRET:
            # No message of ours may ever repeat the token, whatever the other side echoes.
            raw = raw.replace(self._token.encode(), b"[token]")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, _object(raw))


def said_of(error: Exception, origin: str) -> str:
    """What became of a request to `origin` that has no whole answer, in a sentence."""
    if isinstance(error, aiohttp.ClientConnectorError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return f"No connection to {origin}: too many open files; use a lower --concurrency."
    said = next(said for kind, said in _SAID if isinstance(error, kind))
    why = getattr(getattr(error, "certificate_error", None), "verify_message", "it is not valid")
    return said.format(origin=origin, host=getattr(error, "host", origin), why=why.rstrip("."))


async def _read(response: aiohttp.ClientResponse, longest: int) -> bytes:
    raw = bytearray()
    async for part in response.content.iter_any():
        raw += part
        if len(raw) > longest:
            raise Broken(f"The service's answer is longer than {longest:,} bytes.")
    return bytes(raw)


def _object(raw: bytes) -> Mapping[str, object]:
    """The JSON object in a body; empty for HTML, a list, or nothing."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
