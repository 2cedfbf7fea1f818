"""Read-only links to one portfolio, for whoever has the link."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from manyeyes.store.shares import Share, find_share, make_share, shares_of, withdraw_share
from manyeyes.store.sql import SqlStore
from manyeyes.web.problems import unknown

DAY = 86_400.0


class Shares:
    """Makes, finds and withdraws links."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def make(self, portfolio: str, days: float | None = None) -> tuple[Share, str]:
        """A new link that holds for so many days, or until it is withdrawn; and its token, told this once."""
        seconds = None if days is None else days * DAY
        return await self._store.carry_out(partial(make_share, portfolio=portfolio, seconds=seconds))

    async def of(self, portfolio: str) -> Sequence[Share]:
        """The links to a portfolio, newest first."""
        return await self._store.carry_out(partial(shares_of, portfolio=portfolio))

    async def withdraw(self, portfolio: str, share: str) -> None:
        """Let a link open nothing any more. Raises Problem where it is none of this portfolio."""
        if share not in [each.id for each in await self.of(portfolio)]:
            raise unknown("link", "GET /api/portfolios/{id}/shares")
        await self._store.carry_out(partial(withdraw_share, share=share))

    async def portfolio(self, token: str) -> str:
        """The portfolio that a link opens. Raises Problem where it opens none."""
        share = await self._store.carry_out(partial(find_share, token=token))
        if share is None:
            raise unknown("link", "whoever sent it; it may have been withdrawn, or have run out")
        return share.portfolio
