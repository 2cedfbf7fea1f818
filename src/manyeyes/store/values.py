"""What goes into the store and comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from manyeyes.model.ask import Recipe
from manyeyes.model.image import ImageRef
from manyeyes.model.outcome import Answer, NoAnswer, Outcome
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Go, Held, Key, Unsettled
from manyeyes.model.vitals import Vitals

#: What comes of asking leave to buy.
Begun = Go | Unsettled | Held | Answer | NoAnswer


@dataclass(frozen=True, slots=True)
class Since:
    """From when on what is kept counts, in the store's own time; 0 where it counts for ever."""

    answers_from: float = 0.0
    noes_from: float = 0.0

    def accepts(self, kept_at: float, *, is_no: bool) -> bool:
        """Whether an answer, or a final no, that was kept at that time still counts."""
        return kept_at >= (self.noes_from if is_no else self.answers_from)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier run that asked afresh."""

    #: What is kept from before this time did not count in it; runs that went on with each other share it.
    counts_from: float
    #: Pictures at most; None for all.
    most: int | None
    complete: bool


def gone_on_with(earlier: Sequence[Earlier], opened: float) -> float:
    """From when on what is kept counts in a run that asks afresh, opened at that time, after these others.

    The last of them that stopped is gone on with, unless one that went on with it has answered as many
    pictures as were wanted: what it brought was paid for, and is fresh.
    """
    if not earlier:
        return opened
    started = earlier[-1].counts_from
    wanted = 0.0
    for run in earlier:
        if run.counts_from == started:
            most = inf if run.most is None else run.most
            if not run.complete:
                wanted = max(wanted, most)
            elif most >= wanted:
                wanted = 0.0
    return started if wanted else opened


@dataclass(frozen=True, slots=True)
class Opening:
    """Asks for a run of a portfolio."""

    #: Where its pictures come from; the same sources are the same portfolio.
    sources: tuple[str, ...]
    #: What people call it.
    label: str
    recipe: Recipe
    #: No answer and no final no from before the run is to count.
    fresh: bool = False
    #: No final no from before the run is to count.
    retry_failed: bool = False
    #: Pictures at most; None for all.
    most: int | None = None

    def since(self, opened: float, earlier: Sequence[Earlier]) -> Since:
        """What counts in a run opened at that time of the store, after others that asked for the same."""
        counts_from = gone_on_with(earlier, opened) if self.fresh or self.retry_failed else 0.0
        return Since(counts_from if self.fresh else 0.0, counts_from)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run would start from, were it opened now."""

    portfolio: Portfolio
    since: Since


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was remembered under a name, and how many seconds ago."""

    text: str
    age: float


@dataclass(frozen=True, slots=True)
class Beat:
    """Says that a run is alive, how far it is, and in which state."""

    run: str
    progress: Progress
    #: `running`, `complete`, `stopped` or `interrupted`.
    state: str = "running"
    #: How its calls go.
    vitals: Vitals | None = None

    def as_json(self) -> dict[str, object]:
        """What is kept of it: the progress, and under `vitals` how the calls go."""
        progress = self.progress.as_json()
        return progress if self.vitals is None else progress | {"vitals": self.vitals.as_json()}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run that was opened: its id, and the portfolio it belongs to."""

    id: str
    portfolio: Portfolio
    #: The store's own time when it was opened.
    opened: float
    since: Since = Since()


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a picture before its bytes are read."""

    sha256: str
    answer: Answer | NoAnswer | None


@dataclass(frozen=True, slots=True)
class Question:
    """Asks what is known of a listed picture."""

    portfolio: Portfolio
    image: ImageRef
    #: `Recipe.digest`.
    recipe: str
    since: Since = Since()


@dataclass(frozen=True, slots=True)
class Purchase:
    """Asks leave to buy an answer."""

    run: str
    key: Key
    #: Seconds after which the provider gives up (`Intent.cancel_after`).
    cancel_after: float
    #: Whose account is to pay (`Traits.payer`).
    payer: str = ""
    #: Which kept answers make it needless.
    since: Since = Since()


@dataclass(frozen=True, slots=True)
class Result:
    """A picture's end, to be kept before anyone hears of it."""

    run: RunRecord
    outcome: Outcome
    #: Set together with `answer` where this picture's own call ended it.
    key: Key | None = None
    answer: Answer | NoAnswer | None = None
    #: A create broke off and was not found: its intent stays open, so that the next run looks again.
    unsure: bool = False
    #: Whether a claim is held under `key`; an analyzer that costs nothing takes none.
    claimed: bool = True
