"""How far a benchmark is: one bar over all its trials, or a line for each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from manyeyes.cli.words import span
from manyeyes.lab.bench import Measured, Way

#: Calls at once that a rule is thought to come to, to foretell how long it takes.
_GUESSED = 10


class Lines:
    """A line for each trial that has ended, for pipes and logs."""

    def __init__(self, out: TextIO, ways: Sequence[Way], images: int) -> None:
        self._out = out
        self._ways = ways
        self._images = images
        self._done = 0

    @contextmanager
    def shown(self) -> Iterator[None]:
        """For as long as the trials last."""
        yield

    def say(self, words: str) -> None:
        """A line beside the progress."""
        print(words, file=self._out, flush=True)

    def moved(self, way: Way, current: int) -> None:
        """So many pictures of this trial have ended."""

    def ended(self, measured: Measured) -> None:
        """A trial has ended."""
        self._done += 1
        self.say(f"{self._done} of {len(self._ways)}: {measured.way.name} took {measured.seconds:.2f} s")


class Bar(Lines):
    """One bar that moves as evenly as can be foretold, and the time that is left."""

    def __init__(self, out: TextIO, ways: Sequence[Way], images: int) -> None:
        super().__init__(out, ways, images)
        console = Console(file=out)
        self._began = time.monotonic()
        self._behind = 0.0
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(5, console.width // 4)),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("Starting...", total=sum(map(_share, ways)), left="")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The bar stands while the trials last, and then makes room for the table."""
        with self._bar:
            yield

    def say(self, words: str) -> None:
        """A line above the bar."""
        self._bar.console.print(escape(words), highlight=False, soft_wrap=True)

    def moved(self, way: Way, current: int) -> None:
        """Move the bar."""
        if current == 0 and not self._done:
            self._began = time.monotonic()
        done = self._behind + _share(way) * current / self._images
        took, total = time.monotonic() - self._began, sum(map(_share, self._ways))
        left = f"about {span(took * (total - done) / done)} left" if done > total / 20 else ""
        at = f"{way.name} ({self._done + 1} of {len(self._ways)})"
        widest = max(len(each.name) for each in self._ways) + len(" (9 of 9)")
        self._bar.update(self._task, description=at.ljust(widest), completed=done, left=left)

    def ended(self, measured: Measured) -> None:
        """Its share of the bar is full."""
        self._done += 1
        self._behind += _share(measured.way)


def _share(way: Way) -> float:
    """What a trial takes of all, in units of one after another."""
    return 1 / (way.calls if isinstance(way.calls, int) else _GUESSED)


def open_bar(out: TextIO, ways: Sequence[Way], images: int) -> Lines:
    """A bar on a terminal, else lines."""
    return (Bar if out.isatty() else Lines)(out, ways, images)
