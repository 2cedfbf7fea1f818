"""What happens to a file that arrived: told apart, checked, hashed, and moved into its portfolio's folder."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import TypeVar

from manyeyes.intake.archive import Archive, Archives
from manyeyes.intake.disguise import why_not_plain
from manyeyes.intake.files import Look, look_at, why
from manyeyes.intake.landing import Landing, place_for
from manyeyes.intake.naming import shown_name
from manyeyes.intake.order import natural_key
from manyeyes.intake.safety import Caps, is_hidden, why_unsafe
from manyeyes.intake.sniff import Content, sniff
from manyeyes.intake.zip_directory import Entry, plain
from manyeyes.intake.zip_records import Damaged
from manyeyes.model.arrival import Arrival, Duplicate, Held, Refused
from manyeyes.model.errors import ImageError

T = TypeVar("T")

#: Raises ImageError, its message beginning with the name, where the bytes of that picture cannot be decoded.
Check = Callable[[str, bytes], None]

_FORMATS = "JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP"
_USUAL_CAPS = Caps()
#: What a system says of a disk, or of a user's share of it, that is full.
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Arrivals:
    """Takes files into one folder, one `Arrivals` for each folder.

    `take` blocks, and may be called by several threads at a time; `stream` is the same for an event loop.
    """

    def __init__(self, folder: Path, check: Check, held: Held, caps: Caps = _USUAL_CAPS) -> None:
        self._check = check
        self._held = held
        self._caps = caps
        self._folder = folder
        self._landing = Landing(folder)

    async def stream(self, file: Path, name: str) -> AsyncIterator[Arrival]:
        """As `take`, in a thread. Cancelled, it waits until the picture in hand is finished with."""
        rows = self.take(file, name)
        try:
            while (row := await _to_its_end(lambda: next(rows, None))) is not None:
                yield row
        finally:
            await _to_its_end(rows.close)

    def take(self, file: Path, name: str) -> Generator[Arrival, None, None]:
        """Take a file called `name`, a picture or a ZIP of pictures; `file` itself is gone afterwards.

        One value for each picture, and one for each thing that is not taken. Closed midway, what was taken
        stays taken, and nothing half-written is left.
        """
        try:
            yield from self._taken(file, name)
        finally:
            file.unlink(missing_ok=True)

    def _taken(self, file: Path, name: str) -> Iterator[Arrival]:
        if reason := _why_misnamed(name):
            yield Refused(shown_name(name), reason)
            return
        try:
            look = look_at(str(file))
            if look.content.what == "zip":
                yield from self._unpacked(file, plain(name))
            else:
                yield self._one(file, plain(name), look)
        except (Damaged, OSError) as error:
            yield _broken(name, error)

    def _unpacked(self, file: Path, name: str) -> Iterator[Arrival]:
        """The pictures of a ZIP, under the names they have in it, below the folder that the ZIP lay in.

        Raises Damaged and OSError.
        """
        archive = Archives(self._caps).open(str(file))
        directory = archive.directory
        if directory.is_document:
            yield Refused(shown_name(name), f"a document in the form of a ZIP; upload {_FORMATS}")
            return
        if not (directory.entries or directory.refused):
            yield Refused(shown_name(name), "a ZIP archive with nothing in it; choose another")
        above = name.rpartition("/")[0]
        rows: list[tuple[str, Entry | str]] = [*directory.entries.items(), *directory.refused]
        for entry_name, entry in sorted(rows, key=lambda row: natural_key(row[0])):
            if isinstance(entry, str):
                yield Refused(shown_name(entry_name), entry.removeprefix("refused: "))
            else:
                shown = plain(entry_name)
                yield self._entry(archive, entry, f"{above}/{shown}" if above else shown)
        if directory.left_out:
            taken = f"only the first {self._caps.entries:,} of a ZIP are taken"
            yield Refused(shown_name(name), f"{directory.left_out:,} or more entries left out: {taken}")

    def _entry(self, archive: Archive, entry: Entry, name: str) -> Arrival:
        place = place_for(self._folder)
        try:
            content = sniff(archive.head(entry))
            if reason := _why_no_picture(content, "within an archive"):
                return Refused(shown_name(name), reason)
            self._check_room(entry.size)
            with place.open("xb") as file:
                file.writelines(archive.pieces(name, entry, self._caps))
            return self._one(place, name, look_at(str(place)))
        except ImageError as error:
            return Refused(shown_name(name), _without(name, str(error)))
        except (Damaged, OSError) as error:
            return _broken(name, error)
        finally:
            place.unlink(missing_ok=True)

    def _check_room(self, size: int) -> None:
        """Raise OSError where so many bytes would leave too little of the disk."""
        if shutil.disk_usage(self._folder).free - size < self._caps.disk_left:
            raise OSError(errno.ENOSPC, "the disk is nearly full")

    def _one(self, file: Path, name: str, look: Look) -> Arrival:
        """Take one picture, unless there is a reason not to. Raises OSError."""
        shown = shown_name(name)
        if reason := _why_no_picture(look.content) or self._why_too_large(look):
            return Refused(shown, reason)
        with file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        if (of := self._held(sha256) or self._landing.landed(sha256)) is not None:
            return Duplicate(shown, of)
        if reason := self._why_unusable(name, look.content.words, file.read_bytes()):
            return Refused(shown, reason)
        return self._landing.land(file, name, sha256)

    def _why_too_large(self, look: Look) -> str | None:
        caps, (width, height) = self._caps, look.pixels or (0, 0)
        if look.size > caps.entry_bytes:
            return f"it has {look.size:,} bytes; at most {caps.entry_bytes:,} are taken: shrink it first"
        if width * height > caps.pixels:
            allowed = f"{caps.pixels / 1e6:g} megapixels are allowed"
            return f"it has {width} × {height} pixels, and {allowed}: shrink it first"
        return None

    def _why_unusable(self, name: str, kind: str, data: bytes) -> str | None:
        if reason := why_not_plain(kind, data, self._caps):
            return reason
        try:
            self._check(name, data)
        except ImageError as error:
            return _without(name, str(error))
        return None


def _why_misnamed(name: str) -> str | None:
    if reason := why_unsafe(name):
        return f"{reason}; give it a plain name"
    if any(map(is_hidden, name.split("/"))):
        return (
            "its name begins with a dot, as those of hidden files do; rename it if it is a picture of yours"
        )
    return None


def _why_no_picture(content: Content, where: str = "") -> str | None:
    """Why content of this kind is not taken; None for a picture in a format that is read."""
    match content.what:
        case "picture":
            return None
        case "unsupported":
            return (
                f"a picture in the format {content.words}, which is not read here; export it as JPEG or PNG"
            )
        case "zip" | "archive":
            within = f"{content.words} {where}".rstrip()
            return f"{within}; unpack it first, then upload the pictures or one ZIP of them"
        case "other":
            return f"{content.words}, no picture; upload {_FORMATS}, or a ZIP of them"


def _broken(name: str, error: Damaged | OSError) -> Refused:
    """In words that stand behind a name. The system's own are told, since they say what to do."""
    if isinstance(error, OSError):
        reason = f"it could not be kept: {why(error)}; see to that, then upload it again"
        return Refused(shown_name(name), reason, no_room=error.errno in _FULL)
    return Refused(shown_name(name), f"{error}; make it again or copy it again from where it came")


def _without(name: str, message: str) -> str:
    """What an error says, without the name that it begins with."""
    return message.removeprefix(repr(name)).lstrip(": ")


async def _to_its_end(function: Callable[[], T]) -> T:
    """What `function` gives, in a thread that is waited for even when the waiting is cancelled: two threads
    cannot have the same files in hand."""
    call = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.wait([call])
        call.exception()
        raise
