"""Notes what the calls of a run do, and says at any time how it is going."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from math import ceil

from manyeyes.engine.buying import Attempt
from manyeyes.engine.trace import Trace
from manyeyes.model.vitals import LATELY, NAMED, Flight, Vitals
from manyeyes.pacing.limit import Ending
from manyeyes.pacing.limiter import Permit

#: Seconds of a step in which calls are counted together.
STEP = 0.5
#: Latest answered calls that tell what calls take.
ANSWERS = 256


@dataclass(slots=True)
class _Step:
    number: int
    calls: int = 0
    errors: int = 0
    sent_bytes: int = 0


class Pulse:
    """Hears of each call twice, which costs the same however many there were."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        #: Names of the pictures that are asked about, and when each call was sent, in that order.
        self._flights: dict[int, tuple[str, float]] = {}
        #: The latest steps in which calls ended.
        self._steps: deque[_Step] = deque([_Step(0)], maxlen=round(LATELY / STEP))
        #: When the latest answers came, and after how many seconds.
        self._answered: deque[tuple[float, float]] = deque(maxlen=ANSWERS)
        self._trace = Trace(limit)
        self._began = 0.0
        #: When the run was over; None while it goes on.
        self._over: float | None = None

    def begin(self, now: float) -> None:
        """The run starts."""
        self._began = now

    def close(self, now: float) -> None:
        """The run is over: from now on it stands as it is."""
        self._go_on(now)
        self._flights.clear()
        self._over = now

    @property
    def in_flight(self) -> int:
        """Calls in flight."""
        return len(self._flights)

    def call_seconds(self, now: float) -> float:
        """Seconds that all calls have been in flight, taken together."""
        self._go_on(now)
        return self._trace.call_seconds

    def sent(self, permit: Permit, name: str) -> None:
        """A call is sent, about the picture of this name."""
        sent_at, flights = permit.sent_at, self._flights
        self._trace.go_on(sent_at - self._began, len(flights))
        flights[permit.seq] = name, sent_at

    def ended(self, permit: Permit, attempt: Attempt, now: float) -> None:
        """It has ended."""
        flights = self._flights
        self._trace.go_on(now - self._began, len(flights))
        flights.pop(permit.seq, None)
        sample = permit.call.sample
        # Whoever is held by another process, was cancelled, or only looks for what was bought calls nobody.
        if sample is None or sample.ending is Ending.SAYS_NOTHING or attempt.job.given_up is not None:
            return
        step = self._step(now)
        step.calls += 1
        step.sent_bytes += attempt.sent_bytes - attempt.job.tally.sent_bytes
        if sample.ending is Ending.ANSWERED:
            self._answered.append((now, sample.seconds))
            self._trace.ended(sample.seconds)
        else:
            step.errors += 1
            self._trace.ended(None)

    def vitals(self, now: float, binds: str | None) -> Vitals:
        """How the run is going; `binds` is what holds the next call back."""
        if self._over is None:
            self._go_on(now)
        else:
            now, binds = self._over, None
        first, span = self._window(now)
        lately = [step for step in self._steps if step.number >= first]
        calls = sum(step.calls for step in lately)
        seconds = sorted(seconds for at, seconds in self._answered if at > now - LATELY)
        return Vitals(
            in_flight=len(self._flights),
            flights=tuple(Flight(name, now - at) for name, at in islice(self._flights.values(), NAMED)),
            limit=self._limit(),
            calls_per_second=calls / span if span else 0.0,
            error_rate=sum(step.errors for step in lately) / calls if calls else None,
            response_p50=_quantile(seconds, 0.5),
            response_p95=_quantile(seconds, 0.95),
            bytes_per_second=sum(step.sent_bytes for step in lately) / span if span else 0.0,
            binds=binds,
            series=self._trace.points(whole=self._over is not None),
        )

    def _go_on(self, now: float) -> None:
        """Up to now as many calls were in flight as there are."""
        self._trace.go_on(now - self._began, len(self._flights))

    def _step(self, now: float) -> _Step:
        number, step = int((now - self._began) / STEP), self._steps[-1]
        if step.number != number:
            step = _Step(number)
            self._steps.append(step)
        return step

    def _window(self, now: float) -> tuple[int, float]:
        """The first step that is of now, and the seconds from its beginning on."""
        elapsed = now - self._began
        first = max(0, int(elapsed / STEP) - round(LATELY / STEP) + 1)
        return first, elapsed - first * STEP


def _quantile(ordered: list[float], share: float) -> float | None:
    """The value that this share of all does not exceed."""
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None
