"""Notices early that nearly every call fails for the same reason, before the portfolio is burnt."""

from __future__ import annotations

from collections import Counter

#: Of the first calls of a run …
FIRST_CALLS = 20
#: … so many that fail for one reason make trouble.
FAILURES = 10


class FirstCalls:
    """Counts how the first calls of a run ended. Pictures at fault and named waits do not count."""

    def __init__(self) -> None:
        self._seen = 0
        self._reasons: Counter[str] = Counter()

    def trouble(self, why: str | None) -> str | None:
        """Take note of a call that failed for this reason (None: it did not fail); the reason that has
        become too frequent just now, if one has."""
        self._seen += 1
        if why is None or self._seen > FIRST_CALLS:
            return None
        self._reasons[why] += 1
        return why if self._reasons[why] == FAILURES else None
