"""What goes into the store and comes out of it."""

from __future__ import annotations

from dataclasses import dataclass

from manyeyes.model.ask import Recipe
from manyeyes.model.image import ImageRef
from manyeyes.model.outcome import Answer, NoAnswer, Outcome
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Go, Held, Key, Unsettled

#: What comes of asking leave to buy.
Begun = Go | Unsettled | Held | Answer | NoAnswer


@dataclass(frozen=True, slots=True)
class Opening:
    """Asks for a run of a portfolio."""

    #: Where its pictures come from; the same sources are the same portfolio.
    sources: tuple[str, ...]
    #: What people call it.
    label: str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Beat:
    """Says that a run is alive, how far it is, and in which state."""

    run: str
    progress: Progress
    #: `running`, `complete`, `stopped` or `interrupted`.
    state: str = "running"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run that was opened: its id, and the portfolio it belongs to."""

    id: str
    portfolio: Portfolio
    #: The store's own time when it was opened; answers from before are of earlier runs.
    opened: float


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


@dataclass(frozen=True, slots=True)
class Purchase:
    """Asks leave to buy an answer."""

    run: str
    key: Key
    #: Seconds after which the provider gives up (`Intent.cancel_after`).
    cancel_after: float
    #: Whose account is to pay (`Traits.payer`).
    payer: str = ""
    #: Answers kept before this time of the store do not count: all are wanted afresh.
    answers_from: float = 0.0
    #: Final noes kept before this time do not count: they are to be asked again.
    noes_from: float = 0.0

    def accepts(self, answer: Answer | NoAnswer, kept_at: float) -> bool:
        """Whether an answer that was kept at that time of the store makes the purchase needless."""
        wanted_from = self.noes_from if isinstance(answer, NoAnswer) else self.answers_from
        return kept_at >= wanted_from


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
