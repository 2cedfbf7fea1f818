"""What the engine needs of the other rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from manyeyes.analyzers.base import Analyzer
from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.image import Expected, ImageRef, Original, PassedOver, PreparedImage, as_listed
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.ticket import Intent, Key, Ticket
from manyeyes.pacing.limiter import Limiter
from manyeyes.store.values import (
    Beat,
    Begun,
    Known,
    Opening,
    Outlook,
    Purchase,
    Recalled,
    Result,
    RunRecord,
    Since,
)


class Source(Protocol):
    """Lists the pictures of a portfolio."""

    @property
    def identity(self) -> tuple[str, ...]:
        """Names the portfolio: the same identity, the same portfolio."""

    @property
    def label(self) -> str:
        """What people call it."""

    def list(self) -> AsyncIterator[ImageRef | PassedOver]:
        """Everything there is, in listing order, without reading the pictures."""


class Preparer(Protocol):
    """Reads a picture and makes it ready for the analyzer. Raises ImageErrors only."""

    async def read(self, image: ImageRef) -> Original:
        """The picture's bytes and their hash, from one reading."""

    async def prepare(self, original: Original) -> PreparedImage:
        """Upright, sRGB, shrunk, free of metadata."""


class Store(Protocol):
    """Keeps what was paid for. What a method has returned from is kept; raises StoreError if it cannot."""

    beat_every: float | None

    async def open_run(self, opening: Opening) -> RunRecord:
        """Open a run, and its portfolio where the sources are new.

        A run that asks afresh, opened within a day after another that did and stopped, goes on with it.
        """

    async def outlook(self, opening: Opening) -> Outlook | None:
        """What a run would start from; None where its sources are no portfolio yet."""

    async def known(
        self, portfolio: Portfolio, images: Sequence[ImageRef], recipe: str, since: Since
    ) -> list[Known | None]:
        """What is known of listed pictures by place and version, their bytes unread."""

    async def look_up(self, purchase: Purchase) -> Answer | NoAnswer | None:
        """The answer that makes this purchase needless, without asking leave to buy."""

    async def begin(self, purchase: Purchase) -> Begun:
        """Leave to buy: the claim is taken and the intent written, or why not."""

    async def left_open(self, run: RunRecord, recipe: str) -> frozenset[str]:
        """The sha256 of the pictures for which something may have been bought, by earlier runs of the same
        portfolio with the recipe, that nobody has settled and the run has no claim on."""

    async def begin_again(self, purchase: Purchase) -> Intent:
        """The intent for one more question under a claim already held."""

    async def begin_beside(self, purchase: Purchase) -> Intent:
        """The intent for a second purchase under a claim already held, the first one going on."""

    async def keep_ticket(self, ticket: Ticket) -> None:
        """Keep the provider's id for work that has begun."""

    async def save(self, result: Result) -> None:
        """Keep how a picture ended, with its answer; only then may anyone hear of it."""

    async def let_go(self, key: Key, *, unsure: bool = False) -> None:
        """Give up a claim; its intents stay open where something may have been bought under them."""

    def renewed_lately(self, run: str) -> bool:
        """Whether a run's claims surely have not run out, by the clock that also runs while the machine
        sleeps."""

    async def renew(self, run: str) -> frozenset[Key]:
        """Keep a run's claims from running out; the claims that it still has."""

    async def recall(self, name: str) -> Recalled | None:
        """What was remembered under a name."""

    async def remember(self, name: str, text: str) -> None:
        """Keep a text under a name, in place of the one before."""

    async def beat(self, news: Beat) -> str | None:
        """Say that a run is alive; gives back what others ask of it (`pause`, `resume`, `stop`), once."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The live things that one run works with."""

    source: Source
    preparer: Preparer
    analyzer: Analyzer
    store: Store
    limiter: Limiter
    #: Turns an answer's text into a descriptor, or raises BadReply.
    parse: Callable[[str], StyleDescriptor]
    #: What a listed picture will come to.
    expected: Callable[[ImageRef], Expected] = as_listed
