"""What became of a file that arrived, by the name that people know it by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that now lies in its portfolio's folder, as listing will find it there."""

    #: As shown: its path below the folder, `/` between parts.
    name: str
    #: Absolute; what its `Locator` says.
    path: str
    #: Hex digits of the SHA-256 of its bytes.
    sha256: str
    #: Bytes.
    size: int
    #: That of the `ImageRef` it is listed as.
    version: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same bytes are in the portfolio already; the file was not kept a second time."""

    name: str
    #: The name under which they are there.
    of: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A file, an entry of a ZIP or an address that is not taken; the reason says what to do instead."""

    name: str
    reason: str
    #: It may be as good as can be: there is no room for it on our disk.
    no_room: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What lay at an address, in a file of ours."""

    #: The address, without a user's name or password.
    url: str
    #: What it is called there; safe to be shown.
    name: str
    path: str


Arrival: TypeAlias = Taken | Duplicate | Refused

#: The name under which a SHA-256 (hex digits) is in the portfolio; None where it is not. May block.
Held: TypeAlias = Callable[[str], str | None]
