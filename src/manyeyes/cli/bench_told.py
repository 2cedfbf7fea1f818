"""What a benchmark found, told: the table, the recommendation and the picture, or one JSON object."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import typer

from manyeyes.analyzers.base import Traits
from manyeyes.cli.words import printable
from manyeyes.lab.bench import Measured
from manyeyes.lab.plot import draw_plot
from manyeyes.lab.report import FOR_CORES, Row, as_object, knee_of, recommendation, rows_of, table
from manyeyes.model.errors import SettingsError


@dataclass(slots=True)
class Found:
    """What there is to tell by now."""

    measured: list[Measured] = field(default_factory=list)
    #: Who was asked; None before that is known.
    traits: Traits | None = None
    images: int = 0
    #: Why it ended before all was measured.
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What was measured, for the head of the table and for the picture's, which has less room."""

    lines: tuple[str, ...]
    short: str


def check_plot(path: Path) -> None:
    """See that the picture can be drawn there before anything is measured. Raises SettingsError."""
    if path.suffix.lower() != ".svg":
        raise SettingsError(f"--plot {str(path)!r} must end in .svg: no other kind of picture is drawn")
    if path.is_dir():
        raise SettingsError(f"--plot {str(path)!r} is a folder: name a file in it")
    try:
        _part_of(path).open("ab").close()
        _part_of(path).unlink()
    except OSError as error:
        raise SettingsError(
            f"--plot {str(path)!r} cannot be written ({error.strerror}): choose a file in a folder of yours"
        ) from error


def _part_of(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def tell(found: Found, about: About, plot: Path, *, as_json: bool) -> None:
    """Tell what was found, be it only a part of what was wanted, of which no picture is drawn."""
    rows = rows_of(found.measured)
    for_cores = found.traits is not None and found.traits.cpu_bound
    knee = None if for_cores else knee_of(rows)
    advice = FOR_CORES if for_cores else recommendation(rows, knee)
    drawn = plot if found.measured and found.stopped is None else None
    if as_json:
        shown = {"images": found.images, "about": " ".join(about.lines), **as_object(rows, knee, advice)}
        named = None if drawn is None else str(drawn.absolute())
        typer.echo(json.dumps(shown | {"plot": named, "stopped": found.stopped}))
    elif rows:
        typer.echo("\n".join([*about.lines, "", *table(rows, knee), "", *_in_words(rows, advice)]))
    if found.stopped is not None:
        typer.echo(_stopped(found), err=True)
    if drawn is not None:
        _part_of(drawn).write_text(draw_plot(about.short, rows, knee, found.measured), "utf-8")
        _part_of(drawn).replace(drawn)
        typer.echo(f"The picture of it: {printable(str(drawn.absolute()))}", err=True)


def _in_words(rows: list[Row], advice: str) -> list[str]:
    """The advice, and what else must be known to read the table."""
    said = textwrap.wrap(advice, 79)
    if failed := [f"{row.failed} with {row.way.name}" for row in rows if row.failed]:
        said += textwrap.wrap(f"Pictures failed: {', '.join(failed)}. They count as if answered.", 79)
    return said


def _stopped(found: Found) -> str:
    if found.stopped == "declined":
        return "Nothing was asked and nothing was bought."
    if not found.measured:
        return f"Stopped ({found.stopped}) before anything was measured."
    return f"Stopped ({found.stopped}); this is what was measured by then."
