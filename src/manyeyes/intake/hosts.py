"""How fast each host is asked: a few requests at once, some time apart, and not before it said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

#: Hosts that are remembered; beyond, those that nobody waits for are forgotten.
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Manners:
    """How one host is treated."""

    #: Requests in flight.
    at_once: int = 2
    #: Seconds from the start of one request to that of the next.
    apart: float = 0.2


@dataclass(slots=True)
class _Host:
    room: asyncio.Semaphore
    #: Requests that wait or are in flight.
    users: int = 0
    #: The loop's time.
    not_before: float = field(default=0.0)


class Hosts:
    """Every host that is being asked."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn at a host, and have it for as long as the block lasts."""
        host = self._host(name)
        host.users += 1
        try:
            async with host.room:
                loop = asyncio.get_running_loop()
                start = max(loop.time(), host.not_before)
                # Whoever comes next waits for the start after this one.
                host.not_before = start + self._manners.apart
                await asyncio.sleep(start - loop.time())
                yield
        finally:
            host.users -= 1

    def hold(self, name: str, seconds: float) -> None:
        """Ask this host nothing for so long: it said so."""
        host = self._host(name)
        host.not_before = max(host.not_before, asyncio.get_running_loop().time() + seconds)

    def _host(self, name: str) -> _Host:
        if len(self._hosts) > _REMEMBERED:
            now = asyncio.get_running_loop().time()
            self._hosts = {
                known: host for known, host in self._hosts.items() if host.users or host.not_before > now
            }
        return self._hosts.setdefault(name, _Host(asyncio.Semaphore(self._manners.at_once)))
