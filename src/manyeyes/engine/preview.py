"""What a run will come to, before it starts: listed and looked up, nothing read, nothing bought."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from manyeyes.engine.plan import Plan
from manyeyes.engine.seams import Parts
from manyeyes.model.image import ImageRef, PassedOver
from manyeyes.pacing.hedge import Hedge

#: Pictures that the store is asked about at once.
WINDOW = 256


@dataclass(frozen=True, slots=True)
class Preview:
    """Counts of a run that has not started."""

    pictures: int
    #: Of these, answered already, by place and version.
    answered: int
    passed_over: tuple[PassedOver, ...]
    #: Bytes of the pictures as they lie there.
    size: int
    #: Billable tries at one picture, if the worst comes to the worst.
    tries: int
    #: Whether calls cost money.
    paid: bool
    #: How often slow ones are asked a second time.
    hedge: Hedge | None = None

    @property
    def calls(self) -> int:
        """Calls to expect."""
        return self.pictures - self.answered

    @property
    def most_calls(self) -> int:
        """Calls at most."""
        most = self.calls * self.tries
        return most if self.hedge is None else ceil(most * (1 + self.hedge.most))


async def preview(parts: Parts, plan: Plan) -> Preview:
    """Count what `plan` would do with the pictures of `parts.source`."""
    count = answered = size = 0
    passed_over: list[PassedOver] = []
    window: list[ImageRef] = []
    async for item in parts.source.list():
        if isinstance(item, PassedOver):
            passed_over.append(item)
            continue
        count, size = count + 1, size + item.size
        window.append(item)
        if len(window) == WINDOW or count == plan.most:
            answered += await _answered(parts, plan, window)
            window.clear()
        if count == plan.most:
            break
    answered += await _answered(parts, plan, window)
    paid = parts.analyzer.traits.paid
    return Preview(count, answered, tuple(passed_over), size, plan.retry.attempts, paid, plan.hedge)


async def _answered(parts: Parts, plan: Plan, images: list[ImageRef]) -> int:
    outlook = (
        await parts.store.outlook(plan.opening(parts.source.identity, parts.source.label)) if images else None
    )
    if outlook is None:
        return 0
    known = await parts.store.known(outlook.portfolio, images, plan.recipe.digest, outlook.since)
    return sum(what is not None and what.answer is not None for what in known)
