"""All predictions that were ever bought here: each account sees its own, newest first, page by page."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from manyeyes.stand_in.prediction import Prediction
from manyeyes.stand_in.problems import Problem, not_found


@dataclass(frozen=True, slots=True)
class Page:
    """Some of an account's predictions, newest first, and the cursors of the pages beside it."""

    predictions: Sequence[Prediction]
    older: str | None
    newer: str | None


@dataclass(frozen=True, slots=True)
class Span:
    """Moments of creation, on the stand-in's clock: at or after `since`, before `until`."""

    since: float | None = None
    until: float | None = None


class Ledger:
    """Keeps predictions by id, by account, and by stream."""

    def __init__(self) -> None:
        self._by_id: dict[str, Prediction] = {}
        self._by_stream: dict[str, Prediction] = {}
        self._by_account: defaultdict[str, list[Prediction]] = defaultdict(list)

    def add(self, prediction: Prediction) -> None:
        """Number it and write it down."""
        own = self._by_account[prediction.account]
        prediction.number = len(own)
        own.append(prediction)
        self._by_id[prediction.id] = prediction
        self._by_stream[prediction.stream] = prediction

    def find(self, account: str, id_: str) -> Prediction:
        """The account's prediction `id_`. Raises `Problem` (404) where it has none."""
        prediction = self._by_id.get(id_)
        if prediction is None or prediction.account != account:
            raise not_found("prediction")
        return prediction

    def find_stream(self, stream: str) -> Prediction:
        """The prediction whose output this stream carries. Raises `Problem` (404)."""
        if stream not in self._by_stream:
            raise not_found("stream")
        return self._by_stream[stream]

    def page(self, account: str, size: int, cursor: str | None, span: Span) -> Page:
        """`size` predictions at most; without a cursor the newest. Raises `Problem` for a broken cursor."""
        own = self._by_account[account]
        low = 0 if span.since is None else bisect_left(own, span.since, key=attrgetter("created"))
        high = len(own) if span.until is None else bisect_left(own, span.until, key=attrgetter("created"))
        first, last = low, high
        if cursor is not None:
            direction, number = _read(cursor)
            if direction == "older":
                last = min(high, bisect_left(own, number, key=attrgetter("number")))
            else:
                first = max(low, bisect_right(own, number, key=attrgetter("number")))
                last = min(high, first + size)
        first = max(first, last - size)
        return Page(
            own[first:last][::-1],
            older=_write("older", own[first].number) if low < first < last else None,
            newer=_write("newer", own[last - 1].number) if first < last < high else None,
        )


def _write(direction: str, number: int) -> str:
    return base64.urlsafe_b64encode(f"{direction}={number}".encode()).decode()


def _read(cursor: str) -> tuple[str, int]:
    try:
        match = re.fullmatch(rb"(older|newer)=(\d+)", base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError):
        match = None
    if match is None:
        raise Problem(400, "Invalid cursor", "Bad request")
    return match[1].decode(), int(match[2])
