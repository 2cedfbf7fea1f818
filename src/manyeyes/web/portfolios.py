"""Portfolios: made, renamed, listed, deleted with their pictures."""

from __future__ import annotations

from manyeyes.web.house import House
from manyeyes.web.runs import Runs


class Portfolios:
    """What is done with a portfolio as a whole. Ids that are unknown raise Problem 404."""

    def __init__(self, house: House, runs: Runs) -> None:
        self._house = house
        self._runs = runs

    async def create(self, name: str) -> str:
        """An empty portfolio to upload to; its id."""
        raise NotImplementedError

    async def rename(self, portfolio: str, name: str) -> None:
        """Call it something else."""
        raise NotImplementedError

    async def delete(self, portfolio: str) -> None:
        """Forget it with all that is known of it; uploaded pictures are deleted, files of others are not."""
        raise NotImplementedError
