"""Pictures that are only numbers: a portfolio for virtual time, listed and prepared without I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from math import isqrt

from manyeyes.model.image import ImageRef, Locator, Original, PassedOver, PreparedImage


@dataclass(frozen=True, slots=True)
class Numbered:
    """A portfolio of `count` pictures, `image-1.jpg` and so on, `size` bytes each or as given one by one.

    Two megabytes are 4000 × 3000 pixels, others in proportion.
    """

    count: int
    size: int | Sequence[int] = 2_000_000

    @property
    def identity(self) -> tuple[str, ...]:
        """The same count, the same portfolio."""
        return (f"numbered:{self.count}",)

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.count} numbered pictures"

    async def list(self) -> AsyncIterator[ImageRef | PassedOver]:
        """All of them, at once."""
        for index in range(self.count):
            name = f"image-{index + 1}.jpg"
            size = self.size if isinstance(self.size, int) else self.size[index]
            edge = isqrt(size // 2)
            yield ImageRef(name, Locator(name), "1", size, (4 * edge, 3 * edge))


class Inline:
    """Prepares numbered pictures in no time: nothing is shrunk, and the hash is the number.

    The bytes are empty, unless `keeps_bytes`: then there are as many as were listed, all zero.
    """

    def __init__(self, *, keeps_bytes: bool = False) -> None:
        self._keeps_bytes = keeps_bytes

    async def read(self, image: ImageRef) -> Original:
        """No bytes, and a hash of its own for each name."""
        return Original(image, b"", f"{int(image.name[6:-4]):064x}")

    async def prepare(self, original: Original) -> PreparedImage:
        """What it would be, without being it."""
        ref = original.ref
        width, height = ref.pixels or (0, 0)
        data = bytes(ref.size) if self._keeps_bytes else b""
        return PreparedImage(ref, original.sha256, data, "jpeg", width, height, width, height)
