"""Bytes that come in, streamed into files of a folder that goes with everything in it unless all has come."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from fastapi import Request
from starlette.requests import ClientDisconnect

from manyeyes.web.house import Caps
from manyeyes.web.multipart import PartBegins, PartEnds, pieces
from manyeyes.web.problems import Problem

#: The folder below the data folder for what is still coming in.
ARRIVING = "arriving"
#: Bytes that are written at once, in a thread.
_BLOCK = 1 << 20
#: Bytes of a form's field beside the files.
_FIELD_BYTES = 10_000


@dataclass(slots=True)
class Received:
    """What has come in so far."""

    folder: Path
    #: Files with the names they were sent under.
    files: list[tuple[Path, str]] = field(default_factory=list)
    #: Fields of a form that are no files.
    fields: dict[str, str] = field(default_factory=dict)

    def next_file(self, name: str) -> Path:
        """Where the next file goes."""
        path = self.folder / str(len(self.files))
        self.files.append((path, name))
        return path


@asynccontextmanager
async def arriving(data: Path) -> AsyncIterator[Received]:
    """A folder for what comes in; gone afterwards, with what is left in it."""
    place = data / ARRIVING
    folder = Path(await asyncio.to_thread(_made, place))
    try:
        yield Received(folder)
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))


def clear(data: Path) -> None:
    """Remove what was coming in when an earlier process ended. Blocks."""
    shutil.rmtree(data / ARRIVING, ignore_errors=True)


def _made(place: Path) -> str:
    place.mkdir(exist_ok=True)
    return tempfile.mkdtemp(dir=place)


class Receiving:
    """Streams one request's body into files, under the caps. Memory holds one block of it."""

    def __init__(self, received: Received, caps: Caps) -> None:
        self._received = received
        self._caps = caps
        self._file: BinaryIO | None = None
        self._block = bytearray()
        self._size = 0

    async def receive(self, request: Request) -> None:
        """Take the files of a form, or the one file that the body is.

        Raises Problem where it breaks a cap, is malformed, or whoever sent it has gone.
        """
        kind = request.headers.get("content-type", "")
        try:
            if kind.lower().startswith("multipart/"):
                await self._receive_form(kind, request)
            else:
                await self._receive_one(request)
        except ClientDisconnect:
            raise Problem(
                400, "broken-off", "the upload broke off: nothing of it was kept", "send it again"
            ) from None
        finally:
            if self._file is not None:
                self._file.close()

    async def _receive_form(self, kind: str, request: Request) -> None:
        part: PartBegins | None = None
        async for piece in pieces(kind, request.stream()):
            match piece:
                case PartBegins(file=None | ""):
                    part = piece
                    self._received.fields.setdefault(piece.field, "")
                case PartBegins(file=str() as name):
                    part = piece
                    await self._begin(name)
                case PartEnds():
                    await self._end()
                    part = None
                case bytes() if part is not None and part.file:
                    await self._add(piece)
                case bytes() if part is not None:
                    self._add_to_field(part.field, piece)

    def _add_to_field(self, name: str, piece: bytes) -> None:
        fields = self._received.fields
        fields[name] += piece.decode("utf-8", "replace")
        if len(fields[name]) > _FIELD_BYTES or len(fields) > 100:
            raise Problem(413, "too-large", f"the field {name[:80]!r} is too large", "send it shorter")

    async def _receive_one(self, request: Request) -> None:
        await self._begin(unquote(request.query_params.get("name", "")) or "picture")
        async for chunk in request.stream():
            await self._add(chunk)
        await self._end()

    async def _begin(self, name: str) -> None:
        if len(self._received.files) >= self._caps.files:
            raise Problem(
                413,
                "too-many-files",
                f"more than {self._caps.files} files at once",
                "send them in several requests",
            )
        check_room(self._received.folder, self._caps)
        path = self._received.next_file(name)
        self._file, self._size = path.open("wb", buffering=0), 0

    async def _add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._caps.file:
            name = self._received.files[-1][1]
            raise Problem(
                413,
                "too-large",
                f"{name[:200]!r} has more than {self._caps.file / 1e6:g} MB",
                "send it in smaller parts",
            )
        self._block += chunk
        if len(self._block) >= _BLOCK:
            await self._write()

    async def _end(self) -> None:
        if self._file is not None:
            await self._write()
            self._file.close()
            self._file = None

    async def _write(self) -> None:
        block, self._block = self._block, bytearray()
        assert self._file is not None
        check_room(self._received.folder, self._caps)
        try:
            await asyncio.to_thread(_write_all, self._file, block)
        except OSError:
            raise no_space() from None


def _write_all(file: BinaryIO, block: bytearray) -> None:
    left = memoryview(block)
    while left:
        left = left[file.write(left) :]


def check_room(folder: Path, caps: Caps) -> None:
    """Raise Problem where no more is to come to the disk of `folder`."""
    if shutil.disk_usage(folder).free < caps.disk_left:
        raise no_space()


def no_space(more: Mapping[str, object] | None = None) -> Problem:
    """The disk is full, or nearly so."""
    remedy = "free some space there, then send it again"
    return Problem(507, "no-space", "the server's disk is nearly full", remedy, more=more)
