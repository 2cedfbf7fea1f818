"""A run on the command line: shown while it lasts, and summed up when it has ended."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from manyeyes.assemble import Assembly
from manyeyes.cli.asking import Question
from manyeyes.cli.closing import closing_line, counts, failure_lines
from manyeyes.cli.codes import ALL_ANALYZED, SOME_FAILED, STOPPED, WAS_INTERRUPTED
from manyeyes.cli.displays import Display, Style, open_display
from manyeyes.cli.faults import reason
from manyeyes.cli.interrupts import Interrupts
from manyeyes.cli.reading import SHORT
from manyeyes.cli.summary import say_summary
from manyeyes.cli.words import printable
from manyeyes.engine.feed import Listener
from manyeyes.engine.run import INTERRUPTED, Run
from manyeyes.model.errors import SettingsError
from manyeyes.model.progress import Progress
from manyeyes.portrait.export import part_of, write_out
from manyeyes.portrait.failures import causes_of
from manyeyes.store.reports import pages
from manyeyes.store.sql import SqlStore


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run shows itself and what it leaves."""

    progress: Style
    json: bool
    out: Path | None
    yes: bool
    dry_run: bool
    #: Where on this machine the run can be watched by Prometheus; None for nowhere.
    metrics_port: int | None = None


def someone_is_there() -> bool:
    """Whether someone is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def run_shown(assembly: Assembly, store: SqlStore, manner: Manner, logs: tuple[Listener, ...]) -> int:
    """Carry out a run and show it; the exit code."""
    display = open_display(manner.progress, sys.stderr)
    question = Question()
    consent = partial(_asked_to_go_on, display, question) if someone_is_there() else None
    run = Run(assembly.parts, assembly.plan, listeners=(*logs, display.hear), consent=consent)
    with display.shown():
        async with run:
            with _interrupts(run, display, question).heard():
                await _wait_ended(run)
    return await _close(assembly, store, manner, run)


async def _wait_ended(run: Run) -> None:
    with suppress(asyncio.CancelledError):
        await run.wait()


def _interrupts(run: Run, display: Display, question: Question) -> Interrupts:
    def first() -> None:
        run.stop(INTERRUPTED)
        question.withdraw()
        display.say("Stopping: what is in flight is finished and saved. Ctrl-C again ends at once.")

    return Interrupts(first, run.end_now)


async def _asked_to_go_on(display: Display, question: Question, trouble: str) -> bool:
    with display.paused():
        return await question.ask(f"{printable(trouble)}\nGo on all the same?")


async def _close(assembly: Assembly, store: SqlStore, manner: Manner, run: Run) -> int:
    progress = run.progress
    if not progress.total and progress.stopped is None and progress.finished:
        raise SettingsError(_nothing_found(assembly, progress))
    if manner.out is not None:
        await _write_results(store, run, manner.out)
    if manner.progress != "json":
        for line in (closing_line(progress), *failure_lines(await causes_of(pages(store, run.id)))):
            typer.echo(line, err=True)
    try:
        if manner.json:
            typer.echo(json.dumps(counts(run.id, progress)))
        else:
            await say_summary(store, run.id, progress)
    except OSError as error:
        typer.echo(f"manyeyes: {_output_lost(run.id, progress, error)}", err=True)
        return STOPPED
    return _exit_code(progress)


def _output_lost(run: str, progress: Progress, error: OSError) -> str:
    """That the run is not lost with what was to be printed of it."""
    whole = (
        "complete and kept" if progress.finished and progress.stopped is None else "kept as far as it came"
    )
    return (
        f"the run is {whole}, but what it came to could not be printed ({reason(error)}): "
        f"`manyeyes show {run[:SHORT]}` shows it"
    )


async def _write_results(store: SqlStore, run: Run, out: Path) -> None:
    """Write the results; those of a run that stopped do not take the place of whole ones."""
    if run.progress.stopped is None and run.progress.finished:
        await write_out(pages(store, run.id), out)
    else:
        await write_out(pages(store, run.id), out, whole=False)
        typer.echo(f"What there is so far stands in {part_of(out)}; {out} is left as it was.", err=True)


def _exit_code(progress: Progress) -> int:
    if not progress.finished or progress.stopped == INTERRUPTED:
        return WAS_INTERRUPTED
    if progress.stopped is not None:
        return STOPPED
    return SOME_FAILED if progress.failed else ALL_ANALYZED


def _nothing_found(assembly: Assembly, progress: Progress) -> str:
    others = f" ({progress.passed_over} other files were passed over)" if progress.passed_over else ""
    return (
        f"no pictures in {assembly.parts.source.label!r}{others}: name a folder, a ZIP or files that "
        "hold JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP pictures"
    )
