"""Pictures that are only numbers: a portfolio for virtual time, listed and prepared without I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from math import isqrt

from manyeyes.model.image import ImageRef, Locator, Original, PassedOver, PreparedImage


@dataclass(frozen=True, slots=True)
class Numbered:
    """A portfolio of `count` pictures, `image-1.jpg` and so on, `size` bytes each or as given one by one."""

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
            yield ImageRef(name, Locator(name), "1", size)


class Inline:
    """Prepares numbered pictures in no time: the bytes are empty, the hash is the number."""

    async def read(self, image: ImageRef) -> Original:
        """No bytes, and a hash of its own for each name."""
        return Original(image, b"", f"{int(image.name[6:-4]):064x}")

    async def prepare(self, original: Original) -> PreparedImage:
        """What it would be, without being it: two megabytes are 4000 × 3000 pixels, others in proportion."""
        edge = isqrt(original.ref.size // 2)
        return PreparedImage(original.ref, original.sha256, b"", "jpeg", 768, 576, 4 * edge, 3 * edge)
