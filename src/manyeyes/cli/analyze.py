"""`manyeyes analyze`: analyze the pictures in folders, files and ZIPs."""

# ruff: noqa: ARG001 - what gives a setting is taken from the context

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from manyeyes.assemble import Wish, assembled, open_store
from manyeyes.cli.before import refusal, say_not_begun, say_preview
from manyeyes.cli.codes import ALL_ANALYZED, STOPPED, WAS_INTERRUPTED
from manyeyes.cli.displays import Style
from manyeyes.cli.ending import Manner
from manyeyes.cli.errands import Errand, asked_of
from manyeyes.cli.log import run_log
from manyeyes.cli.options import ServerOption, StoreOption, setting, settings_of
from manyeyes.cli.places import elsewhere
from manyeyes.cli.running import run_shown, someone_is_there
from manyeyes.cli.watched import metrics_at
from manyeyes.engine.run import INTERRUPTED
from manyeyes.model.errors import SettingsError
from manyeyes.portrait.export import check_out
from manyeyes.settings import Preset, Settings, Strategy


def command(
    ctx: typer.Context,
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help="Folders, pictures and ZIPs, several at once.")
    ],
    analyzer: Annotated[
        str | None,
        setting("analyzer", "Who looks at the pictures: local, openai, replicate, modelled.", "NAME"),
    ] = None,
    model: Annotated[
        str | None, setting("model", "One of the analyzer's models; its own choice if not said.", "NAME")
    ] = None,
    concurrency: Annotated[
        str | None, setting("concurrency", "Calls at once; auto finds out what the provider takes.", "N|auto")
    ] = None,
    min_concurrency: Annotated[
        str | None, setting("min_concurrency", "Calls at once that auto does not go below.", "N")
    ] = None,
    max_concurrency: Annotated[
        str | None, setting("max_concurrency", "Calls at once that auto does not go above.", "N")
    ] = None,
    strategy: Annotated[
        Strategy | None, setting("strategy", "How pictures follow each other; continuous is fastest.")
    ] = None,
    preset: Annotated[
        Preset | None, setting("preset", "Calls at once by use or by the portfolio's size.")
    ] = None,
    batch_size: Annotated[
        str | None,
        setting("batch_size", "Pictures of a batch, or auto: as many as fit the memory budget.", "N|auto"),
    ] = None,
    rpm: Annotated[
        str | None, setting("rpm", "Calls a minute that the account allows; any number if not said.", "N")
    ] = None,
    tpm: Annotated[
        str | None, setting("tpm", "Tokens a minute that the account allows; any number if not said.", "N")
    ] = None,
    burst: Annotated[str | None, setting("burst", "Calls that may start at once under --rpm.", "N")] = None,
    memory_mb: Annotated[
        str | None,
        setting("memory_mb", "Megabytes of pictures in hand at once.", "N"),
    ] = None,
    upload_mbps: Annotated[
        str | None,
        setting("upload_mbps", "Megabytes a second that may be sent; any number if not said.", "N"),
    ] = None,
    deadline: Annotated[str | None, setting("deadline", "Seconds of attempts for each picture.", "N")] = None,
    when_down: Annotated[
        Literal["wait", "stop"] | None,
        setting("when_down", "What to do when the provider answers nobody: probe it, or stop the run."),
    ] = None,
    wait_at_most: Annotated[
        str | None,
        setting("wait_at_most", "How long the provider is waited for: seconds, or 10m, or 1h.", "TIME"),
    ] = None,
    hedge: Annotated[
        bool | None,
        typer.Option(
            "--hedge/--no-hedge",
            help="Ask once more what is slow at the end; takes 5 % more calls at most.",
            show_default=False,
        ),
    ] = None,
    max_megapixels: Annotated[
        str | None,
        setting("max_megapixels", "Pictures with more are refused before they are decoded.", "N"),
    ] = None,
    store: StoreOption = None,
    server: ServerOption = None,
    portfolio: Annotated[
        str | None,
        typer.Option(metavar="NAME|ID", help="Which portfolio at the server; that of last time if not said."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the results to this .jsonl, .csv or .parquet file.")
    ] = None,
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
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, metavar="PORT", help="Serve figures for Prometheus on this port of 127.0.0.1."
        ),
    ] = None,
    log_file: Annotated[Path | None, setting("log_file", "Write a log to the end of this file.")] = None,
    log_format: Annotated[
        Literal["text", "json"] | None, setting("log_format", "How log lines look.")
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, setting("log_level", "What is worth a line.")
    ] = None,
) -> None:
    """Analyze the pictures in folders, files and ZIPs.

    Answers are kept: running again asks only for what is missing. Exit codes: 0 all analyzed, 3 some
    failed, 2 not usable as given, 1 the run stopped, 130 interrupted.
    """
    settings = settings_of(ctx)
    style = progress or ("rich" if sys.stderr.isatty() else "plain")
    manner = Manner(style, as_json, out, yes, dry_run, metrics_port)
    if elsewhere(store, server) is not None:
        from manyeyes.cli.analyze_there import analyze_there  # noqa: PLC0415 - few runs are at a server

        errand = Errand(settings, tuple(sources), asked_of(ctx.params), portfolio, manner)
        raise typer.Exit(asyncio.run(analyze_there(errand)))
    if portfolio is not None:
        raise SettingsError("--portfolio needs --server: here, the sources are the portfolio")
    wish = Wish(sources, retry_failed, fresh, limit)
    raise typer.Exit(asyncio.run(_analyze(settings, wish, manner)))


async def _analyze(settings: Settings, wish: Wish, manner: Manner) -> int:
    if manner.out is not None:
        check_out(manner.out)
    async with open_store(settings) as store, assembled(settings, wish, store=store) as assembly:
        if manner.dry_run:
            say_preview(await assembly.preview(), assembly, as_json=manner.json)
            return ALL_ANALYZED
        if assembly.parts.analyzer.traits.paid and not manner.yes and someone_is_there():
            preview = await assembly.preview()
            if (why := await refusal(preview, assembly.parts.analyzer.traits)) is not None:
                say_not_begun(preview, why, as_json=manner.json)
                return WAS_INTERRUPTED if why == INTERRUPTED else STOPPED
        with (
            run_log(settings.log_file, settings.log_format, settings.log_level) as log,
            metrics_at(manner.metrics_port, assembly.parts.limiter) as metrics,
        ):
            listeners = tuple(listener for listener in (log, metrics) if listener is not None)
            return await run_shown(assembly, store, manner, listeners)
