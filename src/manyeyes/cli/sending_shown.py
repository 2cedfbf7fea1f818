"""Shows how far an upload is: as a bar, as plain lines, or not at all."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar

from manyeyes.cli.displays import Style
from manyeyes.cli.words import size
from manyeyes.remote.sending import Sent


class Quiet:
    """Shows nothing."""

    def shown(self) -> AbstractContextManager[object]:
        """For as long as the upload lasts."""
        return nullcontext()

    def hear(self, sent: Sent) -> None:
        """The upload is so far."""


class PlainTenths(Quiet):
    """Writes a line for each tenth of the bytes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._tenths = 0

    def hear(self, sent: Sent) -> None:
        """Write a line where another tenth has passed."""
        # What stands around the pictures passes too.
        tenths = min(10, 10 * sent.passed // sent.size) if sent.size else 0
        if tenths > self._tenths:
            self._tenths = tenths
            print(_said(sent), file=self._out, flush=True)


class SendingBar(Quiet):
    """A bar with pictures and bytes, on a terminal."""

    def __init__(self, out: TextIO) -> None:
        console = Console(file=out)
        bar = BarColumn(max(5, console.width // 6))
        self._bar = Bar(
            SpinnerColumn(), TextColumn("{task.description}"), bar, console=console, transient=True
        )
        self._task = self._bar.add_task("Uploading...", total=None)

    def shown(self) -> AbstractContextManager[object]:
        """The bar stands while the upload lasts."""
        return self._bar

    def hear(self, sent: Sent) -> None:
        """Move the bar."""
        self._bar.update(
            self._task,
            description=_said(sent),
            total=max(1, sent.size),
            completed=min(sent.passed, sent.size),
        )


def _said(sent: Sent) -> str:
    passed = min(sent.passed, sent.size)
    return f"Uploading {size(passed)} of {size(sent.size)}..."


def open_sending(style: Style, out: TextIO) -> Quiet:
    """What shows an upload in this style, on `out`."""
    return {"rich": SendingBar, "plain": PlainTenths}[style](out) if style in ("rich", "plain") else Quiet()
