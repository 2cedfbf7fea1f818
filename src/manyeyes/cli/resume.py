"""`manyeyes resume`: let a run go on that is paused."""

from __future__ import annotations

from manyeyes.cli.options import ServerOption, StoreOption
from manyeyes.cli.steered import Asked, RunArgument, steer
from manyeyes.store.finding import LATEST

ASKED = Asked("resume", lambda now: not now.paused, "goes on", "is not paused")


def command(run: RunArgument = LATEST, store: StoreOption = None, server: ServerOption = None) -> None:
    """Let a paused run go on, wherever it is carried out."""
    steer(ASKED, run, store, server)
