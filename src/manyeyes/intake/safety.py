"""The caps and the rules for names that every source obeys, so that hostile input does no harm."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Caps:
    """How much of one source is taken. Sizes are in bytes, unpacked."""

    #: Entries of one archive.
    entries: int = 100_000
    #: One entry of an archive.
    entry_bytes: int = 200_000_000
    #: All entries of one archive together.
    archive_bytes: int = 20_000_000_000
    #: Bytes unpacked for each byte packed; deflate reaches 1,032, photographs about 1.
    ratio: int = 200
    #: One file that lies in no archive.
    file_bytes: int = 1_000_000_000
    #: Pixels of a picture that arrives, as its header tells them.
    pixels: int = 100_000_000
    #: Frames of an animation that arrives.
    frames: int = 5_000
    #: What stays free on the disk that things arrive on.
    disk_left: int = 0


def is_hidden(part: str) -> bool:
    """Whether one part of a path is the system's own rather than the user's (`.git`, `__MACOSX`)."""
    return part == "__MACOSX" or (part.startswith(".") and part not in {".", ".."})


def why_unsafe(name: str) -> str | None:
    """Why an archive's entry may not bear this name; None where it may.

    No entry is ever unpacked to a place by its name. The names are refused all the same: they lie about
    where the picture is, and whoever uses our results may take them for paths.
    """
    parts = name.split("/")
    if "\0" in name:
        return "its name holds a NUL"
    if "\\" in name:
        return "its name holds a backslash"
    if name.startswith("/") or _DRIVE.match(name):
        return "its name is an absolute path"
    if ".." in parts:
        return "its name leads out of the archive (..)"
    if not any(part not in {"", "."} for part in parts):
        return "it has no name"
    return None
