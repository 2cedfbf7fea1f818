"""What a server answered: its name, its bytes as far as they are taken, and when to come back."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Protocol

from yarl import URL

from manyeyes.intake.naming import safe_name
from manyeyes.intake.sniff import sniff

#: Bytes that are read, or unpacked, at a time.
PIECE_BYTES = 1 << 18


class NotTaken(Exception):
    """An address is not taken; the message says why, in words that stand behind the address."""


class _Content(Protocol):
    def iter_chunked(self, n: int) -> AsyncIterator[bytes]: ...


class Response(Protocol):
    """What is known of an answer whose body has not come yet."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Whatever the case of their names."""

    @property
    def content(self) -> _Content:
        """The body."""


def name_of(url: URL, headers: Mapping[str, str]) -> str:
    """What a file is called: by its `Content-Disposition` (RFC 6266), or else by the end of its address."""
    told = Message()
    given = None
    with suppress(Exception):
        # Whatever the header holds, the address has a name too.
        told["Content-Disposition"] = headers.get("Content-Disposition", "")
        given = told.get_filename()
    return safe_name((given or url.name).replace("\\", "/").rpartition("/")[2])


def why_not_a_picture(head: bytes) -> str | None:
    """Why a file that begins with `head` is not taken; None for a picture or a ZIP."""
    content = sniff(head)
    if content.is_picture or content.what == "zip":
        return None
    return f"holds {content.words}, no picture; give the address of the picture itself"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds after which to come back (RFC 9110, 10.2.3); a date counts from the server's own clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        later = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, later.total_seconds())


async def body_of(response: Response, most: int) -> AsyncIterator[bytes]:
    """The bytes of an answer, unpacked, piece by piece. Raises NotTaken where there are more than `most`,
    before they have come where the header tells."""
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > most:
        raise _too_large(most)
    total = 0
    unpack = _unpacker(response.headers.get("Content-Encoding", "").strip().lower())
    async for packed in response.content.iter_chunked(PIECE_BYTES):
        for piece in unpack.pieces(packed):
            total += len(piece)
            if total > most:
                raise _too_large(most)
            yield piece
    if not unpack.is_whole:
        raise NotTaken("came only in part; try again")


def _too_large(most: int) -> NotTaken:
    return NotTaken(f"has more than {most:,} bytes, the most that is fetched; download it and shrink it")


def _unpacker(coding: str) -> _Plain | _Inflated:
    if coding in {"", "identity"}:
        return _Plain()
    if coding in {"gzip", "x-gzip", "deflate"}:
        return _Inflated()
    raise NotTaken(f"is sent packed in a way that is not read here ({coding[:20]!r}); download it yourself")


class _Plain:
    is_whole = True

    def pieces(self, data: bytes) -> Iterator[bytes]:
        yield data


class _Inflated:
    """Some servers pack whatever they are asked for. However much a piece unpacks to, it comes bit by bit."""

    def __init__(self) -> None:
        # With a header of gzip or of zlib: it is found out which.
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    @property
    def is_whole(self) -> bool:
        return self._inflate.eof

    def pieces(self, data: bytes) -> Iterator[bytes]:
        try:
            while data and not self._inflate.eof:
                yield self._inflate.decompress(data, PIECE_BYTES)
                data = self._inflate.unconsumed_tail
        except zlib.error as error:
            raise NotTaken("is packed, and damaged; try again, or download it yourself") from error
