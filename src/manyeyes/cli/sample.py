"""`manyeyes sample`: draw a portfolio of garments with known colours and patterns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from manyeyes.cli.words import printable
from manyeyes.lab.sample import draw_sample
from manyeyes.model.errors import SettingsError


def command(
    folder: Annotated[Path, typer.Argument(help="Where to draw; made if it is missing.")] = Path(
        "sample-portfolio"
    ),
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many pictures.")] = 44,
    seed: Annotated[int, typer.Option(help="The same seed draws the same pictures.")] = 0,
    truth: Annotated[
        Path | None, typer.Option(help="Write what was drawn to this JSON file, to check answers by.")
    ] = None,
) -> None:
    """Draw a portfolio of garments with known colours and patterns.

    Pictures of the same names in the folder are replaced; others are left alone.
    """
    try:
        drawn = draw_sample(folder, count, seed, truth=truth)
    except OSError as error:
        raise SettingsError(f"{str(folder)!r} cannot be drawn into: {error.strerror or error}") from None
    typer.echo(f"Drew {len(drawn)} pictures into {printable(str(folder))}.")
