"""Finds the portfolio that pictures belong to at a server: by name, by id, or as the one of last time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from manyeyes.model.errors import SettingsError
from manyeyes.remote.answers import NotThere, understood
from manyeyes.remote.remembered import Memory
from manyeyes.remote.server import Request, Server

#: Whole ids, and characters that a name may have at a server.
_ID = re.compile("[a-z0-9]{26}")
_LONGEST_NAME = 200


class Shelf:
    """The portfolios of a server that take pictures."""

    def __init__(self, server: Server, memory: Memory, tell: Callable[[str], object]) -> None:
        self._server = server
        self._memory = memory
        self._tell = tell

    async def portfolio(self, wanted: str | None, sources: Sequence[str], label: str) -> str:
        """The id of the portfolio that is `wanted` by name or id; where none is, of the one that these
        sources were sent to before. One that is not there is made, and called as wanted, or `label`.

        Raises SettingsError where a name means several, and ServerError.
        """
        known = await self._named(wanted) if wanted is not None else await self._remembered(sources)
        if known is None:
            known = await self._made(label if wanted is None else wanted)
        if wanted is None:
            self._keep(sources, known)
        return known

    async def _named(self, wanted: str) -> str | None:
        if _ID.fullmatch(wanted) and await self._is_there(wanted):
            return wanted
        found = [one["id"] for one in await self._all() if one["name"] == wanted and one["uploaded"]]
        if len(found) > 1:
            raise SettingsError(
                f"--portfolio {wanted!r} could mean {', '.join(found)} at {self._server.address}: give an id"
            )
        return found[0] if found else None

    async def _all(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        query = {"limit": "200"}
        while True:
            told = await self._server.get("/api/portfolios", **query)
            with understood(self._server.address):
                found += told["portfolios"]
                if (after := told["after"]) is None:
                    return found
            query["after"] = after

    async def _remembered(self, sources: Sequence[str]) -> str | None:
        """Where it was deleted in the meantime, another is made."""
        known = self._memory.recall(self._server.address, sources)
        return known if known is not None and await self._is_there(known) else None

    async def _is_there(self, portfolio: str) -> bool:
        try:
            await self._server.get(f"/api/portfolios/{portfolio}")
        except NotThere:
            return False
        return True

    async def _made(self, name: str) -> str:
        asked = Request("POST", "/api/portfolios", json={"name": name[:_LONGEST_NAME]})
        told = await self._server.ask(asked)
        with understood(self._server.address):
            return str(told["id"])

    def _keep(self, sources: Sequence[str], portfolio: str) -> None:
        try:
            self._memory.keep(self._server.address, sources, portfolio)
        except OSError as error:
            self._tell(
                f"Which portfolio this is cannot be kept in {self._memory.path} ({error.strerror}): "
                f"name it next time with --portfolio {portfolio}"
            )
