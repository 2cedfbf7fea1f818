"""`manyeyes provider`: stand in for a provider on this machine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from manyeyes.cli.faults import reason
from manyeyes.model.errors import SettingsError
from manyeyes.stand_in.openai import run_openai
from manyeyes.stand_in.openai_world import OPENAI_OPTIONS, openai_world_from
from manyeyes.stand_in.options import Option
from manyeyes.stand_in.replicate import run_replicate
from manyeyes.stand_in.world import OPTIONS, world_from

Kind = Literal["replicate", "openai"]

#: The settings of each kind, and all of them by name: what two kinds share is one option.
KINDS: Mapping[Kind, tuple[Option, ...]] = {"replicate": OPTIONS, "openai": OPENAI_OPTIONS}
EVERY: Mapping[str, Option] = {option.name: option for options in KINDS.values() for option in options}


def _parameter(option: Option) -> inspect.Parameter:
    """A setting of the stand-in as an option of the command, of its default's type."""
    kind: Any = type(option.default)
    default: Any = option.default
    if isinstance(option.default, tuple):
        kind, default = list[str], list(option.default)
    elif option.choices:
        kind = Literal[option.choices]
    words = option.name.replace("_", "-")
    flag = f"--{words}/--no-{words}" if option.default is True else f"--{words}"
    annotation = Annotated[kind, typer.Option(flag, help=option.help)]
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """`function` with an option for each setting of the stand-ins, in place of its `**world`."""
    own = inspect.signature(function, eval_str=True)
    named = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    every = [*named, *map(_parameter, EVERY.values())]
    function.__signature__ = own.replace(parameters=every)  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in every}
    return function


def _chosen(ctx: typer.Context, kind: Kind, world: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of this kind. Raises SettingsError for one that was given and is another kind's."""
    known = {option.name for option in KINDS[kind]}
    for name in world.keys() - known:
        source = ctx.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise SettingsError(f"--{name.replace('_', '-')} is no setting of --kind {kind}")
    return {name: tuple(value) if isinstance(value := world[name], list) else value for name in known}


def _serve(
    kind: Kind,
    chosen: Mapping[str, Any],
    port: int,
    ready: Callable[[str], object],
    journal: Path | None,
    *,
    ends_with_input: bool,
) -> None:
    if kind == "openai":
        run_openai(openai_world_from(chosen), port, ready, journal, ends_with_input=ends_with_input)
    else:
        run_replicate(world_from(chosen), port, ready, journal, ends_with_input=ends_with_input)


@_with_settings
def command(
    ctx: typer.Context,
    kind: Annotated[Kind, typer.Option(help="Whose wire to speak.")] = "replicate",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 for a free one.")] = 8900,
    journal: Annotated[
        Path | None, typer.Option(help="Write what happens to the end of this file, as JSON lines.")
    ] = None,
    ends_with_input: Annotated[
        bool, typer.Option("--ends-with-input", help="End when standard input does, too.")
    ] = False,
    **world: Any,
) -> None:
    """Stand in for a provider on this machine, for trials and tests.

    It costs nothing, listens on 127.0.0.1 only, and ends with Ctrl-C. Point an analyzer at it with
    REPLICATE_BASE_URL=http://127.0.0.1:8900 and any REPLICATE_API_TOKEN, or with
    OPENAI_BASE_URL=http://127.0.0.1:8900/v1 and any OPENAI_API_KEY.
    """
    chosen = _chosen(ctx, kind, world)
    try:
        _serve(
            kind,
            chosen,
            port,
            lambda origin: typer.echo(f"{kind} stands in at {origin}"),
            journal,
            ends_with_input=ends_with_input,
        )
    except ValueError as error:
        raise SettingsError(str(error)) from None
    except OSError as error:
        raise SettingsError(
            f"the stand-in cannot start ({reason(error)}): try another --port or --journal"
        ) from None
