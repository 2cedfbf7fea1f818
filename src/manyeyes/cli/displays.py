"""Shows the progress of a run: as a bar, as plain lines, as JSON, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Literal, TextIO

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar

from manyeyes.cli.words import printable, size, span
from manyeyes.model.event import Ended, Event, RunEnded, RunStarted, Skipped, Waiting
from manyeyes.model.outcome import Failed
from manyeyes.model.progress import Progress
from manyeyes.portrait.failures import named

#: Columns from which everything has a place, and below which only the counts have.
WIDE, NARROW = 110, 60

Style = Literal["rich", "plain", "json", "none"]


class Display:
    """Shows no progress; whatever else is to be said goes to `out`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def hear(self, event: Event, progress: Progress) -> None:  # noqa: ARG002 - nothing of it is shown
        """An event has happened; what is passed over is named whatever is shown of the progress."""
        if isinstance(event, Skipped):
            self.say(f"Passed over {event.what.name}: {event.what.reason}")
        elif isinstance(event, Waiting):
            self.say(event.message)

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
    """Writes one JSON object after each picture, and nothing else."""

    def say(self, text: str) -> None:
        """Not even this: whoever reads the lines expects objects only."""

    def hear(self, event: Event, progress: Progress) -> None:
        """Write the progress when a picture has ended."""
        if isinstance(event, Ended):
            print(json.dumps(progress.as_json()), file=self._out, flush=True)


class PlainLines(Display):
    """Writes a line for each picture, for pipes and logs."""

    def hear(self, event: Event, progress: Progress) -> None:
        """Write what has happened."""
        match event:
            case RunStarted():
                self.say(progress.message)
            case Ended(outcome=Failed() as failed):
                self.say(f"{progress.message} failed: {named(failed)}")
            case Ended():
                self.say(progress.message)
            case Skipped(what=what):
                self.say(f"Passed over {what.name}: {what.reason}")
            case Waiting():
                self.say(event.message)
            case _:
                pass


class LiveBar(Display):
    """A bar with counts, rate, failures and time left, on a terminal."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(out)
        self._console = console = Console(file=out)
        self._bar = Bar(
            *([SpinnerColumn()] if console.width >= WIDE else []),
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(5, console.width // 5)),
            TextColumn("[bold]{task.fields[counts]}"),
            TextColumn("[dim]{task.fields[pace]}"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("Starting analysis...", total=None, counts="", pace="")

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
        self._above(_escaped(text))

    def hear(self, event: Event, progress: Progress) -> None:
        """Move the bar; name what failed or was passed over above it."""
        match event:
            case Ended(outcome=Failed() as failed):
                self._above(f"[red]failed:[/] {_escaped(named(failed))}")
            case Skipped(what=what):
                self._above(f"[dim]passed over {_escaped(what.name)}: {_escaped(what.reason)}[/]")
            case Waiting():
                self._above(f"[dim]{_escaped(event.message)}[/]")
            case RunEnded():
                return
            case _:
                pass
        self._bar.update(
            self._task,
            description=self._description(progress),
            total=progress.total,
            completed=progress.current,
            counts=_counts(progress),
            pace=_pace(progress, whole=self._console.width >= WIDE) if self._console.width >= NARROW else "",
        )

    def _description(self, progress: Progress) -> str:
        """The message, or where it would leave no place for the bar, its two numbers."""
        if self._console.width >= WIDE or progress.current == 0:
            return progress.message
        return f"{progress.current}/{'?' if progress.total is None else progress.total}"

    def _above(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)


def _escaped(text: str) -> str:
    return printable(text).replace("[", "\\[")


def _counts(progress: Progress) -> str:
    percentage = progress.percentage
    parts = [f"{percentage} %"] if percentage is not None else []
    parts += [f"{progress.reused} reused"] if progress.reused else []
    parts += [f"[red]{progress.failed} failed[/]"] if progress.failed else []
    return " · ".join(parts)


def _pace(progress: Progress, *, whole: bool) -> str:
    """The time left; on a wide terminal also the rate, and what is sent."""
    rate, eta, upload = progress.rate, progress.eta_seconds, progress.upload_rate
    parts = [f"about {span(eta)} left"] if eta is not None else []
    parts += [f"{rate:.2g} a second"] if whole and rate is not None else []
    parts += [f"{size(upload)} a second up"] if whole and upload is not None else []
    return " · ".join(parts)


DISPLAYS = {"rich": LiveBar, "plain": PlainLines, "json": JsonLines, "none": Display}


def open_display(style: Style, out: TextIO) -> Display:
    """The display of this style, on `out`."""
    return DISPLAYS[style](out)
