"""Streams that may stop taking what is said, which is no reason to stop the work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO


class Steady:
    """A text stream that falls silent where it cannot be written: its reader is gone, or its disk is full.

    In everything else it is the stream it stands for.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        #: Why it fell silent; None while it takes all that is said.
        self.fault: OSError | None = None

    def write(self, text: str) -> int:
        """Write it, or act as if it were written."""
        if not isinstance(text, str):
            # By this others tell it from a stream of bytes.
            raise TypeError(f"text, not {type(text).__name__}")
        self._carry_out(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Bring it out, unless it has fallen silent."""
        self._carry_out(self._stream.flush)

    def _carry_out(self, act: Callable[[], object]) -> None:
        if self.fault is None:
            try:
                act()
            except OSError as error:
                self.fault = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def open_streams() -> None:
    """Where a stream was closed before the start, what is said on it goes nowhere.

    The next file that is opened, the store perhaps, would get its number, and be written into.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Open until the end, as the stream would have been.
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115


def let_go(stream: TextIO) -> None:
    """Give up what a stream still holds and cannot bring out: Python would complain of it at its end."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError), Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
