"""What a stand-in saw and did, one JSON object a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Self

import orjson

#: An entry has a field named `bytes`, so the type needs another name there.
Line = bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. What does not apply is None here, and absent from the file."""

    #: Real seconds since the stand-in began, from a monotonic clock.
    t: float
    event: str
    id: str | None = None
    #: Of the first picture's bytes, as sent.
    sha256: str | None = None
    #: Of all pictures of a create, or of a file.
    bytes: int | None = None
    #: HTTP status of the answer, where one was given.
    status: int | None = None
    #: `refused`: the wait that is told or needed. `started`: the time this prediction will run. `create`: the
    #: latency that was drawn for it.
    seconds: float | None = None

    def line(self) -> Line:
        """The entry as a line of the file."""
        said = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}
        return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


class Journal:
    """Keeps the entries, counts them by event, and appends each to a file as it happens."""

    def __init__(self, now: Callable[[], float], path: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self.counts: Counter[str] = Counter()
        self._now = now
        self._path = path
        self._file: FileIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = FileIO(self._path, "a")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def note(
        self,
        event: str,
        *,
        id: str | None = None,  # noqa: A002  # the journal's own word
        sha256: str | None = None,
        bytes: int | None = None,  # noqa: A002
        status: int | None = None,
        seconds: float | None = None,
    ) -> None:
        """Write down `event`; the line is in the file when this returns."""
        entry = Entry(round(self._now(), 6), event, id, sha256, bytes, status, seconds)
        self.entries.append(entry)
        self.counts[event] += 1
        if self._file is not None:
            self._file.write(entry.line())
