"""What happens to a file that arrived: told apart, checked, hashed, and moved into its portfolio's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from manyeyes.intake.safety import Caps
from manyeyes.model.arrival import Arrival, Held

#: Raises ImageError where the bytes of the picture of that name cannot be decoded.
Check = Callable[[str, bytes], None]


class Arrivals:
    """Takes files into one folder. All of it blocks; may be used from several threads."""

    def __init__(self, folder: Path, check: Check, held: Held, caps: Caps) -> None:
        """`held` tells whether a SHA-256 is in the portfolio already, and under which name."""

    def take(self, file: Path, name: str) -> Iterator[Arrival]:
        """Take a file called `name`, a picture or a ZIP of pictures; `file` itself is gone afterwards.

        One value for each picture, and one for each thing that is not taken. Closed midway, what was taken
        stays taken, and nothing half-written is left.
        """
        raise NotImplementedError


def place_for(folder: Path) -> Path:
    """A path in `folder` for something that is still arriving; listing leaves it out, and `sweep` knows it."""
    raise NotImplementedError


def sweep(folder: Path) -> int:
    """Remove what was arriving in `folder`, or below it, when its process ended; how many files that were.

    For the start, when nothing arrives there.
    """
    raise NotImplementedError
