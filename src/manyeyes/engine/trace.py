"""The course of a run: what its calls came to, span by span, in so many spans however long it is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from manyeyes.model.vitals import POINTS, Point

#: Seconds of a span, to begin with. All are doubled whenever there are too many.
WIDTH = 1.0

#: Of one span: calls that ended, errors and answers among them, seconds that the answered ones took, seconds
#: of all calls in flight, and the limit at its end.
Span = tuple[int, int, int, float, float, int]


class Trace:
    """Folds calls into spans as they come and go. Each call costs the same, and no timer is needed."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._spans: list[Span] = []
        self._width = self._ends = WIDTH
        self._at = 0.0
        self._calls = self._errors = self._answered = 0
        self._seconds = self._in_flight = 0.0

    def go_on(self, elapsed: float, in_flight: int) -> None:
        """From the last time on until `elapsed`, so many calls were in flight."""
        if elapsed < self._at:
            # Whoever got its turn while others ended is heard of after them.
            return
        while elapsed >= self._ends:
            self._in_flight += in_flight * (self._ends - self._at)
            self._at = self._ends
            self._close()
        self._in_flight += in_flight * (elapsed - self._at)
        self._at = elapsed

    def ended(self, seconds: float | None) -> None:
        """A call ends now, answered after so many seconds, or None in an error."""
        self._calls += 1
        if seconds is None:
            self._errors += 1
        else:
            self._answered += 1
            self._seconds += seconds

    @property
    def call_seconds(self) -> float:
        """Seconds that all calls have been in flight until then, taken together."""
        return sum(span[4] for span in self._spans) + self._in_flight

    def points(self, *, whole: bool) -> tuple[Point, ...]:
        """What it comes to; `whole` also tells of a span that has just begun.

        A few calls in no time would make a rate that never was: such a span counts to the one before.
        """
        begins, spans = self._ends - self._width, self._spans
        ends = [(index + 1) * self._width for index in range(len(spans))]
        lasts = self._at - begins
        if lasts >= self._width / 2 or (lasts > 0 and not spans):
            spans, ends = [*spans, self._open()], [*ends, self._at]
        elif whole and spans:
            spans, ends = [*spans[:-1], _together(spans[-1], self._open())], [*ends[:-1], self._at]
        return tuple(map(_point, spans, pairwise([0.0, *ends])))

    def _open(self) -> Span:
        return self._calls, self._errors, self._answered, self._seconds, self._in_flight, self._limit()

    def _close(self) -> None:
        self._spans.append(self._open())
        self._calls = self._errors = self._answered = 0
        self._seconds = self._in_flight = 0.0
        if len(self._spans) == POINTS:
            pairs = zip(self._spans[::2], self._spans[1::2], strict=True)
            self._spans = [_together(before, after) for before, after in pairs]
            self._width *= 2
        self._ends = (len(self._spans) + 1) * self._width


def _together(before: Span, after: Span) -> Span:
    calls, errors, answered = before[0] + after[0], before[1] + after[1], before[2] + after[2]
    return calls, errors, answered, before[3] + after[3], before[4] + after[4], after[5]


def _point(span: Span, bounds: tuple[float, float]) -> Point:
    start, end = bounds
    calls, errors, answered, seconds, in_flight, limit = span
    return Point(
        end,
        calls / (end - start),
        errors / calls if calls else None,
        in_flight / (end - start),
        limit,
        seconds / answered if answered else None,
    )
