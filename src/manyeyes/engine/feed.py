"""News of a run: events are folded into the latest progress, and passed to whoever listens."""

from __future__ import annotations

from collections.abc import Callable

from manyeyes.model.event import Ended, Event, GroupEnded, Listed, Skipped
from manyeyes.model.progress import Progress

#: Hears each event with the progress after it; must be quick, and must not raise.
Listener = Callable[[Event, Progress], None]


class Feed:
    """Holds the latest progress; tells each event to every listener, in order."""

    def __init__(self, listeners: tuple[Listener, ...], overall_range: tuple[float, float]) -> None:
        self.progress = Progress(overall_range=overall_range)
        self._listeners = listeners

    def tell(self, event: Event) -> None:
        """Something has happened, and is kept if it was to be kept."""
        self.progress = self.progress.after(event)
        for listener in self._listeners:
            listener(event, self.progress)


class Groups:
    """Counts pictures into groups of one size, and says when one is full.

    Where batches are cut by bytes, their sizes differ: then `close` says where one ends.
    """

    def __init__(self, feed: Feed, size: int, *, fixed: bool) -> None:
        self._feed = feed
        self._size = size
        self._fixed = fixed
        self._index = 0
        self._processed = 0

    def after(self, event: Event) -> None:
        """Tell of the group that this event completes, if it does."""
        match event:
            case Ended(at=at) if self._fixed and self._feed.progress.current % self._size == 0:
                self.close(at)
            case Ended(at=at) | Skipped(at=at) | Listed(at=at) if self._all_ended():
                self.close(at)

    def _all_ended(self) -> bool:
        progress = self._feed.progress
        return progress.current == progress.total

    def close(self, at: float) -> None:
        """A group ends here, unless nothing has ended since the last."""
        progress = self._feed.progress
        if progress.current == self._processed:
            return
        self._index += 1
        self._processed = progress.current
        of = None
        if self._fixed and progress.total is not None:
            of = -(-progress.total // self._size)
        self._feed.tell(GroupEnded(self._index, of, progress.current, progress.total, at))
