"""Options of the command line that give settings."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from manyeyes.model.errors import SettingsError
from manyeyes.settings import Settings, read_settings


def setting(field: str, says: str, metavar: str | None = None) -> Any:
    """The option that gives this setting; its help ends with the setting's default, where it has one.

    The option itself has none: what is not given is looked for in the environment, and in `.env`.
    """
    default = "auto" if field == "concurrency" else Settings.model_fields[field].default
    if default is not None:
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        says = f"{says.rstrip('.')} (default {shown})."
    return typer.Option(help=says, metavar=metavar)


#: Where the store is; the same for every command that has one.
StoreOption = Annotated[
    str | None,
    setting(
        "store",
        "Where runs and answers are kept, such as sqlite:///runs.db; in the user's data folder if not said.",
        "URL",
    ),
]


#: A server that does it instead; the same for every command that has one.
ServerOption = Annotated[
    str | None,
    setting("server", "Do it at the manyeyes server with this address; MANYEYES_TOKEN opens it.", "URL"),
]


def settings_of(ctx: typer.Context) -> Settings:
    """The settings, those first that the command line gives. Raises SettingsError."""
    settings = read_settings({name: ctx.params[name] for name in Settings.model_fields if name in ctx.params})
    given = {name for name, value in ctx.params.items() if value is not None}
    if "burst" in given and settings.rpm is None:
        raise SettingsError("--burst needs --rpm: it says how many calls may start at once under that rate")
    if "batch_size" in given and settings.strategy != "batch":
        raise SettingsError("--batch-size needs --strategy batch: no other has batches")
    return settings
