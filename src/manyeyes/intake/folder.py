"""Folders, walked in natural order: what files there are, none of them opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from manyeyes.intake.files import why
from manyeyes.intake.order import natural_key
from manyeyes.intake.safety import is_hidden
from manyeyes.model.image import PassedOver


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file, or a link to one."""

    path: str
    #: As shown to people, `/` between parts.
    name: str


def walk(root: str, prefix: str) -> Iterator[Found | PassedOver]:
    """Every file below the folder `root`, folder by folder, and what cannot be entered.

    Hidden ones are left out in silence. A link to a folder is followed unless that would list a folder
    twice. Only the entries of the folders above the present one are held in memory. Raises OSError
    where `root` itself cannot be read.
    """
    listed = {os.path.realpath(root)}
    below = len(root.rstrip(os.sep)) + 1
    waiting = _children(root)
    while waiting:
        entry = waiting.pop()
        name = prefix + entry.path[below:].replace(os.sep, "/")
        try:
            if entry.is_file():
                yield Found(entry.path, name)
            elif (reason := _why_not_entered(entry, listed)) is not None:
                yield PassedOver(name, reason)
            else:
                waiting += _children(entry.path)
        except OSError as error:
            yield PassedOver(name, f"cannot be read: {why(error)}")


def _children(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a folder, the last first."""
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not is_hidden(entry.name)]
    return sorted(visible, key=lambda entry: natural_key(entry.name), reverse=True)


def _why_not_entered(entry: os.DirEntry[str], listed: set[str]) -> str | None:
    if not entry.is_dir():
        return _special(entry)
    return _why_not_followed(entry.path, listed) if entry.is_symlink() else None


def _why_not_followed(link: str, listed: set[str]) -> str | None:
    """Why the folder that `link` leads to is not listed there; where it is, it joins those `listed`."""
    place = Path(link)
    target = Path(os.path.realpath(place))
    if Path(os.path.realpath(place.parent)).is_relative_to(target):
        return "a link back to a folder that it lies in"
    for folder in (target, *target.parents):
        if str(folder) in listed and not any(map(is_hidden, target.relative_to(folder).parts)):
            return "a link to a folder that is listed anyway"
    listed.add(str(target))
    return None


def _special(entry: os.DirEntry[str]) -> str:
    try:
        mode = entry.stat().st_mode
    except FileNotFoundError:
        return "a link to nothing" if entry.is_symlink() else "gone while it was listed"
    kinds = {stat.S_IFIFO: "a pipe, no picture", stat.S_IFSOCK: "a socket, no picture"}
    return kinds.get(stat.S_IFMT(mode), "a device, no picture")
