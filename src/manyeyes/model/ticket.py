"""What we are about to buy, and the receipt for work already started."""

from __future__ import annotations

from dataclasses import dataclass, field

from manyeyes.model.ask import Allowance


@dataclass(frozen=True, slots=True)
class Key:
    """Names one answer: these bytes, asked this way. The same key is never bought twice."""

    sha256: str
    #: `Recipe.digest`.
    recipe: str


@dataclass(frozen=True, slots=True)
class Intent:
    """Written down before anything is bought, so that a crash leaves a trace to look for."""

    #: 26 random characters; written into the request (`mark`) so that the provider's list shows it.
    id: str
    key: Key
    #: Seconds since the epoch when it was written.
    created: float
    #: Seconds from the create after which the provider is told to give up.
    cancel_after: float
    #: `Traits.payer` of whoever was about to buy.
    payer: str = ""

    @property
    def mark(self) -> str:
        """The last line of the prompt, by which `find` knows its own work again."""
        return f"[manyeyes {self.id}]"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A provider's id for work that has been started and may have to be paid."""

    intent: Intent
    id: str
    #: Seconds to wait before the next look.
    check_after: float = 0.5
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """The claim is ours and the intent is written: buy."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The claim is ours, but a run that broke off may have bought this already: look first."""

    #: To buy with, when nothing is found.
    intent: Intent
    #: What was about to be bought, oldest first; with the ticket where one came back.
    left: tuple[tuple[Intent, Ticket | None], ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Another process is buying this very answer now: wait for it."""

    #: Who that is, in words.
    by: str = field(default="another run", compare=False)
