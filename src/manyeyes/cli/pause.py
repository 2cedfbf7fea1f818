"""`manyeyes pause`: have a run of another process send nothing more for now."""

from __future__ import annotations

from manyeyes.cli.options import ServerOption, StoreOption
from manyeyes.cli.steered import Asked, RunArgument, steer
from manyeyes.store.finding import LATEST

ASKED = Asked(
    "pause",
    lambda now: now.paused,
    "is paused: what is in flight is finished and saved, and `manyeyes resume` lets it go on",
    "is paused already",
)


def command(run: RunArgument = LATEST, store: StoreOption = None, server: ServerOption = None) -> None:
    """Pause a run, wherever it is carried out.

    It finishes what is in flight, and sends nothing more until `manyeyes resume`.
    """
    steer(ASKED, run, store, server)
