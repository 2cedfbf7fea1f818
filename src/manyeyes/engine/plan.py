"""What one run is to do: decided before it starts, and not changed."""

from __future__ import annotations

from dataclasses import dataclass

from manyeyes.model.ask import Recipe
from manyeyes.pacing.budget import Budget
from manyeyes.pacing.hedge import Hedge
from manyeyes.pacing.retry import Retry
from manyeyes.store.values import Opening


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run is to do."""

    recipe: Recipe
    #: Pictures of a batch; under continuous admission, of the groups that the log counts.
    group: int = 5
    #: The next batch starts when the whole batch has ended.
    barrier: bool = False
    #: Calls in flight at most; None where it is found out. Runs that share a limiter may differ in it.
    most_at_once: int | None = None
    #: Bytes of pictures in hand: as they lie there and decoded until they are prepared, then as sent.
    memory: int = 100_000_000
    #: Bytes that a batch's pictures may have together (`--batch-size auto`).
    batch_budget: Budget | None = None
    retry: Retry = Retry()
    #: Seconds that the attempts at one picture may take together.
    deadline: float = 300.0
    #: Seconds that the provider may be waited for: the longest wait it may name, and the longest time for
    #: which it may be down.
    wait_at_most: float = 600.0
    #: Stop as soon as the provider is down, rather than probe it for so long.
    stops_when_down: bool = False
    #: Whether what is slow at the end is asked a second time, and how often.
    hedge: Hedge | None = None
    #: Ask again about pictures to which the provider's final answer was no.
    retry_failed: bool = False
    #: Ask again about all.
    fresh: bool = False
    #: Pictures at most, the first of the listing.
    most: int | None = None
    overall_range: tuple[float, float] = (0, 100)
    #: Decodes that run at once; pictures wait prepared for twice as many.
    cores: int = 2
    seed: int = 0

    def opening(self, sources: tuple[str, ...], label: str) -> Opening:
        """What is asked of the store: a run of this plan over these sources."""
        return Opening(sources, label, self.recipe, self.fresh, self.retry_failed, self.most)
