"""One limiter for each provider, shared by all runs of a process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.limit import FixedLimit, Limit
from manyeyes.pacing.limiter import Limiter

#: Seconds for which a limiter is kept that no run uses: by then the quotas that it counts are full again,
#: and what it has learned is kept elsewhere.
KEPT = 600.0


@dataclass(slots=True)
class _Shared:
    limiter: Limiter
    runs: int = 0
    idle_since: float = 0.0


class Limiters:
    """Limiters by the name of what they hold back: runs that ask for the same one take turns."""

    def __init__(self) -> None:
        self._shared: dict[str, _Shared] = {}

    def find(self, name: str) -> Limiter | None:
        """The limiter in use, or in use a short while ago."""
        now = asyncio.get_running_loop().time()
        for other, shared in list(self._shared.items()):
            if not shared.runs and now - shared.idle_since > KEPT:
                del self._shared[other]
        found = self._shared.get(name)
        return None if found is None else found.limiter

    @contextmanager
    def taken(self, name: str, make: Callable[[Limit], Limiter], limit: Limit) -> Iterator[Limiter]:
        """The limiter of that name, made where there is none, for as long as the block lasts, with a limit
        that suits this run and those that use it already."""
        if self.find(name) is None:
            self._shared[name] = _Shared(make(limit))
        shared = self._shared[name]
        shared.limiter.limit = together(shared.limiter.limit, limit, alone=not shared.runs)
        shared.runs += 1
        try:
            yield shared.limiter
        finally:
            shared.runs -= 1
            shared.limiter.rest()
            shared.idle_since = asyncio.get_running_loop().time()


def together(now: Limit, wanted: Limit, *, alone: bool) -> Limit:
    """The limit that serves runs which have `now` and one that has `wanted`; `alone`: there are no others.

    Of pinned numbers it is the largest, and one that is learned goes on learning: whoever has pinned less
    sees to that itself.
    """
    if isinstance(now, AdaptiveLimit) and isinstance(wanted, AdaptiveLimit):
        return replace(now, floor=wanted.floor, ceiling=wanted.ceiling) if alone else now
    if alone:
        return now if type(now) is type(wanted) and now.value == wanted.value else wanted
    if isinstance(wanted, FixedLimit):
        return wanted if isinstance(now, FixedLimit) and wanted.value > now.value else now
    return wanted if isinstance(now, FixedLimit) else now
