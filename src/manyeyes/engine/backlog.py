"""Pictures listed and not yet taken in hand: a queue that stays small in memory however long it is."""

from __future__ import annotations

import asyncio
import pickle
import tempfile
from collections import deque
from typing import IO

from manyeyes.model.image import ImageRef, Locator

#: Entries kept in memory at each end; what lies between is in a temporary file, block by block.
BLOCK = 1024


class Backlog:
    """First in, first out. Listing may run far ahead, so that the total is known early."""

    def __init__(self) -> None:
        self._head: deque[ImageRef] = deque()
        self._tail: list[ImageRef] = []
        self._blocks: deque[tuple[int, int]] = deque()
        self._file: IO[bytes] | None = None
        self._changed = asyncio.Event()
        self._closed = asyncio.Event()
        #: Pictures put in so far.
        self.count = 0

    def put(self, image: ImageRef) -> None:
        """Add a picture."""
        self.count += 1
        if not self._blocks and not self._tail and len(self._head) < 2 * BLOCK:
            self._head.append(image)
        else:
            self._tail.append(image)
            if len(self._tail) == BLOCK:
                self._spill()
        self._changed.set()

    def close(self) -> None:
        """Nothing more comes."""
        self._closed.set()
        self._changed.set()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more comes."""
        return self._closed.is_set()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take now."""
        return not self._head and not self._blocks and not self._tail

    async def wait_closed(self) -> None:
        """Wait until nothing more comes."""
        await self._closed.wait()

    async def take(self, most: int) -> list[ImageRef]:
        """The next pictures, at most so many; waits for the first, and is empty only at the end."""
        while not self._head and not self._refill() and not self._closed.is_set():
            self._changed.clear()
            await self._changed.wait()
        return [self._head.popleft() for _ in range(min(most, len(self._head)))]

    def discard(self) -> None:
        """Forget everything."""
        self._head.clear()
        self._tail.clear()
        self._blocks.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="manyeyes-")  # noqa: SIM115 - closed by discard
        start = self._file.seek(0, 2 if self._blocks else 0)
        # Only this process has the file open, and it has no name: what is read was written here.
        self._file.write(pickle.dumps([_row(image) for image in self._tail], pickle.HIGHEST_PROTOCOL))
        self._blocks.append((start, self._file.tell() - start))
        self._tail.clear()

    def _refill(self) -> bool:
        if self._blocks and self._file is not None:
            start, length = self._blocks.popleft()
            self._file.seek(start)
            rows = pickle.loads(self._file.read(length))  # noqa: S301 - see _spill
            self._head.extend(ImageRef(name, Locator(*place), *rest) for name, place, *rest in rows)
        elif self._tail:
            self._head.extend(self._tail)
            self._tail.clear()
        return bool(self._head)


def _row(image: ImageRef) -> tuple[object, ...]:
    """A picture as plain values, which take half the time to write that dataclasses take."""
    place = image.locator.path, image.locator.entry
    return image.name, place, image.version, image.size, image.pixels, image.format
