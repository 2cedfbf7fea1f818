"""Runs of this server and of others: begun, watched over, paused, ended, and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from manyeyes.web.house import House, Order
from manyeyes.web.live import Live
from manyeyes.web.metrics import Metrics


class Runs:
    """Carries runs out for as long as it is entered; acts on those of other processes through the store."""

    def __init__(self, house: House, live: Live, metrics: Metrics) -> None:
        self._house = house
        self._live = live
        self._metrics = metrics

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def start(self, portfolio: str, order: Order) -> str:
        """Begin a run; its id. Raises Problem where it cannot be begun."""
        raise NotImplementedError

    async def one(self, run: str) -> Mapping[str, object]:
        """A run as the API tells it: `id`, `portfolio`, `state`, `paused`, `progress`, `vitals`, …"""
        raise NotImplementedError

    async def pause(self, run: str) -> None:
        """Admit no more for now; what is in flight goes on to its end."""
        raise NotImplementedError

    async def resume(self, run: str) -> None:
        """Go on."""
        raise NotImplementedError

    async def cancel(self, run: str) -> None:
        """Stop for good; what is in flight is finished and saved."""
        raise NotImplementedError

    async def retry_failed(self, run: str) -> str:
        """A new run of the same portfolio and order that asks again for what failed; its id."""
        raise NotImplementedError
