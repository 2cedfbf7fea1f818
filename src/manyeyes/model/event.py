"""What happens in a run, as values; everything shown is folded from these."""

from __future__ import annotations

from dataclasses import dataclass

from manyeyes.model.image import PassedOver
from manyeyes.model.outcome import Outcome
from manyeyes.model.time_left import TimeLeft


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Listing begins; nothing is known of how many there are."""

    run: str
    at: float


@dataclass(frozen=True, slots=True)
class Listed:
    """Listing has ended: the total is known."""

    total: int
    at: float
    #: How long the rest will take; None while nobody can tell.
    left: TimeLeft | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is no picture was passed over."""

    what: PassedOver
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A picture has ended and is saved."""

    outcome: Outcome
    at: float
    #: What holds the next call back now; None where nothing does.
    binds: str | None = None
    #: How long the rest will take; None while nobody can tell. It is looked into now and then, not each time.
    left: TimeLeft | None = None


@dataclass(frozen=True, slots=True)
class GroupEnded:
    """A batch, or under continuous admission a group of the same size, has ended."""

    #: From 1.
    index: int
    #: None while listing is unfinished.
    of: int | None
    #: Pictures ended so far.
    processed: int
    total: int | None
    at: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pictures have been waiting for a while for answers that another process is buying."""

    pictures: int
    #: Who that is, in words.
    holder: str
    at: float

    @property
    def message(self) -> str:
        """The line that a person reads."""
        what = "a picture" if self.pictures == 1 else f"{self.pictures} pictures"
        return f"Waiting for {what} that {self.holder} is analyzing..."


@dataclass(frozen=True, slots=True)
class ProviderDown:
    """The provider answers nobody; from now on only a probe goes now and then."""

    #: What was said, or not, to the call before.
    said: str
    #: Seconds for which it is waited for.
    at_most: float
    at: float

    @property
    def message(self) -> str:
        """The line that a person reads."""
        return f"The provider is down: {self.said} Waiting for it, {self.at_most / 60:.0f} minutes at most..."


@dataclass(frozen=True, slots=True)
class ProviderBack:
    """It answers again."""

    at: float

    @property
    def message(self) -> str:
        """The line that a person reads."""
        return "The provider is back."


@dataclass(frozen=True, slots=True)
class Paused:
    """The run sends nothing more for now; what is in flight is finished and saved."""

    #: Calls in flight.
    in_flight: int
    at: float

    @property
    def message(self) -> str:
        """The line that a person reads."""
        if not self.in_flight:
            return "Paused."
        verb = "is" if self.in_flight == 1 else "are"
        return f"Paused. {self.in_flight} in flight {verb} finished first."


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run goes on after a pause."""

    at: float
    #: Seconds that the pause has cost, those in which calls in flight were finished left out.
    lost: float = 0.0
    #: How long the rest will take; None while nobody can tell.
    left: TimeLeft | None = None

    @property
    def message(self) -> str:
        """The line that a person reads."""
        return "Going on after the pause."


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Nothing is in flight any more."""

    #: Why it stopped before the end; None where all pictures have ended.
    stopped: str | None
    at: float
    #: Seconds that a pause has cost which it ended in.
    lost: float = 0.0


Event = (
    RunStarted
    | Listed
    | Skipped
    | Ended
    | GroupEnded
    | Waiting
    | ProviderDown
    | ProviderBack
    | Paused
    | Resumed
    | RunEnded
)
