"""The seam to whatever looks at a picture, and what an analyzer says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from manyeyes.model.ask import Ask, Reply
from manyeyes.model.image import Preparation, PreparedImage
from manyeyes.model.ticket import Intent, Ticket


@dataclass(frozen=True, slots=True)
class Traits:
    """What an analyzer can use, and what is known of it before the first call."""

    #: `replicate`, `local`, …; part of an answer's identity together with the next two.
    adapter: str
    model: str
    base_url: str
    preparation: Preparation
    #: Whether a call costs money: then Intents are written, claims taken, and a person is asked.
    paid: bool = True
    #: Calls in flight to start with, where the limit is to be learned and nothing is known yet.
    start: int = 10
    #: Bound by this machine's cores rather than by a provider.
    cpu_bound: bool = False
    #: Every response tells the quota in its headers: one early answer is worth waiting for.
    announces_quota: bool = False
    #: Whose account pays, told apart without telling a secret: one account cannot find what another
    #: has bought.
    payer: str = ""
    #: Status checks allowed a minute; None where nothing is published.
    checks_per_minute: int | None = None


class Analyzer(Protocol):
    """Looks at one picture. Entered once (`async with`) before its first call.

    All methods raise `AnalyzerError`s only; SDK and HTTP errors do not leave the adapter.
    """

    @property
    def traits(self) -> Traits:
        """What it can use; the same from construction to the end."""

    async def __aenter__(self) -> Analyzer: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        """Buy an answer. A Ticket means: work has begun, look again later."""

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """One look; a returned Ticket says not before when to look again."""

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        """What became of `intent` after a crash or a broken connection: what was bought, or None where
        nothing surely was. Raises Untraceable where nobody can know."""

    async def cancel(self, ticket: Ticket) -> None:
        """Stop paying for it, as far as the service can."""
