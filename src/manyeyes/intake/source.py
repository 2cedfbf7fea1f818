"""One thing that the user points at: that it is there, and what it is called."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from manyeyes.intake.files import why
from manyeyes.model.errors import SettingsError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
#: Names of a folder among which a near one is looked for.
_MOST_NAMES = 5000


@dataclass(frozen=True, slots=True)
class Source:
    """A folder or a file that is there."""

    typed: str
    #: Absolute; links in it resolved, but for a file's own.
    path: str
    is_folder: bool

    @property
    def shown(self) -> str:
        """As typed, but tidy: what the names of its pictures begin with beside other sources."""
        return os.path.normpath(self.typed).replace(os.sep, "/")

    @property
    def prefix(self) -> str:
        """What stands before the names of what lies in it, beside other sources."""
        return "" if self.shown == "." else self.shown.rstrip("/") + "/"


def canonical(typed: str) -> str:
    """The same absolute path however a source is spelt.

    A folder is known by where it really lies. A file that is a link stays itself: so the folder it lies
    in lists it under this very path.
    """
    place = Path(typed)
    if place.is_dir():
        return os.path.realpath(place)
    return str(Path(os.path.realpath(place.parent)) / place.name)


def point_at(typed: str) -> Source:
    """The source that `typed` names. Raises SettingsError where there is none, or one that cannot be used."""
    if not typed:
        raise SettingsError("A source is empty: name a folder, pictures or a ZIP")
    try:
        mode = Path(typed).stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SettingsError(_why_missing(typed)) from error
    except OSError as error:
        raise SettingsError(f"{typed!r} cannot be read: {why(error)}; mend that or name another") from error
    except ValueError as error:
        raise SettingsError(f"{typed!r} is no path: {error}; name a folder, pictures or a ZIP") from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise SettingsError(f"{typed!r} is a pipe or a device; name a folder, pictures or a ZIP")
    return Source(typed, canonical(typed), stat.S_ISDIR(mode))


def _why_missing(typed: str) -> str:
    if _URL.match(typed):
        advice = "this version reads folders, files and ZIPs; download it and name the folder"
        return f"{typed!r} lies elsewhere: {advice}"
    if Path(typed).is_symlink():
        return f"{typed!r} is a link to nothing; mend it or name another source"
    if near := _nearest(Path(typed)):
        return f"{typed!r} does not exist: did you mean {near!r}?"
    return f"{typed!r} does not exist; check the spelling, or name another folder, picture or ZIP"


def _nearest(path: Path) -> str | None:
    """A path that is there and spelt much like this one, its first part that is missing replaced."""
    there = next((above for above in path.parents if above.is_dir()), None)
    if there is None:
        return None
    missing, *rest = path.relative_to(there).parts
    with suppress(OSError):
        names = {name.lower(): name for name in islice(os.listdir(there), _MOST_NAMES)}  # noqa: PTH208
        if near := get_close_matches(missing.lower(), names, n=1):
            found = there / names[near[0]]
            whole = found.joinpath(*rest)
            return str(whole if whole.exists() else found)
    return None
