"""A store that keeps nothing: the lab measures pacing, and a million answers would only cost memory."""

from __future__ import annotations

from collections.abc import Sequence

from manyeyes.model.image import ImageRef
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.ticket import Go, Intent, Key, Ticket
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


class NothingKept:
    """Knows nothing, says yes to everything, and forgets it at once."""

    #: No heartbeat: nobody else could hear it.
    beat_every: float | None = None

    async def __aenter__(self) -> NothingKept:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def open_run(self, opening: Opening) -> RunRecord:
        """A run of a portfolio that is always new."""
        return RunRecord("run", Portfolio("portfolio", opening.label), 0.0)

    async def outlook(self, opening: Opening) -> Outlook | None:  # noqa: ARG002
        """Nothing is known."""
        return None

    async def known(
        self,
        portfolio: Portfolio,  # noqa: ARG002
        images: Sequence[ImageRef],
        recipe: str,  # noqa: ARG002
        since: Since,  # noqa: ARG002
    ) -> list[Known | None]:
        """Nothing of any picture."""
        return [None] * len(images)

    async def look_up(self, purchase: Purchase) -> Answer | NoAnswer | None:  # noqa: ARG002
        """No answer."""
        return None

    async def begin(self, purchase: Purchase) -> Begun:
        """Leave to buy."""
        return Go(await self.begin_again(purchase))

    async def left_open(self, run: RunRecord, recipe: str) -> frozenset[str]:  # noqa: ARG002
        """Nothing: there are no earlier runs."""
        return frozenset()

    async def begin_again(self, purchase: Purchase) -> Intent:
        """An intent that is written nowhere."""
        return Intent("", purchase.key, 0.0, purchase.cancel_after, purchase.payer)

    async def begin_beside(self, purchase: Purchase) -> Intent:
        """Another intent that is written nowhere."""
        return await self.begin_again(purchase)

    async def keep_ticket(self, ticket: Ticket) -> None:
        """Forget it."""

    async def save(self, result: Result) -> None:
        """Forget it."""

    async def let_go(self, key: Key, *, unsure: bool = False) -> None:
        """There is no claim."""

    def renewed_lately(self, run: str) -> bool:  # noqa: ARG002
        """Claims never run out here."""
        return True

    async def renew(self, run: str) -> frozenset[Key]:  # noqa: ARG002
        """There are no claims."""
        return frozenset()

    async def recall(self, name: str) -> Recalled | None:  # noqa: ARG002
        """Nothing."""
        return None

    async def remember(self, name: str, text: str) -> None:
        """Forget it."""

    async def beat(self, news: Beat) -> str | None:  # noqa: ARG002
        """Nobody asks for anything."""
        return None
