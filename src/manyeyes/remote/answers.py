"""What a server's answer, or the lack of one, comes to: JSON, or an error that says what to do."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import aiohttp

from manyeyes.model.errors import ServerError, SettingsError, Unreachable
from manyeyes.remote.address import Address

#: Every problem of a manyeyes server has a type that begins like this.
PREFIX = "urn:manyeyes:problem:"
#: Characters; a shorter token is no secret, and occurs in words.
_SHORTEST_SECRET = 8
#: What passes by itself: too much at once, restarting, overloaded, a server that a proxy does not reach.
_PASSING = {429, 502, 503, 504}
_VERSIONS = "see that it and this manyeyes are of the same version"

#: What is said of a fault that is of this kind, and of none before it.
_SAID: tuple[tuple[type[Exception], str], ...] = (
    (
        aiohttp.ClientConnectorDNSError,
        "the name of {server} cannot be resolved: see whether --server is right and the network is up",
    ),
    (
        aiohttp.ClientConnectorCertificateError,
        "the certificate of {server} cannot be trusted ({why}): have it renewed, or have this machine trust "
        "who signed it",
    ),
    (
        aiohttp.ClientSSLError,
        "no secure connection to {server} came about: see whether it is http: or https: there",
    ),
    (
        aiohttp.ClientConnectorError,
        "nobody answers at {server}: see whether the server runs and --server is right",
    ),
    (aiohttp.InvalidURL, "{server} is no address that can be called: correct --server"),
    (
        aiohttp.ClientResponseError,
        "{server} answers with something that is not HTTP: see whether it is http: or https: there",
    ),
    (TimeoutError, "{server} does not answer in time: see whether the server runs and the network is up"),
    (Exception, "the connection to {server} broke off: see whether the server runs and the network is up"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read to its end."""

    status: int
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> Mapping[str, Any] | None:
        """What a manyeyes server says is wrong; None where it is not one that speaks."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return None
        return told if isinstance(told, dict) and str(told.get("type", "")).startswith(PREFIX) else None


class Refusal(ServerError):
    """The server will not do this; `problem` has its reason as it came."""

    def __init__(self, message: str, kind: str = "", problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.why = kind
        self.problem = problem or {}


class NotThere(SettingsError):
    """The server has no such thing."""


def content_of(answer: Answer, server: Address, *, with_token: bool) -> Any:
    """The JSON of a success. Raises ServerError and SettingsError for all else."""
    if not 200 <= answer.status < 300:
        raise error_of(answer, server, with_token=with_token)
    try:
        return json.loads(answer.body)
    except ValueError:
        raise _stranger(server) from None


def error_of(answer: Answer, server: Address, *, with_token: bool) -> SettingsError | ServerError:
    """What an answer that is no success comes to."""
    problem = answer.problem
    if problem is None:
        return _by_status(answer, server)
    return _by_problem(problem, answer, server, with_token=with_token)


def _by_problem(
    problem: Mapping[str, Any], answer: Answer, server: Address, *, with_token: bool
) -> SettingsError | ServerError:
    if answer.status == 401:
        return _locked(server, with_token=with_token)
    said = _said(problem)
    if answer.status in _PASSING:
        return Unreachable(f"{server} says: {said}", retry_after=_wait(answer), met=True)
    if answer.status == 405 or problem.get("detail") == "there is nothing at this address":
        return ServerError(f"{server} does not know what is asked of it: {_VERSIONS}")
    if answer.status == 404:
        return NotThere(f"{server} says: {said}")
    if problem["type"] == f"{PREFIX}not-usable":
        return SettingsError(f"{server} says: {said}")
    return Refusal(f"{server} says: {said}", str(problem["type"]).removeprefix(PREFIX), problem)


def _said(problem: Mapping[str, Any]) -> str:
    said = str(problem.get("detail") or problem.get("title") or "no").rstrip(".")
    remedy = str(problem.get("remedy", "")).rstrip(".")
    return f"{said}; {remedy}" if remedy else said


def _by_status(answer: Answer, server: Address) -> SettingsError | ServerError:
    """What the status says where nobody of ours speaks: a proxy, or another kind of server."""
    if 300 <= answer.status < 400:
        there = urljoin(f"{server}/", answer.headers.get("location", ""))
        return SettingsError(
            f"{server} sends its callers elsewhere, to {there}: nothing was sent there; if that is your "
            "server, name it with --server"
        )
    if answer.status in (401, 407):
        return SettingsError(f"something before {server} asks for a password: let manyeyes through there")
    if answer.status == 413:
        return Refusal(
            f"something before {server} takes no request as large as this: allow larger ones there",
            "too-large",
        )
    if answer.status >= 500:
        said = f"{server} answers {answer.status}: see whether the server runs, and what it logs"
        passing = answer.status in _PASSING
        return Unreachable(said, retry_after=_wait(answer)) if passing else ServerError(said)
    return _stranger(server)


def _stranger(server: Address) -> SettingsError:
    return SettingsError(
        f"{server} is no manyeyes server: name one that `manyeyes serve` has opened, with the path below "
        "which it shows itself"
    )


def _locked(server: Address, *, with_token: bool) -> SettingsError:
    if with_token:
        return SettingsError(
            f"MANYEYES_TOKEN is not the token of {server}: set it to the one that the server was started with"
        )
    return SettingsError(f"{server} asks for its token: set MANYEYES_TOKEN to it")


def _wait(answer: Answer) -> float | None:
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isdecimal() else None


def broken(error: Exception, server: Address) -> Unreachable:
    """What became of a request that has no whole answer."""
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return Unreachable("too many files are open: close other programs, or allow more with `ulimit -n`")
    said = next(said for kind, said in _SAID if isinstance(error, kind))
    why = getattr(getattr(error, "certificate_error", None), "verify_message", "it is not valid")
    return Unreachable(said.format(server=server, why=str(why).rstrip(".")))


def without(secret: str, body: bytes) -> bytes:
    """The body with the token crossed out, whatever the other side echoes."""
    return body.replace(secret.encode(), b"[token]") if len(secret) >= _SHORTEST_SECRET else body


@contextmanager
def understood(server: Address) -> Iterator[None]:
    """Reading an answer in the block, which another version may have written otherwise."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ServerError(f"{server} answers in a way that is not understood here: {_VERSIONS}") from error
