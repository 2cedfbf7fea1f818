"""A run on the command line: shown while it lasts, and summed up when it has ended."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from functools import partial

from manyeyes.assemble import Assembly
from manyeyes.cli.asking import Question
from manyeyes.cli.displays import Display, open_display
from manyeyes.cli.ending import Manner, close, nothing_found
from manyeyes.cli.interrupts import Interrupts
from manyeyes.cli.records import StoredRecords
from manyeyes.cli.words import printable
from manyeyes.engine.feed import Listener
from manyeyes.engine.run import INTERRUPTED, Run
from manyeyes.model.errors import SettingsError
from manyeyes.model.progress import Progress
from manyeyes.store.sql import SqlStore


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
    return await close(StoredRecords(store), run.id, progress, manner)


def _nothing_found(assembly: Assembly, progress: Progress) -> str:
    return nothing_found(assembly.parts.source.label, progress.passed_over)
