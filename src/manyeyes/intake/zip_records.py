"""The central directory of a ZIP as it is written, record by record.

Read here rather than by `zipfile`, which gives up a whole archive for one bad record and takes a
directory of any length into memory. The layout is PKWARE's APPNOTE.TXT, 4.3.12 to 4.3.16 and 4.5.3.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

#: Bytes of a directory that are taken: 670 for each of 100,000 entries, where 100 are usual.
DIRECTORY_BYTES = 1 << 26

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_RECORD = struct.Struct("<4s4B4H3L5H2L")
_COMMENT_BYTES = 1 << 16
_IN_ZIP64 = 0xFFFF_FFFF
#: The systems whose records hold Unix file modes: Unix and macOS.
_UNIX = {3, 19}


class Damaged(Exception):
    """An archive or an entry is not as it should be; the message says how, and leaves out the name."""


class Record(NamedTuple):
    """One entry as the directory tells it; not yet believed."""

    name: str
    flags: int
    method: int
    crc: int
    #: Bytes as packed, and as unpacked.
    packed: int
    size: int
    #: The kind of file in Unix terms (`stat.S_IFLNK`); 0 where it is not told.
    file_type: int
    #: Where its own header lies in the archive file; -1 where the record is damaged.
    offset: int


@dataclass(frozen=True, slots=True)
class Records:
    """A directory as it was read."""

    records: list[Record]
    #: Where the directory begins in the archive file, and so where all data has to end.
    start: int
    #: Records beyond the cap; at least so many.
    left_out: int


class _Place(NamedTuple):
    start: int
    size: int
    entries: int
    #: Added to every offset: bytes before the archive proper, as in one that unpacks itself.
    shift: int


def read_records(file: BinaryIO, limit: int) -> Records:
    """The first `limit` records of an archive's directory. Raises Damaged and OSError."""
    place = _find(file)
    file.seek(place.start)
    data = file.read(min(place.size, DIRECTORY_BYTES))
    records: list[Record] = []
    at = 0
    while at < len(data) and len(records) < limit:
        length = _length(data, at)
        if length is None and len(data) < place.size:
            break
        if length is None:
            raise Damaged("its directory is damaged")
        records.append(_record(data, at, place.shift))
        at += length
    left_out = max(place.entries - len(records), 1) if at < place.size else 0
    return Records(records, place.start, left_out)


def _find(file: BinaryIO) -> _Place:
    length = file.seek(0, os.SEEK_END)
    tail_at = max(length - _COMMENT_BYTES - _END.size, 0)
    file.seek(tail_at)
    tail = file.read()
    found = tail.rfind(b"PK\5\6")
    if found < 0 or found + _END.size > len(tail):
        raise Damaged("it is cut short: its directory, which stands at the end, is missing")
    _, disk, start_disk, _, count, size, offset, _ = _END.unpack_from(tail, found)
    end = tail_at + found
    end64 = _find64(file, end)
    if end64 is not None:
        end, disk, start_disk, count, size, offset = end64
    if disk or start_disk:
        raise Damaged("it is one part of a split archive; join the parts first")
    return _place(file, end, size, offset, count)


def _find64(file: BinaryIO, end: int) -> tuple[int, int, int, int, int, int] | None:
    at = end - _END64_LOCATOR.size
    locator = _at(file, at, _END64_LOCATOR.size)
    if len(locator) < _END64_LOCATOR.size or not locator.startswith(b"PK\6\7"):
        return None
    # It stands right before its locator, or where the locator says when it has been extended.
    for place in (at - _END64.size, _END64_LOCATOR.unpack(locator)[2]):
        record = _at(file, place, _END64.size)
        if len(record) == _END64.size and record.startswith(b"PK\6\6"):
            _, _, _, _, disk, start_disk, _, count, size, offset = _END64.unpack(record)
            return place, disk, start_disk, count, size, offset
    raise Damaged("its directory is damaged")


def _place(file: BinaryIO, end: int, size: int, offset: int, count: int) -> _Place:
    # The directory ends where its end record begins, whatever was put before the archive. Some writers
    # leave a gap there, and then the offset itself is right.
    for start in (end - size, offset):
        if size == 0 or (start >= 0 and _at(file, start, 4) == b"PK\1\2"):
            return _Place(start, size, count, start - offset)
    raise Damaged("its directory is damaged")


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    if not 0 <= place < 1 << 63:
        return b""
    file.seek(place)
    return file.read(length)


def _length(data: bytes, at: int) -> int | None:
    """How long the record at `at` is; None where there is no whole one."""
    if at + _RECORD.size > len(data) or data[at : at + 4] != b"PK\1\2":
        return None
    length = _RECORD.size + sum(struct.unpack_from("<3H", data, at + 28))
    return length if at + length <= len(data) else None


def _record(data: bytes, at: int, shift: int) -> Record:
    fields = _RECORD.unpack_from(data, at)
    system, flags, method = fields[2], fields[5], fields[6]
    crc, packed, size, name_length, extra_length = fields[9:14]
    attributes, offset = fields[17:19]
    name_at = at + _RECORD.size
    extra_at = name_at + name_length
    wide = _widened(data[extra_at : extra_at + extra_length], size, packed, offset)
    if wide is not None:
        size, packed, offset = wide
    return Record(
        name=_decoded(data[name_at:extra_at], flags),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        file_type=stat.S_IFMT(attributes >> 16) if system in _UNIX else 0,
        offset=-1 if wide is None else max(offset + shift, -1),
    )


def _decoded(raw: bytes, flags: int) -> str:
    """An entry's name. macOS writes UTF-8 without saying so; what is not UTF-8 is code page 437 by the
    standard (appendix D), unless it claims to be UTF-8 after all: then its bytes are kept (PEP 383)."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape") if flags & 0x800 else raw.decode("cp437")


def _widened(extra: bytes, *fields: int) -> list[int] | None:
    """The fields, with those that did not fit taken from the ZIP64 part of `extra`; None if it is damaged."""
    wide = list(fields)
    if _IN_ZIP64 not in wide:
        return wide
    values = _zip64_values(extra)
    for index, value in enumerate(wide):
        if value == _IN_ZIP64:
            replacement = next(values, None)
            if replacement is None:
                return None
            wide[index] = replacement
    return wide


def _zip64_values(extra: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            part = extra[at + 4 : at + 4 + length]
            yield from (value for (value,) in struct.iter_unpack("<Q", part[: len(part) // 8 * 8]))
            return
        at += 4 + length
