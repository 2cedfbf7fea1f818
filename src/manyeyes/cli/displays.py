"""Shows the progress of a run: as a bar, as plain lines, as JSON, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, TextIO

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from manyeyes.cli.words import between, printable, roughly, size
from manyeyes.model.event import (
    Ended,
    Event,
    Paused,
    ProviderBack,
    ProviderDown,
    Resumed,
    RunEnded,
    RunStarted,
    Skipped,
    Waiting,
)
from manyeyes.model.progress import Progress
from manyeyes.portrait.failures import named

Style = Literal["rich", "plain", "json", "none"]

#: Columns from which `Starting analysis...` has a place.
ROOMY = 40
#: Between the parts of the bar's line.
_JOINT = " · "


class Display:
    """Shows no progress; whatever else is to be said goes to `out`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def hear(self, event: Event, progress: Progress) -> None:  # noqa: ARG002 - nothing of it is shown
        """An event has happened; what is passed over is named whatever is shown of the progress."""
        if isinstance(event, Skipped):
            self.say(f"Passed over {event.what.name}: {event.what.reason}")
        elif isinstance(event, Waiting | ProviderDown | ProviderBack | Paused | Resumed):
            self.say(event.message)

    def show(self, progress: Progress) -> None:
        """A picture has ended, and so does the run stand; perhaps others have ended before, untold."""

    def shown(self) -> AbstractContextManager[object]:
        """For as long as the run lasts."""
        return nullcontext()

    def paused(self) -> AbstractContextManager[object]:
        """While a person is asked something."""
        return nullcontext()

    def say(self, text: str) -> None:
        """A line beside the progress."""
        print(printable(text), file=self._out, flush=True)


class JsonLines(Display):
    """Writes one JSON object after each picture and each pause, and nothing else."""

    def say(self, text: str) -> None:
        """Not even this: whoever reads the lines expects objects only."""

    def hear(self, event: Event, progress: Progress) -> None:
        """Write the progress when a picture has ended, and when the run is paused or goes on."""
        if isinstance(event, Ended | Paused | Resumed):
            self.show(progress)

    def show(self, progress: Progress) -> None:
        """Write it."""
        print(json.dumps(progress.as_json()), file=self._out, flush=True)


class PlainLines(Display):
    """Writes a line for each picture, for pipes and logs."""

    def hear(self, event: Event, progress: Progress) -> None:
        """Write what has happened."""
        match event:
            case RunStarted():
                self.say(progress.message)
            case Ended():
                self.show(progress)
            case Skipped(what=what):
                self.say(f"Passed over {what.name}: {what.reason}")
            case Waiting() | ProviderDown() | ProviderBack() | Paused() | Resumed():
                self.say(event.message)
            case _:
                pass

    def show(self, progress: Progress) -> None:
        """Write where the run stands, and what was wrong with the picture that has just ended."""
        wrong = _wrong(progress)
        self.say(progress.message if wrong is None else f"{progress.message} failed: {wrong}")


class LiveBar(Display):
    """A bar with counts, rate, failures and time left, on a terminal of any width."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(out)
        self._console = console = Console(file=out)
        self._column = BarColumn(_bar_width(console.width))
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            self._column,
            TextColumn("{task.fields[rest]}"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("Starting analysis...", total=None, rest="")

    def shown(self) -> AbstractContextManager[object]:
        """The bar stands while the run lasts and then makes room for the closing line."""
        return self._bar

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Without the bar, which would write over the question."""
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._above(Text(printable(text)))

    def hear(self, event: Event, progress: Progress) -> None:
        """Move the bar; name what failed or was passed over above it."""
        match event:
            case Ended():
                self.show(progress)
                return
            case Skipped(what=what):
                self._above(Text(printable(f"passed over {what.name}: {what.reason}"), "dim"))
            case Waiting() | ProviderDown() | ProviderBack() | Paused() | Resumed():
                self._above(Text(printable(event.message), "dim"))
            case RunEnded():
                return
            case _:
                pass
        self._move(progress)

    def show(self, progress: Progress) -> None:
        """Move the bar, and name what failed above it."""
        if (wrong := _wrong(progress)) is not None:
            self._above(Text.assemble(("failed: ", "red"), printable(wrong)))
        self._move(progress)

    def _move(self, progress: Progress) -> None:
        # The terminal may have another width by now.
        description, self._column.bar_width, rest = bar_line(progress, self._console.width)
        self._bar.update(
            self._task, description=description, total=progress.total, completed=progress.current, rest=rest
        )

    def _above(self, text: Text) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)


def _wrong(progress: Progress) -> str | None:
    """What was wrong with the picture that ended last; None where nothing was."""
    return None if progress.error is None else named(progress.current_image or "", progress.error)


def bar_line(progress: Progress, width: int) -> tuple[str, int, str]:
    """What stands before the bar, the bar's columns, and what stands behind it as rich markup.

    With the spinner they fit on one line of `width` columns, from 24 up; the least telling is left out.
    """
    description, bar = _description(progress, width), _bar_width(width)
    # The spinner takes one column, and so do the three gaps between the four.
    return description, bar, _rest(progress, width - len(description) - bar - 4)


def _bar_width(width: int) -> int:
    return max(5, width // 6)


def _description(progress: Progress, width: int) -> str:
    """The message, or its two numbers where it would leave no place for the time left.

    It is as long at the start of a run as at its end, so that what stands beside it stays where it is.
    """
    total = "?" if progress.total is None else str(progress.total)
    longest = (
        len(progress.message) if progress.total is None else len(f"Analyzing image {total} of {total}...")
    )
    if longest <= width * 7 // 20:
        return progress.message.ljust(longest)
    if progress.current == 0 and width >= ROOMY:
        return progress.message
    return f"{progress.current:>{len(total)}}/{total}"


@dataclass(frozen=True, slots=True)
class _Part:
    """Something that is said behind the bar: what, how it looks, and how much it matters."""

    words: str | None
    style: str
    weight: float
    #: Between it and what stands before it.
    joint: str = _JOINT


def _rest(progress: Progress, room: int) -> str:
    """What else is known, as much of it as `room` columns hold: the least telling goes first."""
    percentage, rate, upload = progress.percentage, progress.rate, progress.upload_rate
    parts = [
        _Part(None if percentage is None else f"{percentage:>2} %", "bold", 6),
        _Part(f"{progress.reused} reused" if progress.reused else None, "bold", 3),
        _Part(f"{progress.failed} failed" if progress.failed else None, "bold red", 5),
        _Part(_time_left(progress), "dim", 4),
        _Part(_interval(progress), "dim", 2.5, joint=" "),
        _Part(None if rate is None else f"{rate:.2g} a second", "dim", 2),
        _Part(None if upload is None else f"{size(upload)} a second up", "dim", 1),
        _Part("paused" if progress.paused else None, "bold yellow", 7),
        _Part(f"held by {progress.binds}" if progress.binds and not progress.paused else None, "dim", 0),
    ]
    said = [part for part in parts if part.words is not None]
    while said and sum(len(f"{part.joint}{part.words}") for part in said) - len(said[0].joint) > room:
        said.remove(min(said, key=attrgetter("weight")))
    marked = [f"{part.joint}[{part.style}]{part.words}[/]" for part in said]
    return "".join(marked)[len(said[0].joint) :] if said else ""


def _time_left(progress: Progress) -> str | None:
    """How long it will take; None before anything is known of it, or of when the provider is back."""
    eta = progress.eta_seconds
    if eta is not None:
        return f"about {roughly(eta)} left" if progress.current != progress.total else None
    knows_not_when = progress.binds == "down" or progress.paused
    calibrates = progress.current and progress.total is not None and not knows_not_when
    return "calibrating…" if calibrates and not progress.finished else None


def _interval(progress: Progress) -> str | None:
    told = progress.eta_interval
    if told is None or progress.current == progress.total:
        return None
    return f"({said})" if (said := between(*told)) else None


DISPLAYS = {"rich": LiveBar, "plain": PlainLines, "json": JsonLines, "none": Display}


def open_display(style: Style, out: TextIO) -> Display:
    """The display of this style, on `out`."""
    return DISPLAYS[style](out)
