"""`manyeyes simulate`: predict how long a run will take, in virtual time."""

# ruff: noqa: ARG001 - what gives a setting is taken from the context

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from manyeyes.cli import trials
from manyeyes.cli.options import setting, settings_of
from manyeyes.cli.words import span
from manyeyes.lab.policies import POLICIES
from manyeyes.lab.scenario import Service
from manyeyes.lab.simulate import Case, Prediction, simulate
from manyeyes.model.errors import SettingsError
from manyeyes.model.progress import Progress
from manyeyes.settings import DEFAULT_CONCURRENCY, Preset, Settings, Strategy

MEGA = 1_000_000
#: What may stand beside `--scenario`, and beside `--compare`.
TOGETHER = {
    "scenario": {"policy", "seeds", "images"},
    "compare": {"images", "seconds", "cv", "slots", "seed"},
}
_ONLY_TOGETHER = {"policy", "seeds", "slots"}


def command(
    ctx: typer.Context,
    images: Annotated[int, typer.Option(min=1, help="Pictures of the portfolio.")] = 44,
    seconds: Annotated[float, typer.Option(min=0, help="Seconds that a picture takes, by the median.")] = 3.0,
    cv: Annotated[float, typer.Option(min=0, help="Their spread: deviation over mean.")] = 0.0,
    concurrency: Annotated[
        str | None, typer.Option(help=f"Calls at once (default {DEFAULT_CONCURRENCY}).", metavar="N")
    ] = None,
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
    scenario: Annotated[
        Path | None,
        typer.Option(help="Try policies in the modelled provider of this file.", metavar="FILE.json"),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(help=f"Tried with --scenario, one or more of {', '.join(POLICIES)}.", metavar="POLICY"),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Seeds to try with --scenario, not the file's.", metavar="A-B")
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Compare one after another, batches of 5 and auto with the bound."),
    ] = False,
    slots: Annotated[
        int, typer.Option(min=1, help="Calls that the service works on at once, with --compare.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Predict how long a run will take, in virtual time.

    It is the real engine in front of a modelled service: nothing is read, sent or paid.
    """
    _check_together(ctx)
    for name, value in (("--seconds", seconds), ("--cv", cv), ("--picture-mb", picture_mb)):
        if not math.isfinite(value):
            raise SettingsError(f"{name} must be a finite number, not {value}")
    if scenario is not None:
        _try_policies(scenario, _given(ctx, "images"), policy or ["auto"], seeds, as_json=as_json)
    elif compare:
        service = Service(seconds=seconds, of="median", cv=cv)
        _compare(_given(ctx, "images"), service, slots, seed, as_json=as_json)
    else:
        settings = settings_of(ctx)
        if _given(ctx, "memory_mb") and (settings.strategy, settings.batch_size) != ("batch", "auto"):
            raise SettingsError("--memory-mb needs --strategy batch --batch-size auto, which it cuts")
        case = _case(settings, images, seconds, cv=cv, size=int(picture_mb * MEGA), seed=seed)
        _predict(case, as_json=as_json)


def _given(ctx: typer.Context, name: str) -> Any:
    """What the command line gives; None where it says nothing."""
    source = ctx.get_parameter_source(name)
    return ctx.params[name] if source is not None and source.name == "COMMANDLINE" else None


def _check_together(ctx: typer.Context) -> None:
    """Refuse options that would change nothing. Raises SettingsError."""
    given = {name for name in ctx.params if _given(ctx, name) is not None}
    chosen = next((name for name in TOGETHER if name in given), None)
    allowed = set(ctx.params) - _ONLY_TOGETHER if chosen is None else TOGETHER[chosen] | {chosen}
    if odd := sorted(f"--{name.replace('_', '-')}" for name in given - allowed - {"as_json"}):
        why = f"with --{chosen}" if chosen else "without --scenario or --compare"
        raise SettingsError(f"{', '.join(odd)} has no meaning {why}: leave it out")
    if chosen == "compare" and ctx.params["seconds"] <= 0:
        raise SettingsError("--seconds must be more than 0 with --compare")


def _try_policies(
    file: Path, images: int | None, policies: list[str], seeds: str | None, *, as_json: bool
) -> None:
    scenario = trials.read_scenario(file)
    scenario = scenario if images is None else replace(scenario, images=images)
    wanted = trials.parse_seeds(seeds, scenario)
    found = trials.tried(scenario, policies, wanted)
    if as_json:
        typer.echo(json.dumps(trials.as_json(scenario, found, wanted)))
    else:
        typer.echo("\n".join(trials.lines(scenario, found)))


def _compare(images: int | None, service: Service, slots: int, seed: int, *, as_json: bool) -> None:
    portfolios = trials.PORTFOLIOS if images is None else (images,)
    rows = [row for count in portfolios for row in trials.compared(count, service, slots, seed)]
    typer.echo(json.dumps({"rows": rows}) if as_json else "\n".join(trials.comparison_lines(rows)))


def _predict(case: Case, *, as_json: bool) -> None:
    prediction = simulate(case)
    if as_json:
        typer.echo(json.dumps(_as_json(prediction)))
    else:
        _print(case, prediction)


def _case(settings: Settings, images: int, seconds: float, *, cv: float, size: int, seed: int) -> Case:
    batch = settings.strategy == "batch"
    by_bytes = batch and settings.batch_size == "auto"
    return Case(
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


def _print(case: Case, prediction: Prediction) -> None:
    for progress in prediction.progress:
        typer.echo(f"{progress.elapsed:10.3f} s  {_line(progress)}")
    at_once = "one after another" if case.at_once == 1 else f"{case.at_once} at once"
    typer.echo(f"{case.images} images of {case.seconds:g} s, {case.strategy}, {at_once}:")
    typer.echo(f"  takes        {prediction.seconds:.3f} s ({span(prediction.seconds)})")
    typer.echo(f"  sequential   {prediction.sequential_seconds:.3f} s")
    typer.echo(f"  time saved   {prediction.saved_seconds:.3f} s ({prediction.saved_per_cent} %)")
    if case.rpm is not None:
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
