"""Width and height of a picture from its header, without decoding anything."""

from __future__ import annotations

from io import SEEK_SET
from typing import BinaryIO

import imagesize

#: Reads after which a header is given up: photographs take some ten, and hostile ones could take millions.
_MOST_READS = 500


class _Sparing:
    """A file that is read so many times and no more."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._reads = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises ValueError where there were too many reads."""
        self._reads += 1
        if self._reads > _MOST_READS:
            raise ValueError("the header does not end")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Go to a place; gives it back."""
        return self._file.seek(offset, whence)


def pixels(file: BinaryIO) -> tuple[int, int] | None:
    """Width and height of a picture, upright, from the start of `file` on; None where its header is not
    understood."""
    try:
        width, height = imagesize.get(_Sparing(file))
    except Exception:  # noqa: BLE001 - whatever is wrong with it is told when the picture is read
        return None
    return (width, height) if width > 0 and height > 0 else None
