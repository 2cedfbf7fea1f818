"""The front of the room: folders, files and ZIPs, several at once, as one portfolio."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path

from manyeyes.intake.archive import DOCUMENT, Archives
from manyeyes.intake.files import look_at, read_file, why
from manyeyes.intake.folder import Found, walk
from manyeyes.intake.safety import Caps
from manyeyes.intake.sniff import looks_like_a_picture
from manyeyes.intake.source import Source, canonical, point_at
from manyeyes.intake.zip_records import Damaged
from manyeyes.model.errors import SettingsError
from manyeyes.model.image import ImageRef, Locator, Original, PassedOver

#: Rows listed by one visit of a thread: enough to make the visit's own cost small.
_ROWS_A_VISIT = 64
_USUAL_CAPS = Caps()
_WANTED = "name a folder, pictures or a ZIP of pictures"


class Sources:
    """Everything the user points at: checked, listed and read.

    `check` and `read` block, and `read` may be called from any number of threads; `list` does its disk
    work in a thread of its own.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]], caps: Caps = _USUAL_CAPS) -> None:
        self._typed = tuple(os.fspath(path) for path in paths)
        self._caps = caps
        self._archives = Archives(caps)

    @property
    def identity(self) -> tuple[str, ...]:
        """The sources' canonical paths, sorted: the same portfolio however they are spelt or ordered."""
        return tuple(sorted({canonical(typed) for typed in self._typed}))

    @property
    def label(self) -> str:
        """A short name for people: `photos`, or `photos and 2 more`."""
        paths = list(dict.fromkeys(canonical(typed) for typed in self._typed))
        first = Path(paths[0]).name or paths[0]
        return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"

    def check(self) -> None:
        """Raise SettingsError, naming the source, where one cannot be used.

        A file that is no picture is passed over beside other sources (`photos/*` names such files too),
        and an error where there is nothing else.
        """
        problems = [self._problem(source) for source in self._sources()]
        if all(problems):
            raise SettingsError(f"{problems[0]}; {_WANTED}")

    async def list(self) -> AsyncIterator[ImageRef | PassedOver]:
        """What the sources hold, in the order given and each in natural order; no picture twice.

        A picture is what begins like one. Raises SettingsError where a source is not there.
        """
        rows = self._rows()
        while visit := await asyncio.to_thread(lambda: [*islice(rows, _ROWS_A_VISIT)]):
            for row in visit:
                yield row

    def read(self, ref: ImageRef) -> Original:
        """The bytes of a listed picture and their hash, from one read.

        The `ref` in the answer has the version that was read: a file may have changed since it was listed.
        Raises UnreadableImage, ImageTooLarge (by bytes) and UnsupportedImage.
        """
        if ref.locator.entry is None:
            ref, data = read_file(ref, self._caps)
        else:
            data = self._archives.read(ref)
        return Original(ref, data, hashlib.sha256(data).hexdigest())

    def _sources(self) -> Sequence[Source]:
        if not self._typed:
            raise SettingsError(f"There is no source; {_WANTED}")
        return [point_at(typed) for typed in self._typed]

    def _problem(self, source: Source) -> str | None:
        """What is wrong with a source that holds nothing for us. Raises SettingsError for one that might."""
        try:
            if source.is_folder:
                os.scandir(source.path).close()
                return None
            content = look_at(source.path).content
            if content.what == "zip":
                is_document = self._archives.open(source.path).directory.is_document
                return f"{source.typed!r} is {DOCUMENT}" if is_document else None
        except Damaged as error:
            advice = "make it again or copy it again"
            raise SettingsError(f"{source.typed!r} cannot be opened as a ZIP: {error}; {advice}") from error
        except OSError as error:
            raise SettingsError(f"{source.typed!r} cannot be read: {why(error)}; {_WANTED}") from error
        if content.what == "archive":
            raise SettingsError(f"{source.typed!r} is {content.why_passed_over}")
        return None if content.is_picture else f"{source.typed!r} is {content.why_passed_over}"

    def _rows(self) -> Iterator[ImageRef | PassedOver]:
        sources = self._sources()
        alone = len(sources) == 1
        seen: set[Locator | str] = set()
        for source in sources:
            for row in self._rows_of(source, alone):
                # One source alone never leads to a picture twice, and need not be remembered.
                key = row.locator if isinstance(row, ImageRef) else row.name
                if alone:
                    yield row
                elif key not in seen:
                    seen.add(key)
                    yield row

    def _rows_of(self, source: Source, alone: bool) -> Iterator[ImageRef | PassedOver]:
        prefix = "" if alone else source.prefix
        if not source.is_folder:
            name = Path(source.path).name if alone else source.shown
            yield from self._rows_of_file(Found(source.path, name), prefix)
            return
        try:
            for found in walk(source.path, prefix):
                if isinstance(found, PassedOver):
                    yield found
                else:
                    yield from self._rows_of_file(found, f"{found.name}/")
        except OSError as error:
            raise SettingsError(f"{source.typed!r} cannot be read: {why(error)}; {_WANTED}") from error

    def _rows_of_file(self, found: Found, prefix: str) -> Iterator[ImageRef | PassedOver]:
        path, name = found.path, found.name
        try:
            look = look_at(path)
        except OSError as error:
            # Only its name is left to tell whether it is a picture; if so, it fails when it is read.
            if looks_like_a_picture(name):
                yield ImageRef(name, Locator(path), "unread", 0)
            else:
                yield PassedOver(name, f"cannot be read: {why(error)}")
            return
        if look.content.what == "zip":
            yield from self._archives.listing(path, name, prefix)
        elif look.content.is_picture:
            yield ImageRef(name, Locator(path), look.version, look.size, look.pixels, look.content.words)
        else:
            yield PassedOver(name, look.content.why_passed_over)
