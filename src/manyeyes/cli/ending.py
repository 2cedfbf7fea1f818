"""What a run leaves on the command line when it has ended: results, closing lines, an exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from manyeyes.cli.closing import closing_line, counts, failure_lines
from manyeyes.cli.codes import ALL_ANALYZED, SOME_FAILED, STOPPED, WAS_INTERRUPTED
from manyeyes.cli.displays import Style
from manyeyes.cli.faults import reason
from manyeyes.cli.reading import SHORT
from manyeyes.cli.records import Records
from manyeyes.cli.summary import say_summary
from manyeyes.engine.run import INTERRUPTED
from manyeyes.model.progress import Progress
from manyeyes.portrait.export import part_of
from manyeyes.store.reports import RunSummary

NOTHING: Mapping[str, object] = {}


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


async def close(
    records: Records,
    run: str,
    progress: Progress,
    manner: Manner,
    where: str = "",
    more: Mapping[str, object] = NOTHING,
) -> int:
    """Write the results and say how the run has ended; the exit code.

    `where` ends the commands that are named: ` --server …` for a run at a server. `more` joins the object
    that `--json` prints.
    """
    summary = await records.run(run)
    if manner.out is not None:
        await _write_results(records, summary, progress, manner.out)
    if manner.progress != "json":
        for line in (closing_line(progress), *failure_lines(await records.causes(summary))):
            typer.echo(line, err=True)
    try:
        if manner.json:
            typer.echo(json.dumps({**counts(run, progress), **more}))
        else:
            await say_summary(records.pages(summary), run, progress, where)
    except OSError as error:
        typer.echo(f"manyeyes: {_output_lost(run, progress, error, where)}", err=True)
        return STOPPED
    return exit_code(progress)


def _output_lost(run: str, progress: Progress, error: OSError, where: str) -> str:
    """That the run is not lost with what was to be printed of it."""
    whole = (
        "complete and kept" if progress.finished and progress.stopped is None else "kept as far as it came"
    )
    return (
        f"the run is {whole}, but what it came to could not be printed ({reason(error)}): "
        f"`manyeyes show {run[:SHORT]}{where}` shows it"
    )


async def _write_results(records: Records, run: RunSummary, progress: Progress, out: Path) -> None:
    """Write the results; those of a run that stopped do not take the place of whole ones."""
    whole = progress.stopped is None and progress.finished
    await records.write(run, out, whole=whole)
    if not whole:
        typer.echo(f"What there is so far stands in {part_of(out)}; {out} is left as it was.", err=True)


def exit_code(progress: Progress) -> int:
    """How a run ended, for whoever called the command."""
    if not progress.finished or progress.stopped == INTERRUPTED:
        return WAS_INTERRUPTED
    if progress.stopped is not None:
        return STOPPED
    return SOME_FAILED if progress.failed else ALL_ANALYZED


def nothing_found(label: str, passed_over: int) -> str:
    """That sources which go by `label` hold no picture, and what to do."""
    others = f" ({passed_over} other files were passed over)" if passed_over else ""
    return (
        f"no pictures in {label!r}{others}: name a folder, a ZIP or files that "
        "hold JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP pictures"
    )
