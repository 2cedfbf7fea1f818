"""ZIP bytes written by hand, as no honest writer would; and small shorthands of the intake's tests."""

from __future__ import annotations

import asyncio
import os
import random
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pytest

from manyeyes.intake import files
from manyeyes.intake.safety import Caps
from manyeyes.intake.sources import Sources
from manyeyes.model.errors import ImageError
from manyeyes.model.image import ImageRef, PassedOver

#: Begins like a JPEG, which is all that listing asks for.
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2

#: The same, but nothing can pack it any smaller.
NOISE = b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(60_000)

#: The first bytes of a local header, of a record in the directory, and of the record at the end.
LOCAL, RECORD, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"

Row = ImageRef | PassedOver

unless_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def rows_of(sources: Sources) -> list[Row]:
    """Everything that is listed."""

    async def collect() -> list[Row]:
        return [row async for row in sources.list()]

    return asyncio.run(collect())


def pictures_of(sources: Sources) -> list[ImageRef]:
    return [row for row in rows_of(sources) if isinstance(row, ImageRef)]


def names_of(sources: Sources) -> list[str]:
    return [ref.name for ref in pictures_of(sources)]


def passed_over_by(sources: Sources) -> dict[str, str]:
    return {row.name: row.reason for row in rows_of(sources) if isinstance(row, PassedOver)}


@dataclass(frozen=True, slots=True)
class Crafted:
    """An entry, and what its headers claim where they lie."""

    name: str | bytes
    data: bytes = JPEG
    method: int = 8
    flags: int = 0
    system: int = 3
    mode: int = 0
    extra: bytes = b""
    local_extra: bytes = b""
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    offset: int | None = None
    #: Instead of `data` deflated.
    packed: bytes | None = None

    @property
    def raw_name(self) -> bytes:
        return self.name.encode() if isinstance(self.name, str) else self.name

    @property
    def stream(self) -> bytes:
        if self.packed is not None:
            return self.packed
        if self.method == 8:
            squeeze = zlib.compressobj(wbits=-15)
            return squeeze.compress(self.data) + squeeze.flush()
        return self.data

    @property
    def claims(self) -> tuple[int, int, int]:
        return (
            zlib.crc32(self.data) if self.crc is None else self.crc,
            len(self.stream) if self.packed_size is None else self.packed_size,
            len(self.data) if self.size is None else self.size,
        )


def header_of(entry: Crafted) -> bytes:
    fixed = struct.pack("<4s5H3L2H", LOCAL, 20, entry.flags, entry.method, 0, 0, *entry.claims,
                        len(entry.raw_name), len(entry.local_extra))  # fmt: skip
    return fixed + entry.raw_name + entry.local_extra


def local_part(entry: Crafted) -> bytes:
    return header_of(entry) + entry.stream


def record_of(entry: Crafted, offset: int) -> bytes:
    offset = offset if entry.offset is None else entry.offset
    fixed = struct.pack("<4s4B4H3L5H2L", RECORD, 20, entry.system, 20, 0, entry.flags, entry.method, 0, 0,
                        *entry.claims, len(entry.raw_name), len(entry.extra), 0, 0, 0,
                        entry.mode << 16, offset)  # fmt: skip
    return fixed + entry.raw_name + entry.extra


def closed(body: bytes, entries: Sequence[Crafted], offsets: Sequence[int], comment: bytes = b"") -> bytes:
    """`body` with a directory of these entries."""
    directory = b"".join(record_of(entry, at) for entry, at in zip(entries, offsets, strict=True))
    numbers = (0, 0, len(entries), len(entries), len(directory), len(body), len(comment))
    return body + directory + struct.pack("<4s4H2LH", END, *numbers) + comment


def crafted_zip(*entries: Crafted, before: bytes = b"", comment: bytes = b"") -> bytes:
    """An archive with these entries; `before` stands in front of it without its offsets knowing."""
    parts = [local_part(entry) for entry in entries]
    offsets = [0, *accumulate(map(len, parts))][:-1]
    return before + closed(b"".join(parts), entries, offsets, comment)


def zip_of(files: dict[str, bytes]) -> bytes:
    return crafted_zip(*(Crafted(name, data) for name, data in files.items()))


def overwritten(raw: bytes, mark: bytes, at: int, new: bytes) -> bytes:
    """An archive in whose last record that begins with `mark` other bytes stand, from `at` on."""
    start = raw.rindex(mark) + at
    return raw[:start] + new + raw[start + len(new) :]


def overlapping_zip(names: Sequence[str], kernel: bytes) -> bytes:
    """Many records for one entry's bytes: the simplest of overlapping archives."""
    entries = [Crafted(name, kernel) for name in names]
    return closed(local_part(entries[0]), entries, [0] * len(entries))


def quoting_zip(names: Sequence[str], kernel: bytes) -> list[Crafted]:
    """Entries each of which quotes the header of the next in a stored block of its deflate stream, and
    goes on with the other's data (D. Fifield, 2019): the first one's bytes are those of them all."""
    entries = [Crafted(names[-1], kernel)]
    for name in reversed(names[:-1]):
        header = header_of(entries[0])
        quote = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF)
        stream = quote + header + entries[0].stream
        entries.insert(0, Crafted(name, header + entries[0].data, packed=stream))
    return entries


def of(path: Path, *entries: Crafted, caps: Caps | None = None) -> Sources:
    """The sources that an archive of these entries is."""
    path.write_bytes(crafted_zip(*entries))
    return Sources([path], caps or Caps())


def reading(photos: Sources) -> type[ImageError]:
    """How the reading of the only picture fails; the message names it."""
    (ref,) = pictures_of(photos)
    with pytest.raises(ImageError, match=re.escape(repr(ref.name))) as caught:
        photos.read(ref)
    return caught.type


def refuse(path: str) -> files.Look:
    """A file system that lets nobody look."""
    raise PermissionError(13, "Permission denied", path)


def fill(folder: Path, *names: str, data: bytes = JPEG) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
