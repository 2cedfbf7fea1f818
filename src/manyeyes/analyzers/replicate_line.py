"""The line to Replicate: one request out, one answer back, and the token to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import orjson

from manyeyes.analyzers.replicate_errors import Answer
from manyeyes.model.errors import Broken

CONNECT_SECONDS = 10.0
#: Characters; a shorter token (of a stand-in) is no secret, and occurs in words and in predictions' ids.
SHORTEST_SECRET = 12
#: Bytes a second: what a slow line is given for a body, on top of the patience for the answer.
_SLOW_LINE = 50_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request of ours; `path` comes after `/v1`."""

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
    """A session with one origin; entered before its first call."""

    def __init__(self, origin: str, token: str) -> None:
        self._origin = origin
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Line:
        self._session = aiohttp.ClientSession(
            # How many calls run at once is decided elsewhere; a limit here would only hide a queue.
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Authorization": f"Bearer {self._token}", "User-Agent": "manyeyes"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, request: Request) -> Answer:
        """Sends `request`, to our own origin only. Broken where no whole answer comes."""
        try:
            return await self._exchange(request)
        except aiohttp.ConnectionTimeoutError as error:
            raise Broken(f"No connection to {self._origin} within {CONNECT_SECONDS:.0f} s.") from error
        except TimeoutError as error:
            raise Broken(f"{self._origin} did not answer within {request.seconds:.0f} s.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = str(error)[:200] or type(error).__name__
            raise Broken(f"The connection to {self._origin} broke: {reason}.") from error

    async def _exchange(self, request: Request) -> Answer:
        assert self._session is not None, "entered before its first call"
        async with self._session.request(
            request.method,
            f"{self._origin}/v1{request.path}",
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
