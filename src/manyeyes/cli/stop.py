"""`manyeyes stop`: have a run of another process end in good order."""

from __future__ import annotations

from manyeyes.cli.options import ServerOption, StoreOption
from manyeyes.cli.steered import Asked, RunArgument, steer
from manyeyes.store.finding import LATEST

ASKED = Asked(
    "stop",
    # It says so when nothing is in flight any more, which may take minutes.
    lambda _: True,
    "is stopping: what is in flight is finished and saved",
    None,
)


def command(run: RunArgument = LATEST, store: StoreOption = None, server: ServerOption = None) -> None:
    """Stop a run, wherever it is carried out.

    It finishes what is in flight, and ends.
    """
    steer(ASKED, run, store, server)
