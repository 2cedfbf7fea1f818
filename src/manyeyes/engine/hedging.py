"""Slow calls at the end of a portfolio are asked a second time, and the first answer counts."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from manyeyes.engine.buying import Attempt
from manyeyes.engine.claims import Claims
from manyeyes.engine.job import Barred, Job, Settled, Step, Tally
from manyeyes.model.outcome import Answer
from manyeyes.model.ticket import Intent
from manyeyes.pacing.hedge import Hedge

#: Answers by which it is judged what is slow, and those of them by which, whether calls queue over there.
REMEMBERED, LATEST = 50, 20


@dataclass(slots=True)
class _Race:
    """The calls for one picture that are in flight, by their tasks."""

    began: float
    attempts: dict[asyncio.Task[None], Attempt] = field(default_factory=dict)
    #: The second call's intent, once one is to be made: there is no third.
    second: Intent | None = None
    #: One has ended the picture: the other has lost.
    won: bool = False
    #: A call that failed while the other went on.
    failed: Job | None = None


class Hedging:
    """Keeps count of the calls in flight, and says whose turn it is for a second one.

    Of two calls for a picture the first answer ends it; the other is cancelled, here and at the provider, and
    counts among the picture's attempts. One that fails while the other goes on is of no account.
    """

    def __init__(
        self, hedge: Hedge | None, claims: Claims, give_up: Callable[[Attempt], Awaitable[None]]
    ) -> None:
        self._hedge = hedge
        self._claims = claims
        self._give_up = give_up
        self._races: dict[int, _Race] = {}
        #: Of the latest answered calls: their seconds, and how many were in flight when each was sent.
        self._answered: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)
        self._calls = 0
        self._hedged = 0

    def due_in(self, now: float, unloaded: float | None) -> float | None:
        """Seconds until a call is slow enough for a second one; 0 for at once, None where none may be.

        `unloaded` is the mean logarithm of an unloaded call's seconds: while calls queue at the provider, one
        more would only join them.
        """
        hedge, slowest = self._hedge, self._slowest
        if hedge is None or slowest is None:
            return None
        in_flight = sum(len(race.attempts) for race in self._races.values())
        patience = hedge.patience([seconds for seconds, _ in self._answered], self._calls, self._hedged)
        if patience is None or in_flight >= hedge.places([*self._answered][-LATEST:], unloaded):
            return None
        return max(0.0, slowest.began + patience - now)

    @property
    def _slowest(self) -> _Race | None:
        alone = (race for race in self._races.values() if race.second is None and not race.won)
        return min(alone, key=lambda race: race.began, default=None)

    async def second(self) -> Job | None:
        """The slowest call's job once more, under an intent of its own, where `due_in` was 0; None where it
        has ended by now. Raises StoreError."""
        race = self._slowest
        assert race is not None
        (attempt,) = race.attempts.values()
        race.second = attempt.job.intent
        race.second = await self._claims.begin_beside(attempt.job.intent)
        if not race.attempts or race.won:
            return None
        self._hedged += 1
        return replace(attempt.job, intent=race.second, left=(), tally=Tally(), is_second=True)

    async def run(
        self, attempt: Attempt, in_flight: int, carry_out: Callable[[], Awaitable[Step]]
    ) -> Step | None:
        """What comes of a call, sent with so many in flight; None where the other one for this picture has
        ended it, or may."""
        if self._hedge is None:
            return await carry_out()
        race = self._entered(attempt)
        if race is None:
            return None
        task, clock = asyncio.current_task(), asyncio.get_running_loop().time
        assert task is not None
        began, race.attempts[task] = clock(), attempt
        self._calls += 1
        try:
            step = await carry_out()
        except asyncio.CancelledError:
            # Where the run was ended as well, nothing more is waited for.
            if not race.won or task.uncancel():
                raise
            await self._give_up(attempt)
            return None
        finally:
            del race.attempts[task]
            if not race.attempts:
                del self._races[attempt.job.picture.position]
        if isinstance(step, Settled) and isinstance(step.end, Answer):
            self._answered.append((clock() - began, in_flight))
        meant = _after(race, step)
        # What this call has noted of the claim says nothing of the other, which may have bought something.
        if not race.won and (meant is None or meant.job.left):
            self._claims.note(attempt.job.intent.key, unsure=True)
        return meant

    def _entered(self, attempt: Attempt) -> _Race | None:
        """The race that a call is part of; None where it was to be a second one and the first has ended."""
        job = attempt.job
        race = self._races.get(job.picture.position)
        if race is None and job.is_second:
            return None
        if race is None:
            race = self._races[job.picture.position] = _Race(asyncio.get_running_loop().time())
        return race


def _after(race: _Race, step: Step) -> Step | None:
    """What a call's end means for its picture."""
    if race.won:
        return None
    ends = isinstance(step, Settled) and (step.final or step.reused)
    if race.attempts and not ends and not isinstance(step, Barred):
        race.failed = step.job
        return None
    race.won = ends
    job = step.job
    for task, attempt in race.attempts.items():
        job = job.with_cost_of(attempt.job_after(0.0))
        task.cancel()
    if race.failed is not None:
        job = job.with_cost_of(race.failed)
        if not ends:
            job = replace(job, left=job.left + race.failed.left)
    return replace(step, job=replace(job, is_second=False))
