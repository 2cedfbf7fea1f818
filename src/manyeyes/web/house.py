"""What the page lives on: live objects of other rooms, built elsewhere and handed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from manyeyes.engine.feed import Listener
from manyeyes.engine.plan import Plan
from manyeyes.engine.preview import Preview
from manyeyes.engine.seams import Parts
from manyeyes.model.arrival import Arrival, Fetched, Held, Refused
from manyeyes.model.image import ImageRef, Original
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.orders import Order
from manyeyes.store.sql import SqlStore

MEGA = 1_000_000


class Assembled(Protocol):
    """A run that is ready to start."""

    @property
    def parts(self) -> Parts:
        """What it works with."""

    @property
    def plan(self) -> Plan:
        """What it is to do."""

    async def preview(self) -> Preview:
        """What it will come to: lists the sources, reads nothing, buys nothing."""


@dataclass(frozen=True, slots=True)
class AnalyzerNote:
    """An analyzer that can be chosen."""

    name: str
    model: str | None
    #: Whether calls cost money.
    paid: bool
    #: Why it cannot be used here, such as a missing key; empty where it can.
    lacks: str = ""
    #: Whether a model stands behind it that can put things into words.
    writes: bool = True


@dataclass(frozen=True, slots=True)
class Caps:
    """What one upload may bring, and how much may go on at once."""

    #: Bytes of one request, of one file, and that stay free on the disk.
    upload: int = 4000 * MEGA
    file: int = 4000 * MEGA
    disk_left: int = 500 * MEGA
    #: Files and addresses of one request.
    files: int = 20_000
    urls: int = 500
    #: Runs that this server carries out at once.
    runs: int = 4
    #: Bytes of a body that is JSON or a form.
    json: int = 1 * MEGA


@dataclass(frozen=True, slots=True)
class Doors:
    """Who may come in, and from where."""

    #: None on this machine alone, where nobody is asked.
    token: str | None = None
    #: Signs the cookies of browsers; kept beside the portfolios, so that a restart signs nobody out.
    secret: bytes = b""
    #: Names under which the server may be asked for, without port; against DNS rebinding.
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class House:
    """What the page needs of the other rooms: values, and callables over their live objects."""

    #: The folder of uploaded portfolios, thumbnails and the log.
    data: Path
    #: Entered by whoever built the house.
    store: SqlStore
    #: Everything that a run of a portfolio's sources needs, open for as long as the block lasts. Raises
    #: SettingsError where the order is not usable.
    assembled: Callable[[Order, Portfolio, tuple[str, ...]], AbstractAsyncContextManager[Assembled]]
    #: What can be chosen.
    analyzers: Callable[[], Sequence[AnalyzerNote]]
    #: Takes files into a portfolio's folder, given what tells whether a hash is there already; each by
    #: path and name, which gives what came of it. Blocks; carried out in a thread.
    arrivals: Callable[[Path, Held], Callable[[Path, str], Iterator[Arrival]]]
    #: Removes what was arriving in the portfolios' folders when the process before this one ended. Blocks.
    sweep: Callable[[Path], int]
    #: Brings what is at an address into a file of the folder, under the rules for URLs.
    fetch: Callable[[str, Path], Awaitable[Fetched | Refused]]
    #: Sends a body with headers to an address, under the same rules; the status of the answer,
    #: or why it was not sent.
    post: Callable[[str, bytes, Mapping[str, str]], Awaitable[int | Refused]]
    #: The bytes of a kept picture and their hash. Raises ImageError.
    read: Callable[[ImageRef], Awaitable[Original]]
    #: A kept picture upright as WebP, its longest edge so many pixels at most. Raises ImageError.
    shrink: Callable[[ImageRef, int], Awaitable[bytes]]
    #: Small pictures side by side on one sheet, as JPEG.
    sheet: Callable[[Sequence[bytes]], Awaitable[bytes]]
    #: What a kept picture looks like, for `nearest`; its small version is at that path, if it was made.
    #: Raises ImageError.
    look_of: Callable[[ImageRef, Path], Awaitable[bytes]]
    #: Of many such looks those nearest to one, so many at most: place and distance. Blocks.
    nearest: Callable[[Sequence[bytes], bytes, int], Sequence[tuple[int, float]]]
    #: A listener for one run that writes the server's log.
    log: Callable[[], Listener]
    caps: Caps = field(default_factory=Caps)
    doors: Doors = field(default_factory=Doors)
    #: Signs webhooks; None where none is set.
    webhook_secret: str | None = None
    #: Who looks at pictures, and with how many calls at once, where a run does not say.
    default_analyzer: str = "local"
    default_concurrency: str = "auto"
    presets: Mapping[str, int] = field(default_factory=dict)
    #: What one call costs in US dollars, by analyzer's name, where it is known.
    prices: Mapping[str, float] = field(default_factory=dict)
    #: The version of manyeyes.
    version: str = "0"
