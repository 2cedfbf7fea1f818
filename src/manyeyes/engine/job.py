"""A picture in hand: what is known of it between its calls."""

from __future__ import annotations

from dataclasses import dataclass, replace

from manyeyes.model.ask import Ask, Usage
from manyeyes.model.image import ImageRef, PreparedImage
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.ticket import Intent, Ticket

#: What was about to be bought and is not settled, oldest first; with the ticket where one came back.
Left = tuple[tuple[Intent, Ticket | None], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A listed picture, by its place in the portfolio and in the listing."""

    image: ImageRef
    id: str
    #: From 0.
    position: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What the attempts at a picture have come to."""

    #: Billable tries.
    attempts: int = 0
    #: Seconds that attempts took, waits between them left out.
    seconds: float = 0.0
    usage: Usage = Usage()
    #: Creates that may have to be paid beside the answer, since nobody could find them again.
    possibly_paid_twice: int = 0
    #: Bytes of the picture that went over the line, all tries together.
    sent_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A prepared picture that is ours to ask about, and how its attempts went so far."""

    picture: Picture
    prepared: PreparedImage
    ask: Ask
    intent: Intent
    #: To be looked for before anything is bought again.
    left: Left = ()
    #: Rounds that failed, for back-off; a 429 that named its wait does not count.
    rounds: int = 0
    #: Times that the model was asked again after an answer outside the schema.
    reasks: int = 0
    tally: Tally = Tally()
    #: Set when its tries are used up: it is only looked for any more, and ends so if nothing is found.
    given_up: NoAnswer | None = None
    #: The last create broke off without any response: what it bought may be listed late.
    unheard: bool = False
    #: A second call for a picture whose first goes on.
    is_second: bool = False
    #: When its intent was written, in seconds of the loop's clock.
    intended_at: float = 0.0

    def with_cost_of(self, other: Job) -> Job:
        """This job, with what another for the same picture has come to."""
        mine, theirs = self.tally, other.tally
        return replace(
            self,
            tally=Tally(
                mine.attempts + theirs.attempts,
                max(mine.seconds, theirs.seconds),
                mine.usage + theirs.usage,
                mine.possibly_paid_twice + theirs.possibly_paid_twice,
                mine.sent_bytes + theirs.sent_bytes,
            ),
        )


#: Why an attempt came to nothing: another process is buying this answer.
HELD = "held"


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more, not before so many seconds have passed."""

    job: Job
    delay: float
    #: The provider named this wait.
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
    #: Kept already: another process brought it.
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Barred:
    """No picture would fare better: the run is to stop."""

    job: Job
    why: str


@dataclass(frozen=True, slots=True)
class Unbought:
    """The budget has no call left for the picture: it ends in another run, and this one buys no more."""

    job: Job
    why: str


Step = Again | Settled | Barred | Unbought
