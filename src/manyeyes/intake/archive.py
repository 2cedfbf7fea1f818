"""Pictures in ZIP archives: listed and read one entry at a time, nothing ever unpacked to disk."""

from __future__ import annotations

import os
import struct
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from io import BufferedReader, BytesIO
from pathlib import Path

from manyeyes.intake.files import check_supported, open_regular, why
from manyeyes.intake.header import pixels
from manyeyes.intake.order import natural_key
from manyeyes.intake.safety import Caps
from manyeyes.intake.sniff import HEAD_BYTES, looks_like_a_picture, sniff
from manyeyes.intake.zip_data import PIECE_BYTES, unpack, unpack_head
from manyeyes.intake.zip_directory import HEADER_BYTES, Directory, Entry, judge, plain
from manyeyes.intake.zip_records import Damaged, read_records
from manyeyes.model.errors import ImageTooLarge, UnreadableImage
from manyeyes.model.image import ImageRef, Locator, PassedOver

#: Archives held open at a time. Listing runs ahead of reading, and retries come back to older ones.
HELD_OPEN = 4
#: Packed bytes that are read to learn what an entry is.
_PACKED_HEAD_BYTES = 1024
#: Bytes of an entry within which width and height are looked for, where its first bytes do not tell them.
_HEADER_BYTES = 65_536
#: Why a ZIP that is really an Office file, an e-book or an app is passed over.
DOCUMENT = "a document in the form of a ZIP, no picture"


class Archive:
    """One archive held open, closed when the last who uses it lets go. Safe for many threads."""

    def __init__(self, file: BufferedReader, status: os.stat_result, directory: Directory) -> None:
        self._file = file
        self._lock = threading.Lock()
        self.status = status
        self.directory = directory
        weakref.finalize(self, file.close)

    def head(self, entry: Entry, length: int = HEAD_BYTES) -> bytes:
        """The first `length` bytes of an entry. Raises Damaged and OSError."""
        return unpack_head(entry, self._packed(entry, _PACKED_HEAD_BYTES), length)

    def read(self, name: str, entry: Entry, caps: Caps) -> bytes:
        """All bytes of an entry. Raises ImageTooLarge, Damaged and OSError."""
        return b"".join(self.pieces(name, entry, caps))

    def pieces(self, name: str, entry: Entry, caps: Caps) -> Iterator[bytes]:
        """The same, piece by piece: only after the last is it certain that they are whole."""
        return unpack(name, entry, self._packed(entry, PIECE_BYTES), caps)

    def _packed(self, entry: Entry, length: int) -> Iterator[bytes]:
        """An entry's data as it lies there, `length` bytes at a time."""
        header = self._at(entry.offset, HEADER_BYTES)
        if len(header) < HEADER_BYTES or not header.startswith(b"PK\3\4"):
            raise Damaged("its header in the archive is damaged")
        start = entry.offset + HEADER_BYTES + sum(struct.unpack_from("<2H", header, 26))
        # The directory cannot tell how long the header is, so only now is it certain that nothing is shared.
        if start + entry.packed > entry.end:
            raise Damaged("it shares its bytes with another entry")
        for at in range(start, start + entry.packed, length):
            wanted = min(length, start + entry.packed - at)
            piece = self._at(at, wanted)
            if len(piece) < wanted:
                raise Damaged("its data is cut short")
            yield piece

    def _at(self, place: int, length: int) -> bytes:
        with self._lock:
            self._file.seek(place)
            return self._file.read(length)


class Archives:
    """The archives of a portfolio, the latest few of them held open. Safe for many threads."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Archive] = OrderedDict()

    def open(self, path: str) -> Archive:
        """The archive as it is now: opened again only where it has changed. Raises Damaged and OSError."""
        now = Path(path).stat()
        with self._lock:
            archive = self._held.pop(path, None)
            if archive is None or _stamp(archive.status) != _stamp(now):
                archive = self._opened(path)
            self._held[path] = archive
            if len(self._held) > HELD_OPEN:
                self._held.popitem(last=False)
            return archive

    def _opened(self, path: str) -> Archive:
        file = open_regular(path)
        try:
            directory = judge(read_records(file, self._caps.entries), self._caps)
            return Archive(file, os.fstat(file.fileno()), directory)
        except BaseException:
            file.close()
            raise

    def listing(self, path: str, name: str, prefix: str) -> Iterator[ImageRef | PassedOver]:
        """The pictures of an archive in natural order, and what else it holds. Never raises.

        The archive itself goes by `name`; `prefix` stands before the names of its entries.
        """
        try:
            archive = self.open(path)
        except (Damaged, OSError) as error:
            yield PassedOver(name, f"a ZIP archive that cannot be opened: {_reason(error)}")
            return
        directory = archive.directory
        if directory.is_document:
            yield PassedOver(name, DOCUMENT)
            return
        rows: list[tuple[str, Entry | str]] = [*directory.entries.items(), *directory.refused]
        if not rows:
            yield PassedOver(name, "a ZIP archive with nothing in it")
        for entry_name, entry in sorted(rows, key=lambda row: natural_key(row[0])):
            if isinstance(entry, Entry):
                yield _listed(archive, entry, prefix + plain(entry_name), Locator(path, entry_name))
            else:
                yield PassedOver(prefix + entry_name, entry)
        if directory.left_out:
            taken = f"only the first {self._caps.entries:,} of an archive are taken"
            yield PassedOver(name, f"{directory.left_out:,} or more entries are left out: {taken}")

    def read(self, ref: ImageRef) -> bytes:
        """The bytes of a listed entry. Raises UnreadableImage, ImageTooLarge and UnsupportedImage."""
        try:
            archive = self.open(ref.locator.path)
            entry = archive.directory.entries.get(ref.locator.entry or "")
            if entry is None or _version(archive, entry) != ref.version:
                raise UnreadableImage(f"{ref.name!r}: its archive changed since it was listed; run again")
            data = archive.read(ref.name, entry, self._caps)
        except FileNotFoundError as error:
            raise UnreadableImage(f"{ref.name!r}: its archive is gone; copy it back and run again") from error
        except (Damaged, OSError) as error:
            advice = "make the archive again or copy it again"
            raise UnreadableImage(f"{ref.name!r} cannot be read: {_reason(error)}; {advice}") from error
        except MemoryError as error:
            raise ImageTooLarge(f"{ref.name!r} does not fit into memory; shrink it") from error
        check_supported(ref.name, sniff(data[:HEAD_BYTES]))
        return data


def _listed(archive: Archive, entry: Entry, name: str, locator: Locator) -> ImageRef | PassedOver:
    ref = ImageRef(name, locator, _version(archive, entry), entry.size)
    try:
        head = archive.head(entry)
        content = sniff(head)
        if content.what == "picture":
            size = pixels(BytesIO(head)) or pixels(BytesIO(archive.head(entry, _HEADER_BYTES)))
            return replace(ref, pixels=size, format=content.words)
    except (Damaged, OSError) as error:
        # Only its name is left to tell whether it is a picture; if so, it fails when it is read.
        return ref if looks_like_a_picture(name) else PassedOver(name, _reason(error))
    if content.is_picture:
        return ref
    if content.what in {"zip", "archive"}:
        return PassedOver(name, f"{content.words} within an archive; unpack it first")
    return PassedOver(name, content.why_passed_over)


def _version(archive: Archive, entry: Entry) -> str:
    return f"{entry.crc:08x}-{entry.size}-{archive.status.st_mtime_ns}"


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _reason(error: Damaged | OSError) -> str:
    return why(error) if isinstance(error, OSError) else str(error)
