"""Notes what calls take, and says how long the run will take from now on."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from manyeyes.engine.admission import Admission
from manyeyes.engine.batches import Batches
from manyeyes.engine.elsewhere import Elsewhere
from manyeyes.engine.job import HELD, Again, Job, Settled, Step
from manyeyes.engine.looked import Looked
from manyeyes.engine.pause import Pause
from manyeyes.model.errors import RateLimited
from manyeyes.model.time_left import TimeLeft
from manyeyes.pacing.adaptive import BOOT, AdaptiveLimit
from manyeyes.pacing.allowed import allowed
from manyeyes.pacing.eta import FEWEST, GROWN, time_left
from manyeyes.pacing.gates import Gate
from manyeyes.pacing.limiter import Limiter, Permit
from manyeyes.pacing.service import Prior
from manyeyes.pacing.view import Calls, View

#: Seconds, and shares of the portfolio, between two looks ahead, at least.
APART, STEP = 1.0, 0.01
#: Times the places: pictures of a batch from which on it is gone through like a portfolio of its own.
LONG = 8
#: Answered calls that are remembered, and calls that tell how many are made again.
REMEMBERED, RECENT = 2048, 300


class Forecast:
    """Looks ahead now and then; in between, the time that was told runs down.

    What is remembered of calls is by a clock that pauses do not move.
    """

    def __init__(  # noqa: PLR0917 - the parts of one run, each once
        self,
        limiter: Limiter,
        pause: Pause,
        looked: Looked,
        admission: Admission,
        elsewhere: Elsewhere,
        batches: Batches | None,
    ) -> None:
        self._limiter = limiter
        self._pause = pause
        self._looked = looked
        self._admission = admission
        self._elsewhere = elsewhere
        self._batches = batches
        baseline = limiter.knowledge.baseline
        self._prior = None if baseline is None else Prior(baseline)
        #: When each call in flight was sent, and how many were in flight then.
        self._under_way: dict[int, tuple[float, int]] = {}
        #: The same of answered calls, and when they ended.
        self._answered: deque[tuple[float, float, int]] = deque(maxlen=REMEMBERED)
        #: Whether calls came to nothing and are made again.
        self._again: deque[bool] = deque(maxlen=RECENT)
        self._since = self._refused_at = self._due_at = -math.inf
        self._told: TimeLeft | None = None
        self._told_of = 0
        self._cool_until = -math.inf

    def began(self, job: Job, permit: Permit) -> None:
        """A call has been sent. A second one for a picture changes nothing of what is to come."""
        if job.is_second:
            return
        self._under_way[permit.seq] = (permit.sent_at, permit.in_flight)
        if not job.tally.attempts:
            self._looked.called()

    def ended(self, permit: Permit, step: Step | None, now: float) -> None:
        """It has ended, and this has come of it; None where another call ended its picture, or may."""
        if (call := self._under_way.pop(permit.seq, None)) is None:
            return
        sent_at, in_flight = call
        match step:
            case Again(named=named, why=why, delay=delay):
                self._due_at = max(self._due_at, now + delay)
                if named and self._refused_at == -math.inf:
                    self._refused_at = now - self._pause.lost(now)
                # Refusals take no time to speak of, and who is held has called nobody.
                if why not in (RateLimited.kind, HELD) and not named:
                    self._again.append(True)
            case Settled(reused=False, job=Job(given_up=None)):
                self._again.append(False)
                self._note(sent_at, now, in_flight)
            case _:
                pass

    def _note(self, sent_at: float, now: float, in_flight: int) -> None:
        lost = self._pause.lost(now)
        if not self._answered and self._since == -math.inf and now - sent_at > BOOT:
            # It had to boot: nothing sent until now tells what calls take. If it is just slow, the next do.
            self._since = now - lost
        if sent_at - lost >= self._since:
            self._answered.append((sent_at - lost, now - lost, in_flight))

    def left(self, now: float, ended: int, total: int | None) -> TimeLeft | None:
        """What is left when `ended` of the pictures have; None while nobody can tell."""
        if total is None or self._pause.is_on or self._limiter.gates.circuit.is_open:
            self._told = None
        elif ended >= total:
            return TimeLeft(0.0, 0.0, 0.0, now)
        elif self._is_time(now, ended, total):
            told = time_left(self._view(now, ended, total))
            if told is not None:
                self._told, self._told_of = told, ended
                self._cool_until = self._limiter.gates.cool_until
        return self._told

    def _is_time(self, now: float, ended: int, total: int) -> bool:
        if self._told is None:
            few = not self._answered or (len(self._answered) < FEWEST and self._prior is None)
            return not few and not (self._is_growing and ended < GROWN * total)
        if now - self._told.at < APART:
            return False
        cools = self._limiter.gates.cool_until != self._cool_until
        return cools or ended - self._told_of >= STEP * total

    @property
    def _is_held(self) -> bool:
        """Whether it is the limit that holds calls back, or will when those who wait have gone at once."""
        held_by = self._limiter.held_by
        return held_by is Gate.CONCURRENCY or (held_by is None and self._admission.waiting > 0)

    @property
    def _is_growing(self) -> bool:
        limit = self._limiter.limit
        return isinstance(limit, AdaptiveLimit) and limit.starting and self._is_held

    def _view(self, now: float, ended: int, total: int) -> View:
        limiter, batches = self._limiter, self._batches
        limit, n, lost = limiter.limit, len(self._under_way), self._pause.lost(now)
        # Of other runs, that is; one permit may have come that nobody uses yet.
        others = max(0, limiter.in_flight - n - 1)
        looked = self._looked
        unseen = max(0, total - looked.pictures)
        seen = max(0, total - ended - n - self._elsewhere.count - unseen)
        waiting = min(seen, self._admission.waiting)
        pictures = waiting + (seen - waiting) * looked.seen(waiting) + unseen * looked.unseen(waiting)
        pending = pictures / (1 - min(0.9, _share(self._again)))
        return View(
            now,
            pending,
            ended / total,
            max(1, n, limit.value - others),
            held=self._is_held,
            growing=self._is_growing,
            answered=self._calls(lost),
            under_way=self._flights(now),
            since=self._since + lost,
            refused_at=self._refused_at + lost,
            unloaded=limit.baseline if isinstance(limit, AdaptiveLimit) else None,
            prior=self._prior,
            allowed=allowed(limiter.gates, limiter.held_by, now),
            batch=None if batches is None else self._batch(batches, limit.value),
            left_in_batch=0 if batches is None else max(0, batches.under_way - n),
            elsewhere=self._elsewhere.count,
            due_in=max(0.0, self._due_at - now) if self._admission.parked else 0.0,
        )

    def _batch(self, batches: Batches, places: int) -> int | None:
        """Pictures of a batch; None for one so long that its end is of little account: speed is measured."""
        return batches.usual if batches.usual <= LONG * places else None

    def _calls(self, lost: float) -> Calls:
        rows = np.array(sorted(self._answered), dtype=np.float64).reshape(-1, 3)
        return Calls(rows[:, 0] + lost, rows[:, 1] - rows[:, 0], rows[:, 2])

    def _flights(self, now: float) -> Calls:
        rows = np.array(list(self._under_way.values()), dtype=np.float64).reshape(-1, 2)
        return Calls(rows[:, 0], now - rows[:, 0], rows[:, 1])


def _share(yes: deque[bool]) -> float:
    return sum(yes) / len(yes) if yes else 0.0
