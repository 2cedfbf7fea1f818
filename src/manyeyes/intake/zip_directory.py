"""Which entries of a ZIP are taken, and why the others are refused."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass

from manyeyes.intake.safety import Caps, is_hidden, why_unsafe
from manyeyes.intake.zip_data import METHODS, method_name
from manyeyes.intake.zip_records import Record, Records

_ENCRYPTED = 0x1 | 0x40
#: Bytes of an entry's own header, before its name.
HEADER_BYTES = 30
#: Entries by which a ZIP shows itself to be an Office file, an app, an e-book or an OpenDocument.
_DOCUMENTS = {"[Content_Types].xml", "META-INF/MANIFEST.MF", "AndroidManifest.xml", "mimetype"}


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an entry that may be opened lies, and what the directory says of it."""

    method: int
    crc: int
    #: Bytes as packed, and as unpacked.
    packed: int
    size: int
    #: Where its own header lies, and where the next thing begins, in the archive file.
    offset: int
    end: int


@dataclass(frozen=True, slots=True)
class Directory:
    """What an archive holds."""

    #: By the name that the archive gives.
    entries: dict[str, Entry]
    #: Names that are refused, and why.
    refused: list[tuple[str, str]]
    #: Entries beyond the cap; at least so many.
    left_out: int
    #: A ZIP by its form only: an Office file, an e-book, an app.
    is_document: bool


def plain(name: str) -> str:
    """An entry's name without the `./` that some writers put before it."""
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def judge(read: Records, caps: Caps) -> Directory:
    """Sort the entries of an archive into those taken and those refused.

    Folders have nothing to be taken, and hidden entries are not the user's: both are left out in silence.
    """
    entries: dict[str, Entry] = {}
    refused: list[tuple[str, str]] = []
    names: set[str] = set()
    total = 0
    for record, end in zip(read.records, _ends(read), strict=True):
        if _is_silent(record.name):
            continue
        name, reason = plain(record.name), _why_refused(record, end, caps)
        if reason is None and name in names:
            reason = "its name occurs twice in the archive"
        if reason is None and total + record.size > caps.archive_bytes:
            reason = f"with it the archive would unpack to more than {caps.archive_bytes:,} bytes"
        if reason is not None:
            refused.append((record.name, f"refused: {reason}"))
            continue
        total += record.size
        names.add(name)
        entries[record.name] = Entry(
            record.method, record.crc, record.packed, record.size, record.offset, end
        )
    is_document = any(record.name in _DOCUMENTS for record in read.records)
    return Directory(entries, refused, read.left_out, is_document)


def _is_silent(name: str) -> bool:
    return name.endswith("/") or (why_unsafe(name) is None and any(map(is_hidden, name.split("/"))))


def _why_refused(record: Record, end: int, caps: Caps) -> str | None:
    return why_unsafe(record.name) or _why_shut(record) or _why_too_much(record, end, caps)


def _why_shut(record: Record) -> str | None:
    if record.offset < 0:
        return "its record in the archive's directory is damaged"
    if record.file_type not in {0, stat.S_IFREG}:
        return "it is a link or a device, no file"
    if record.flags & _ENCRYPTED:
        return "it is encrypted; unpack the archive with its password first"
    if record.method not in METHODS:
        return f"it is packed by {method_name(record.method)}, which is not read here; unpack it first"
    return None


def _why_too_much(record: Record, end: int, caps: Caps) -> str | None:
    if record.size > caps.entry_bytes:
        return f"it unpacks to {record.size:,} bytes; at most {caps.entry_bytes:,} are taken"
    if record.size > caps.ratio * record.packed:
        return f"it unpacks to more than {caps.ratio} times its packed size"
    if end < 0:
        return "it shares its bytes with another entry"
    if record.offset + HEADER_BYTES + record.packed > end:
        return "its data is cut off"
    return None


def _ends(read: Records) -> Sequence[int]:
    """Where the room of each entry ends: at the next header, or at the directory.

    -1 for entries that share bytes with another: so many may be made of few (D. Fifield, "A better zip
    bomb", 2019).
    """
    records = read.records
    ends = [read.start] * len(records)
    order = sorted(range(len(records)), key=lambda index: records[index].offset)
    reach, owner, last = 0, -1, -1
    for index in order:
        record = records[index]
        if record.offset < 0:
            continue
        if record.offset < reach:
            ends[index] = ends[owner] = -1
        elif last >= 0 and ends[last] >= 0:
            ends[last] = record.offset
        last = index
        if (extent := record.offset + HEADER_BYTES + record.packed) > reach:
            reach, owner = extent, index
    return ends
