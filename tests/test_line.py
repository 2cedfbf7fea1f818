"""What is said of a line that does not hold: a sentence without the words of any library."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from manyeyes.analyzers.line import Line, Request, said_of
from manyeyes.model.errors import Broken

ORIGIN = "https://api.example.com"
KEY = ConnectionKey("api.example.com", 443, True, True, None, None, None)


def failed(number: int) -> OSError:
    """A fault of the system."""
    return OSError(number, os.strerror(number))


def untrusted() -> ssl.SSLCertVerificationError:
    """What the check of a certificate raises."""
    fault = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    fault.verify_message = "certificate has expired"
    return fault


async def ask(origin: str) -> str:
    """What is said of a request to `origin`, which does not come to an answer."""
    with pytest.raises(Broken) as caught:
        async with Line(origin, "any") as line:
            await line.call(Request("GET", "/account", 5.0))
    return str(caught.value)


async def ask_one_who(answers: bytes, scheme: str = "http") -> tuple[str, str]:
    """The same of a service that says this to everyone and hangs up; its origin before it."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answers)
        writer.close()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        origin = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return origin, await ask(origin)


def test_where_nobody_listens_the_address_is_questioned() -> None:
    with socket.socket() as held:
        # It is taken, and nobody listens there.
        held.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{held.getsockname()[1]}"
        said = asyncio.run(ask(origin))
    assert said == f"Nobody answers at {origin}; see whether the address is right and the network is up."


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_who_hangs_up_has_broken_off(begun: bytes) -> None:
    origin, said = asyncio.run(ask_one_who(begun))
    assert said == f"The connection to {origin} broke off."


def test_an_answer_in_another_tongue_is_called_so() -> None:
    origin, said = asyncio.run(ask_one_who(b"220 mail.example.com ready\r\n\r\n"))
    assert said == f"{origin} answered with something that is not HTTP."


def test_where_nothing_is_encrypted_the_scheme_is_questioned() -> None:
    origin, said = asyncio.run(ask_one_who(b"HTTP/1.1 400 Bad Request\r\n\r\n", "https"))
    assert said == f"No secure connection to {origin} came about; see whether it is http: or https: there."


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "Name not known")),
            "The name api.example.com cannot be resolved; see whether it is right and the network is up.",
        ),
        (
            aiohttp.ClientConnectorError(KEY, failed(errno.ENETUNREACH)),
            f"Nobody answers at {ORIGIN}; see whether the address is right and the network is up.",
        ),
        (
            aiohttp.ClientConnectorError(KEY, failed(errno.EMFILE)),
            f"No connection to {ORIGIN}: too many open files; use a lower --concurrency.",
        ),
        (
            aiohttp.ClientConnectorCertificateError(KEY, untrusted()),
            f"The certificate of {ORIGIN} cannot be trusted: certificate has expired.",
        ),
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), f"The connection to {ORIGIN} broke off."),
        (aiohttp.InvalidURL("https:///"), f"{ORIGIN} is no address that can be called."),
    ],
)
def test_every_fault_of_a_line_has_its_sentence(error: Exception, said: str) -> None:
    assert said_of(error, ORIGIN) == said
