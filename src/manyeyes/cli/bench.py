"""`manyeyes bench`: try several concurrencies on the same pictures, and recommend one."""

# ruff: noqa: ARG001 - what gives a setting is taken from the context

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Annotated

import typer

from manyeyes.cli.bench_told import check_plot
from manyeyes.cli.benching import Wanted, bench
from manyeyes.cli.options import StoreOption, setting, settings_of
from manyeyes.lab.bench import ways_of
from manyeyes.model.errors import SettingsError

#: What is said of the stand-in, and means nothing of another.
OF_THE_STAND_IN = ("slots", "median", "cv", "seed", "time_factor")


def command(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", help="Pictures to try on; drawn ones if none are named."),
    ] = None,
    images: Annotated[int, typer.Option(min=2, help="How many pictures, the first so many.")] = 44,
    tried: Annotated[
        list[str] | None,
        typer.Option(
            "--concurrency",
            metavar="N,N,...",
            help="What to try: numbers, auto, threshold, batch:N; 3, 5, 8, 10, 15, 20, auto and batch:5 "
            "if not said.",
        ),
    ] = None,
    analyzer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Try this analyzer, not a stand-in; calls may cost money."),
    ] = None,
    model: Annotated[
        str | None, setting("model", "One of the analyzer's models; its own choice if not said.", "NAME")
    ] = None,
    slots: Annotated[int, typer.Option(min=1, help="Calls that the stand-in works on at once.")] = 20,
    median: Annotated[float, typer.Option(help="Seconds that its answers take, by the median.")] = 3.0,
    cv: Annotated[float, typer.Option(help="Their spread: deviation over mean.")] = 0.5,
    time_factor: Annotated[
        float, typer.Option(help="Multiplies its seconds: 0.1 is ten times faster.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Draws other latencies.")] = 1,
    rpm: Annotated[
        str | None, setting("rpm", "Calls a minute that the account allows; any number if not said.", "N")
    ] = None,
    burst: Annotated[str | None, setting("burst", "Calls that may start at once under --rpm.", "N")] = None,
    store: StoreOption = None,
    plot: Annotated[Path, typer.Option(metavar="FILE.svg", help="Draw the picture into this file.")] = Path(
        "manyeyes-bench.svg"
    ),
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before calls that cost money.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Try several concurrencies on the same pictures, and recommend one.

    Without --analyzer a stand-in on this machine answers: that is free, and takes less than a minute.
    """
    _check(ctx, analyzer, median=median, cv=cv, time_factor=time_factor)
    check_plot(plot)
    settings = settings_of(ctx)
    ways = ways_of(tried or (), settings.concurrency)
    world = None
    if analyzer is None:
        world = {"median": median, "cv": cv, "seed": seed, "time_factor": time_factor, "capacity": slots}
    wanted = Wanted(tuple(sources or ()), images, ways, world, plot, yes=yes, as_json=as_json)
    raise typer.Exit(asyncio.run(bench(settings, wanted)))


def _check(ctx: typer.Context, analyzer: str | None, **numbers: float) -> None:
    """Refuse what cannot be, or would change nothing. Raises SettingsError."""
    for name, value in numbers.items():
        if not math.isfinite(value) or value < 0 or (name != "cv" and value == 0):
            least = "0 or more" if name == "cv" else "more than 0"
            raise SettingsError(f"--{name.replace('_', '-')} must be {least}, not {value:g}")
    given = [name for name in OF_THE_STAND_IN if _is_given(ctx, name)]
    if analyzer is not None and given:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise SettingsError(f"{flags} has no meaning with --analyzer: it is said of the stand-in")
    if analyzer is None and _is_given(ctx, "model"):
        raise SettingsError("--model needs --analyzer: the stand-in has no models of its own")


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
