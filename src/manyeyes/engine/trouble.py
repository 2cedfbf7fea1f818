"""Notices early that nearly every call fails for the same reason, before the portfolio is burnt."""

from __future__ import annotations

from collections import Counter

from manyeyes.engine.job import HELD, Again, Settled, Step
from manyeyes.model.errors import RateLimited, Refused
from manyeyes.model.outcome import Answer, NoAnswer

#: Of the first calls of a run …
FIRST_CALLS = 20
#: … so many that fail for one reason make trouble.
FAILURES = 10


class FirstCalls:
    """Counts how the first calls of a run ended.

    Pictures at fault do not count, nor does a provider that only asks to go slower.
    """

    def __init__(self) -> None:
        self._seen = 0
        #: Some call has been answered.
        self.answered = False
        self._reasons: Counter[str] = Counter()

    def after(self, step: Step) -> str | None:
        """Take note of a call; says what the trouble is when this one makes it."""
        self.answered = self.answered or (isinstance(step, Settled) and isinstance(step.end, Answer))
        if self._seen == FIRST_CALLS:
            return None
        self._seen += 1
        why, message = _fault(step)
        if why is None:
            return None
        self._reasons[why] += 1
        if self._reasons[why] != FAILURES:
            return None
        return f"{FAILURES} of the first {FIRST_CALLS} calls failed for one reason, lastly: {message}"


def _fault(step: Step) -> tuple[str | None, str]:
    """The kind of failure that is the provider's or the settings' fault, and what was said of it."""
    match step:
        case Again(why=why, message=message) if why not in (RateLimited.kind, HELD):
            return why, message
        case Settled(end=NoAnswer(kind=kind, message=message)) if kind != Refused.kind:
            return kind, message
    return None, ""
