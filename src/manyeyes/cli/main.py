"""The `manyeyes` command: its commands by name, each imported when it is chosen."""

from __future__ import annotations

import gc
import io
import os
import sys
import tempfile
import traceback
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, TextIO, cast

import typer
from typer import TyperException
from typer.core import TyperGroup

from manyeyes.cli.codes import STOPPED, UNUSABLE, WAS_INTERRUPTED
from manyeyes.cli.faults import reason, sentence
from manyeyes.cli.streams import Steady, let_go, open_streams
from manyeyes.cli.usage import complaint, likely
from manyeyes.cli.words import printable
from manyeyes.model.errors import ManyeyesError, SettingsError

#: Each command's module in this room has its name, and holds a function `command`.
COMMANDS = {
    "analyze": "Analyze the pictures in folders, files and ZIPs.",
    "serve": "Open the web page and the REST API.",
    "runs": "List the runs in the store.",
    "show": "Show a run, or one picture with its whole descriptor.",
    "pause": "Pause a run, wherever it is carried out.",
    "resume": "Let a paused run go on, wherever it is carried out.",
    "stop": "Stop a run, wherever it is carried out.",
    "profile": "Show the style of a portfolio as a whole: colours, garments, cloth, what stands out.",
    "failures": "Show what failed in a run, by cause, each with its remedy.",
    "export": "Write the results of a run as JSON lines, CSV or Parquet.",
    "forget": "Delete a portfolio or a picture, with its answers.",
    "sample": "Draw a portfolio of garments with known colours and patterns.",
    "provider": "Stand in for a provider on this machine, for trials and tests.",
    "simulate": "Predict how long a run will take, in virtual time.",
    "bench": "Try several concurrencies on the same pictures, and recommend one.",
}


class LazyCommands(TyperGroup):
    """Lists every command by a line, and imports only the one that is run."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """All names, in the order of a first use."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """For lists: a command that knows its name and its line, and nothing else."""
        return _listed(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """For running: the command itself."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            guess = likely(args[0], COMMANDS) or f": choose one of {', '.join(COMMANDS)}"
            raise SettingsError(f"there is no command {args[0]!r}{guess}")
        name, found, rest = super().resolve_command(ctx, args)
        return name, found if name is None else load(name), rest


def _listed(name: str) -> Any:
    app = typer.Typer(add_completion=False)
    app.command(name, help=COMMANDS[name])(_nothing)
    return typer.main.get_command(app)


def _nothing() -> None:
    """Stand for a command in a list."""


def load(name: str) -> Any:
    """The command of this name, its module imported."""
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    # What is imported stays: to look for garbage among it would take a tenth of the start.
    gc.disable()
    try:
        module = import_module(f"manyeyes.cli.{name}")
    finally:
        gc.enable()
    app.command(name)(module.command)
    return typer.main.get_command(app)


app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    # Plain help fits any width without cutting a name, and is there sooner.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"manyeyes {version('manyeyes')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Look at a whole portfolio of pictures at once: one style descriptor each, nothing paid twice."""


def main() -> None:
    """Run the command line; every expected fault is one sentence on stderr."""
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal of another encoding shows what it can of a name; it is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    stderr, told = sys.stderr, Steady(sys.stderr)
    # A run goes on to its end whoever has stopped reading how it goes.
    sys.stderr = cast(TextIO, told)
    code = _carried_out()
    sys.stderr = stderr
    if told.fault is not None:
        _tell_of_silence(told.fault)
    for stream in (sys.stdout, sys.stderr):
        let_go(stream)
    sys.exit(code)


def _tell_of_silence(fault: OSError) -> None:
    """Say that not all has been said, if that can be said by now."""
    with suppress(OSError):
        _say(f"from some point on, what was to be said here could not be written ({reason(fault)})")


def _carried_out() -> int:
    """The exit code."""
    try:
        return int(app(prog_name="manyeyes", standalone_mode=False) or 0)
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            # Whoever typed no command at all is shown the help.
            typer.echo(error.message, err=True)
        else:
            _say(complaint(error))
        return UNUSABLE
    except ManyeyesError as error:
        _say(str(error))
        return UNUSABLE if isinstance(error, SettingsError) else STOPPED
    except (KeyboardInterrupt, typer.Abort):
        return WAS_INTERRUPTED
    except OSError as error:
        # Whoever ends a pipe has read enough, and needs no word on it.
        if not isinstance(error, BrokenPipeError):
            _say(sentence(error))
        return STOPPED
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence for the user, the trace in a file
        _say(f"a fault of ours, please report it: {error!r}. {_keep_trace()}")
        return STOPPED


def _say(sentence: str) -> None:
    typer.echo(f"manyeyes: {printable(sentence)}", err=True)


def _keep_trace() -> str:
    """Write the traceback where it can be found; says where."""
    path = Path(tempfile.gettempdir()) / f"manyeyes-fault-{os.getpid()}.txt"
    try:
        path.write_text(traceback.format_exc())
    except OSError:
        return "There is no place to keep the details."
    return f"The details are in {path}."
