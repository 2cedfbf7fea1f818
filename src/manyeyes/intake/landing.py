"""Where files that arrived come to lie: under a name of their own, whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from manyeyes.intake.files import version_of
from manyeyes.intake.naming import Names, safe_name, shown_name
from manyeyes.intake.source import canonical
from manyeyes.model.arrival import Duplicate, Taken

#: Begins the names of files that are still arriving. Listing leaves hidden files out.
_ARRIVING = ".arriving-"
#: Times that a folder is looked at again because others write to it.
_TRIES = 5


def place_for(folder: Path) -> Path:
    """A path in `folder` for something that is still arriving: listing leaves it out, `sweep` knows it."""
    return folder / f"{_ARRIVING}{secrets.token_hex(8)}"


def sweep(folder: Path) -> int:
    """Remove what was arriving in `folder`, or below it, when its process ended; how many files that were.

    For the start, when nothing arrives there. Raises OSError.
    """
    swept = 0
    for path in folder.rglob(f"{_ARRIVING}*"):
        if path.is_file() and not path.is_symlink():
            path.unlink(missing_ok=True)
            swept += 1
    return swept


class Landing:
    """The folder of one portfolio. Safe for many threads; several of them for one folder do no harm."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._names: Names | None = None
        #: SHA-256 to the name of what landed here, which the portfolio may not know yet.
        self._landed: dict[str, str] = {}

    def landed(self, sha256: str) -> str | None:
        """The name under which these bytes landed here, while they lie there."""
        name = self._landed.get(sha256)
        return name if name is not None and (self._folder / name).exists() else None

    def land(self, file: Path, name: str, sha256: str) -> Taken | Duplicate:
        """Move `file` into the folder, under a safe name as near to `name` as can be. Raises OSError.

        It is on the disk before it has its name, so that nothing half-written ever has one.
        """
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
        with self._lock:
            # It may have come twice at the same time.
            if (of := self.landed(sha256)) is not None:
                return Duplicate(shown_name(name), of)
            for _ in range(_TRIES):
                self._names = self._names or Names(_names_in(self._folder))
                try:
                    return self._named(file, self._names.unique(safe_name(name)), sha256)
                except FileExistsError:
                    # Someone else put it there since the folder was looked at.
                    self._names = None
        raise FileExistsError(errno.EEXIST, "others write to its folder at the same time")

    def _named(self, file: Path, name: str, sha256: str) -> Taken:
        place = Path(canonical(str(self._folder))) / name
        place.parent.mkdir(parents=True, exist_ok=True)
        _move(file, place)
        self._landed[sha256] = name
        status = place.stat()
        return Taken(name, str(place), sha256, status.st_size, version_of(status))


def _names_in(folder: Path) -> Iterator[str]:
    """Every file below `folder`, `/` between parts."""
    for above, _, files in os.walk(folder):
        for name in files:
            yield Path(above, name).relative_to(folder).as_posix()


def _move(file: Path, place: Path) -> None:
    """Give `file` another name, but never one that is taken. Raises FileExistsError and OSError."""
    try:
        # Unlike renaming, this fails where something lies there.
        os.link(file, place)
    except FileExistsError:
        raise
    except OSError:
        _copy(file, place)
    file.unlink()


def _copy(file: Path, place: Path) -> None:
    """For a file on another disk, and for file systems that have no links."""
    beside = place_for(place.parent)
    try:
        shutil.copyfile(file, beside)
        with beside.open("rb") as opened:
            os.fsync(opened.fileno())
        if os.path.lexists(place):
            raise FileExistsError(place)
        beside.rename(place)
    finally:
        beside.unlink(missing_ok=True)
