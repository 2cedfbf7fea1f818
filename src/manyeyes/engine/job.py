"""A picture in hand: what is known of it between its calls."""

from __future__ import annotations

from dataclasses import dataclass

from manyeyes.model.ask import Ask, Usage
from manyeyes.model.image import ImageRef, PreparedImage
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.ticket import Intent, Ticket


@dataclass(frozen=True, slots=True)
class Picture:
    """A listed picture, by its place in the portfolio and in the listing."""

    image: ImageRef
    id: str
    #: From 0.
    position: int


@dataclass(frozen=True, slots=True)
class Job:
    """A prepared picture whose claim is held, and how its attempts went so far."""

    picture: Picture
    prepared: PreparedImage
    ask: Ask
    intent: Intent
    #: What earlier runs were about to buy for it and did not settle.
    left: tuple[tuple[Intent, Ticket | None], ...] = ()
    #: The last create broke off: it may have been bought.
    unsure: bool = False
    #: Rounds that failed, for back-off; a wait that the provider named does not count.
    rounds: int = 0
    #: Billable tries.
    attempts: int = 0
    reasks: int = 0
    #: Seconds that attempts took, waits between them left out.
    seconds: float = 0.0
    usage: Usage = Usage()
    possibly_paid_twice: int = 0


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more, not before so many seconds have passed."""

    job: Job
    delay: float
    #: The provider named this wait: it holds for every call.
    named: bool
    #: `kind` of what went wrong, and what was said of it.
    why: str
    message: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The picture has ended: with an answer, with a final no, or by a failure that may pass."""

    job: Job
    end: Answer | NoAnswer
    #: Whether `end` is worth keeping for every picture with the same bytes.
    final: bool


Step = Again | Settled
