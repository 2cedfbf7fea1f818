"""News of a run: events are folded into the latest progress, and passed to whoever listens."""

from __future__ import annotations

from collections.abc import Callable

from manyeyes.model.event import Event, GroupEnded
from manyeyes.model.progress import Progress

#: Hears each event with the progress after it; must be quick.
Listener = Callable[[Event, Progress], None]


class Feed:
    """Holds the latest progress; tells each event to every listener, in order.

    A listener that raises ends the telling, not the run: what was paid for is still saved. `on_fault`
    hears of it, once.
    """

    def __init__(
        self,
        listeners: tuple[Listener, ...],
        overall_range: tuple[float, float],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self.progress = Progress(overall_range=overall_range)
        self._listeners = listeners
        self._on_fault = on_fault

    def tell(self, event: Event) -> None:
        """Something has happened, and is kept if it was to be kept."""
        self.progress = self.progress.after(event)
        try:
            for listener in self._listeners:
                listener(event, self.progress)
        except Exception as error:  # noqa: BLE001 - a listener is anyone's code
            self._listeners = ()
            self._on_fault(error)


class Groups:
    """Counts pictures into groups of one size, and says when one is full.

    Where batches are cut by bytes, their sizes differ: then `size` is None, and `close` is called when a
    batch has ended.
    """

    def __init__(self, feed: Feed, size: int | None) -> None:
        self._feed = feed
        self._size = size
        self._index = 0
        self._processed = 0

    def count(self) -> None:
        """A picture has ended, or the total has become known: that may complete a group."""
        progress = self._feed.progress
        full = self._size is not None and progress.current - self._processed == self._size
        if full or progress.current == progress.total:
            self.close()

    def close(self) -> None:
        """A group ends here, unless nothing has ended since the last."""
        progress = self._feed.progress
        if progress.current == self._processed:
            return
        self._index += 1
        self._processed = progress.current
        of = None
        if self._size is not None and progress.total is not None:
            of = -(-progress.total // self._size)
        self._feed.tell(GroupEnded(self._index, of, progress.current, progress.total, progress.at))
