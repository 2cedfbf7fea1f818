"""The life of predictions: who gets a slot, when each starts and ends, and who may wait for that."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from manyeyes.stand_in.prediction import Clock, Prediction
from manyeyes.stand_in.replies import Answer
from manyeyes.stand_in.world import Weather

#: Share of the running time after which half of the output is out.
HALFWAY = 0.65


class Runner:
    """Starts predictions in order while slots are free, and ends them when their time has come.

    `weather` is read anew at every decision, so that it may change at any moment; `think` works out an
    answer; `tell(event, prediction)` hears of `started`, `succeeded`, `failed`, `canceled` and `aborted`.
    """

    def __init__(
        self,
        clock: Clock,
        weather: Callable[[], Weather],
        think: Callable[[Prediction], Answer],
        tell: Callable[[str, Prediction], None],
    ) -> None:
        self._clock = clock
        self._weather = weather
        self._think = think
        self._tell = tell
        self._queue: deque[Prediction] = deque()
        self._unfinished: set[Prediction] = set()
        self._taken = 0
        self._warm_at: float | None = None
        self._boot: asyncio.TimerHandle | None = None

    def submit(self, prediction: Prediction) -> None:
        """Queue it; it starts at once where a slot is free and the model is warm."""
        if prediction.order.cancel_after is not None:
            self._after(prediction, prediction.order.cancel_after, self._past_deadline)
        self._queue.append(prediction)
        self._unfinished.add(prediction)
        if self._warm_at is None:
            self._begin_boot()
        self.admit()

    def admit(self) -> None:
        """Give free slots to those who have waited longest. To be called when the capacity has grown, too."""
        if self._warm_at is None or self._clock.now() < self._warm_at:
            return
        while self._queue and self._free():
            prediction = self._queue.popleft()
            if prediction.status != "starting":
                continue
            prediction.holds_slot = True
            self._taken += 1
            weather = self._weather()
            queued = min(weather.queue_seconds * weather.time_factor, prediction.draw.seconds)
            prediction.runs = prediction.draw.seconds - queued
            self._after(prediction, queued, self._start)

    def cancel(self, prediction: Prediction) -> None:
        """End it now as `canceled`; one that has ended already stays as it is."""
        if not prediction.ended.is_set():
            self._end(prediction, "canceled")

    async def wait_ended(self, prediction: Prediction, seconds: float) -> bool:
        """Wait until it has ended, at most `seconds`; whether it has."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await prediction.ended.wait()
        return prediction.ended.is_set()

    async def wait_halfway(self, prediction: Prediction, seconds: float) -> bool:
        """Wait until half of its output is out, or all of it, at most `seconds`; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await prediction.began.wait()
                await self.wait_ended(prediction, HALFWAY * prediction.runs)
                return True
        return prediction.ended.is_set()

    def close(self) -> None:
        """Stop everything where it stands; nothing more is told."""
        if self._boot is not None:
            self._boot.cancel()
        for prediction in self._unfinished:
            _stop_timers(prediction)
        self._unfinished.clear()
        self._queue.clear()

    def _free(self) -> bool:
        capacity = self._weather().capacity
        return not capacity or self._taken < capacity

    def _begin_boot(self) -> None:
        weather = self._weather()
        boot = weather.cold_boot * weather.time_factor
        self._warm_at = self._clock.now() + boot
        if boot:
            # The loop may call a timer up to its resolution early; a millisecond more makes sure it is warm.
            self._boot = self._clock.call_later(boot + 0.001, self.admit)

    def _start(self, prediction: Prediction) -> None:
        prediction.status = "processing"
        prediction.started = self._clock.now()
        prediction.began.set()
        self._tell("started", prediction)
        self._after(prediction, prediction.runs, self._finish)

    def _finish(self, prediction: Prediction) -> None:
        answer = self._think(prediction)
        self._end(prediction, "succeeded" if answer.error is None else "failed")

    def _past_deadline(self, prediction: Prediction) -> None:
        self._end(prediction, "aborted" if prediction.started is None else "canceled")

    def _end(self, prediction: Prediction, status: str) -> None:
        prediction.status = status
        prediction.completed = self._clock.now()
        _stop_timers(prediction)
        self._unfinished.discard(prediction)
        self._taken -= prediction.holds_slot
        prediction.holds_slot = False
        prediction.pictures = []
        self._tell(status, prediction)
        prediction.began.set()
        prediction.ended.set()
        self.admit()

    def _after(self, prediction: Prediction, delay: float, act: Callable[[Prediction], None]) -> None:
        prediction.timers.append(self._clock.call_later(delay, act, prediction))


def _stop_timers(prediction: Prediction) -> None:
    for timer in prediction.timers:
        timer.cancel()
    prediction.timers.clear()
