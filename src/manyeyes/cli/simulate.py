"""`manyeyes simulate`: predict how long a run will take, in virtual time."""

# ruff: noqa: ARG001 - what gives a setting is taken from the context

from __future__ import annotations

import json
import math
from typing import Annotated

import typer

from manyeyes.cli.options import setting, settings_of
from manyeyes.cli.words import span
from manyeyes.lab.simulate import Prediction, Scenario, simulate
from manyeyes.model.errors import SettingsError
from manyeyes.model.progress import Progress
from manyeyes.settings import Preset, Settings, Strategy

MEGA = 1_000_000


def command(
    ctx: typer.Context,
    images: Annotated[int, typer.Option(min=1, help="Pictures of the portfolio.")] = 44,
    seconds: Annotated[float, typer.Option(min=0, help="Seconds that a picture takes, by the median.")] = 3.0,
    cv: Annotated[float, typer.Option(min=0, help="Their spread: deviation over mean.")] = 0.0,
    concurrency: Annotated[str | None, setting("concurrency", "Calls at once.", "N")] = None,
    strategy: Annotated[Strategy | None, setting("strategy", "How pictures follow each other.")] = None,
    preset: Annotated[Preset | None, setting("preset", "Calls at once by use or by size.")] = None,
    batch_size: Annotated[
        str | None, setting("batch_size", "Pictures of a batch, or auto.", "N|auto")
    ] = None,
    memory_mb: Annotated[str | None, setting("memory_mb", "Megabytes of a batch under auto.", "N")] = None,
    picture_mb: Annotated[float, typer.Option(min=0, help="Megabytes of a picture.")] = 2.0,
    rpm: Annotated[str | None, setting("rpm", "Calls a minute that the service allows.", "N")] = None,
    burst: Annotated[str | None, setting("burst", "Calls that may start at once under --rpm.", "N")] = None,
    seed: Annotated[int, typer.Option(help="Draws other latencies.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Predict how long a run will take, in virtual time.

    It is the real engine in front of a modelled service: nothing is read, sent or paid.
    """
    for name, value in (("--seconds", seconds), ("--cv", cv), ("--picture-mb", picture_mb)):
        if not math.isfinite(value):
            raise SettingsError(f"{name} must be a finite number, not {value}")
    settings = settings_of(ctx)
    scenario = _scenario(settings, images, seconds, cv=cv, size=int(picture_mb * MEGA), seed=seed)
    prediction = simulate(scenario)
    if as_json:
        typer.echo(json.dumps(_as_json(prediction)))
    else:
        _print(scenario, prediction)


def _scenario(
    settings: Settings, images: int, seconds: float, *, cv: float, size: int, seed: int
) -> Scenario:
    batch = settings.strategy == "batch"
    by_bytes = batch and settings.batch_size == "auto"
    return Scenario(
        images,
        seconds,
        settings.calls_at_once(images),
        settings.strategy,
        cv=cv,
        rpm=settings.rpm,
        burst=settings.burst,
        batch_size=settings.batch_size if isinstance(settings.batch_size, int) and batch else None,
        batch_bytes=int(settings.memory_mb * MEGA) if by_bytes else None,
        size=size,
        seed=seed,
    )


def _print(scenario: Scenario, prediction: Prediction) -> None:
    for progress in prediction.progress:
        typer.echo(f"{progress.elapsed:10.3f} s  {_line(progress)}")
    at_once = "one after another" if scenario.at_once == 1 else f"{scenario.at_once} at once"
    typer.echo(f"{scenario.images} images of {scenario.seconds:g} s, {scenario.strategy}, {at_once}:")
    typer.echo(f"  takes        {prediction.seconds:.3f} s ({span(prediction.seconds)})")
    typer.echo(f"  sequential   {prediction.sequential_seconds:.3f} s")
    typer.echo(f"  time saved   {prediction.saved_seconds:.3f} s ({prediction.saved_per_cent} %)")
    if scenario.rpm is not None:
        typer.echo(f"  refusals     {prediction.rejections}")


def _line(progress: Progress) -> str:
    return f"{progress.message}  {progress.current} ({progress.percentage} %)"


def _as_json(prediction: Prediction) -> dict[str, object]:
    return {
        "seconds": round(prediction.seconds, 3),
        "sequentialSeconds": round(prediction.sequential_seconds, 3),
        "savedSeconds": round(prediction.saved_seconds, 3),
        "savedPercent": prediction.saved_per_cent,
        "rejections": prediction.rejections,
        "progress": [
            {"seconds": round(progress.elapsed, 3), **progress.as_json()} for progress in prediction.progress
        ],
    }
