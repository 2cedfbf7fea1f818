"""`manyeyes analyze`: analyze the pictures in folders, files and ZIPs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from manyeyes.assemble import Wish, assembled, open_store
from manyeyes.cli.before import agreed, say_preview
from manyeyes.cli.displays import Style
from manyeyes.cli.log import run_log
from manyeyes.cli.running import ALL_ANALYZED, STOPPED, Manner, is_terminal, run_shown
from manyeyes.portrait.export import check_out
from manyeyes.settings import Preset, Settings, Strategy, read_settings


def command(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Folders, pictures and ZIPs, several at once.")
    ],
    analyzer: Annotated[
        str | None, typer.Option(help="Who looks at the pictures: local, replicate, modelled.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="One of the analyzer's models.")] = None,
    concurrency: Annotated[str | None, typer.Option(help="Calls at once.", metavar="N")] = None,
    strategy: Annotated[
        Strategy | None, typer.Option(help="How pictures follow each other; continuous is fastest.")
    ] = None,
    preset: Annotated[
        Preset | None, typer.Option(help="Calls at once by use or by the portfolio's size.")
    ] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Pictures of a batch, or auto: as many as fit the memory budget.")
    ] = None,
    rpm: Annotated[str | None, typer.Option(help="Calls a minute that the account allows.")] = None,
    burst: Annotated[str | None, typer.Option(help="Calls that may start at once under --rpm.")] = None,
    memory_mb: Annotated[
        str | None, typer.Option(help="Megabytes of pictures in a batch of --batch-size auto.")
    ] = None,
    upload_mbps: Annotated[str | None, typer.Option(help="Megabytes a second that may be sent.")] = None,
    deadline: Annotated[str | None, typer.Option(help="Seconds of attempts for each picture.")] = None,
    max_megapixels: Annotated[
        str | None, typer.Option(help="Pictures with more are refused before they are decoded.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Where runs and answers are kept, such as sqlite:///runs.db.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results to this .jsonl or .csv file.")] = None,
    progress: Annotated[
        Style | None, typer.Option(help="How progress is shown; a bar on a terminal, else lines.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with the counts, and nothing else.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many pictures.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before calls that cost money.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try those again that failed for good.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask again for every picture, answered or not.")
    ] = False,
    log_file: Annotated[Path | None, typer.Option(help="Write a log to the end of this file.")] = None,
    log_format: Annotated[Literal["text", "json"] | None, typer.Option(help="How log lines look.")] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, typer.Option(help="What is worth a line.")
    ] = None,
) -> None:
    """Analyze the pictures in folders, files and ZIPs.

    Answers are kept: running again asks only for what is missing. Exit codes: 0 all analyzed, 3 some
    failed, 2 not usable as given, 1 the run stopped, 130 interrupted.
    """
    flags = {
        "analyzer": analyzer,
        "model": model,
        "concurrency": concurrency,
        "strategy": strategy,
        "preset": preset,
        "batch_size": batch_size,
        "rpm": rpm,
        "burst": burst,
        "memory_mb": memory_mb,
        "upload_mbps": upload_mbps,
        "deadline": deadline,
        "max_megapixels": max_megapixels,
        "store": store,
        "log_file": log_file,
        "log_format": log_format,
        "log_level": log_level,
    }
    settings = read_settings(flags)
    style = progress or ("rich" if sys.stderr.isatty() else "plain")
    manner = Manner(style, as_json, out, yes, dry_run)
    wish = Wish(sources, retry_failed, fresh, limit)
    raise typer.Exit(asyncio.run(_analyze(settings, wish, manner)))


async def _analyze(settings: Settings, wish: Wish, manner: Manner) -> int:
    if manner.out is not None:
        check_out(manner.out)
    async with open_store(settings) as store, assembled(settings, wish, store=store) as assembly:
        if manner.dry_run:
            say_preview(await assembly.preview(), assembly, as_json=manner.json)
            return ALL_ANALYZED
        asked = assembly.parts.analyzer.traits.paid and not manner.yes and is_terminal()
        if asked and not await agreed(await assembly.preview(), assembly):
            typer.echo("Nothing was asked and nothing was bought.", err=True)
            return STOPPED
        with run_log(settings.log_file, settings.log_format, settings.log_level) as log:
            return await run_shown(assembly, store, manner, (log,) if log is not None else ())
