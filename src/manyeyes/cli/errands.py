"""What a command line asks of a run at a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from manyeyes.cli.ending import Manner
from manyeyes.model.errors import SettingsError
from manyeyes.settings import Settings

#: What can be asked of a run at a server, by flag, and how the server spells it.
ASKED = {
    "analyzer": "analyzer",
    "model": "model",
    "concurrency": "concurrency",
    "strategy": "strategy",
    "preset": "preset",
    "batch_size": "batchSize",
    "limit": "limit",
    "retry_failed": "retryFailed",
    "fresh": "fresh",
}
#: Flags that are obeyed here.
OURS = {"sources", "server", "portfolio", "out", "progress", "as_json", "dry_run", "yes"}
#: Why whoever watched the run does so no more, in the object of `--json`.
LEFT = "no longer watched; the run goes on"


class Left(Exception):
    """Whoever sat here has pressed Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done, and where."""

    settings: Settings
    sources: tuple[str, ...]
    #: As the server spells it.
    asked: Mapping[str, object]
    #: The name or the id of the portfolio; None for the one that these sources were sent to before.
    portfolio: str | None
    manner: Manner


def asked_of(flags: Mapping[str, Any]) -> dict[str, object]:
    """What the command line asks of the run. Raises SettingsError for what only this machine could heed."""
    given = {name for name, value in flags.items() if value not in (None, False)}
    if others := sorted(given - OURS - set(ASKED)):
        flag = "--" + others[0].replace("_", "-")
        raise SettingsError(f"{flag} is for runs of this machine: with --server, leave it away")
    return {ASKED[name]: _plain(flags[name]) for name in ASKED if name in given}


def _plain(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value
