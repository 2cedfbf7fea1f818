"""A provider that is down: told once when it goes and once when it is back, and waited for only so long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from manyeyes.engine.job import Again, Settled, Step
from manyeyes.engine.pause import Pause
from manyeyes.engine.plan import Plan
from manyeyes.model.event import Event, ProviderBack, ProviderDown
from manyeyes.model.outcome import NoAnswer
from manyeyes.pacing.limiter import Limiter


class Outage:
    """Looks at the circuit after every call."""

    def __init__(
        self,
        plan: Plan,
        limiter: Limiter,
        pause: Pause,
        tell: Callable[[Event], None],
        stop: Callable[[str], None],
    ) -> None:
        self._at_most = 0.0 if plan.stops_when_down else plan.wait_at_most
        self._limiter = limiter
        self._pause = pause
        self._tell = tell
        self._stop = stop
        self._told = False
        #: Seconds that pauses had cost when it was last up: a provider that is not asked is not waited for.
        self._lost = 0.0

    @property
    def is_down(self) -> bool:
        """Whether it is down now."""
        return self._limiter.gates.circuit.is_open

    def after(self, step: Step) -> None:
        """A call has ended."""
        now, circuit = asyncio.get_running_loop().time(), self._limiter.gates.circuit
        lost = self._pause.lost(now)
        if not circuit.is_open:
            self._lost = lost
            if self._told:
                self._told = False
                self._tell(ProviderBack(now))
            return
        said = _said(step)
        if circuit.down_for(now) - (lost - self._lost) >= self._at_most:
            self._stop(f"the provider is down, lastly: {said}")
        elif not self._told:
            self._told = True
            self._tell(ProviderDown(f"{said}.", self._at_most, now))


def _said(step: Step) -> str:
    match step:
        case Again(message=message) | Settled(end=NoAnswer(message=message)):
            return message.rstrip(".")
        case _:
            return "no word"
