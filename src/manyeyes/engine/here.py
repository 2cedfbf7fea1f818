"""A run's pictures on this machine: read and prepared in threads, at most one decoder a core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from manyeyes.model.errors import ImageError, UnreadableImage
from manyeyes.model.image import ImageRef, Original, PreparedImage

T = TypeVar("T")


class Threads(Protocol):
    """Runs functions beside the event loop."""

    def run(self, function: Callable[..., T], /, *args: object) -> Awaitable[T]:
        """The result of `function(*args)`, worked out in a thread."""


class Here:
    """Prepares pictures in this machine's threads."""

    def __init__(
        self,
        read: Callable[[ImageRef], Original],
        prepare: Callable[[Original], PreparedImage],
        threads: Threads,
    ) -> None:
        self._read = read
        self._prepare = prepare
        self._threads = threads

    async def read(self, image: ImageRef) -> Original:
        """The picture's bytes and their hash."""
        return await self._threads.run(self._read, image)

    async def prepare(self, original: Original) -> PreparedImage:
        """What is sent. A fault of ours at one picture is that picture's failure, not the run's end."""
        try:
            return await self._threads.run(self._prepare, original)
        except ImageError:
            raise
        except Exception as error:
            name = original.ref.name
            raise UnreadableImage(
                f"{name!r} cannot be prepared, by a fault of ours ({error!r}): please report it"
            ) from error
