"""`manyeyes show`: a run, or one picture with its whole descriptor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated

import typer
from rich.text import Text

from manyeyes.cli.options import ServerOption, StoreOption
from manyeyes.cli.places import consult
from manyeyes.cli.reading import (
    SHORT,
    JsonOption,
    is_terminal,
    moment,
    portfolio_json,
    run_json,
    say,
    say_json,
    say_table,
    short_swatches,
    swatches,
    when,
)
from manyeyes.cli.records import Records
from manyeyes.cli.words import span
from manyeyes.model.descriptor import PaletteColor, StyleDescriptor, as_json
from manyeyes.model.outcome import Analyzed, Outcome
from manyeyes.portrait.export import result_line
from manyeyes.portrait.palette import palette_of
from manyeyes.store.finding import LATEST, PictureRecord
from manyeyes.store.reports import Kept, Look, RunSummary

#: Pictures that are listed of a run on a terminal, where nobody asks for all.
LISTED = 50
TITLES = ("picture", "status", "garment", "pattern", "colours")

Row = tuple[str | Text, ...]

#: A run, its colours and its pictures; or a picture and how it ended in its runs.
RunShown = tuple[RunSummary, list[PaletteColor], list[Row]]
PictureShown = tuple[PictureRecord, list[Look]]


def command(
    what: Annotated[
        str,
        typer.Argument(
            help="A run or a picture: its id or the beginning of it, or a picture's name.",
            metavar="RUN|PICTURE",
        ),
    ] = LATEST,
    every: Annotated[
        bool, typer.Option("--all", help=f"List every picture of a run, not just {LISTED} on a terminal.")
    ] = False,
    store: StoreOption = None,
    server: ServerOption = None,
    as_json: JsonOption = False,
    raw: Annotated[bool, typer.Option("--raw", help="Add the model's own words on a picture.")] = False,
) -> None:
    """Show a run, or one picture with its whole descriptor."""
    listed = None if every or not is_terminal() else LISTED
    match consult(store, server, partial(_look, what, listed)):
        case (RunSummary() as run, palette, rows):
            say_json(_run_fields(run, palette)) if as_json else _show_run(run, palette, rows)
        case (picture, looks):
            say_json(_picture_fields(picture, looks, raw)) if as_json else _show_picture(picture, looks, raw)


async def _look(what: str, listed: int | None, records: Records) -> RunShown | PictureShown:
    found = await records.run_or_picture(what)
    if isinstance(found, PictureRecord):
        return found, await records.looks(found)
    rows: list[Row] = []
    palette = await palette_of(_noting(rows, listed, records.pages(found)))
    return found, palette, rows


async def _noting(
    rows: list[Row], most: int | None, pages: AsyncIterator[Sequence[Kept]]
) -> AsyncIterator[Sequence[Kept]]:
    """The same pages; the first `most` of their pictures become rows on the way, or all."""
    async for page in pages:
        rows += [_row(kept) for kept in page[: None if most is None else most - len(rows)]]
        yield page


# A run


def _run_fields(run: RunSummary, palette: Sequence[PaletteColor]) -> Mapping[str, object]:
    colours = [{"name": colour.name, "hex": colour.hex, "share": colour.share} for colour in palette]
    return run_json(run) | {"palette": colours}


def _show_run(run: RunSummary, palette: Sequence[PaletteColor], rows: Sequence[Row]) -> None:
    for title, value in _run_lines(run):
        say(Text(f"{title:<10}", "bold"), value)
    if palette:
        say(Text(f"{'Colours':<10}", "bold"), swatches(palette))
    say()
    say_table(TITLES, rows)
    if (more := run.analyzed + run.failed - len(rows)) > 0:
        say(f"and {more} more: `manyeyes show {run.id[:SHORT]} --all` lists them")


def _run_lines(run: RunSummary) -> Iterator[tuple[str, str]]:
    ended = "" if run.ended is None else f", took {span(run.ended - run.started)}"
    reused = f", {run.reused} of them reused" if run.reused else ""
    of = "" if run.total is None else f" of {run.total}"
    yield "Run", run.id
    yield "Portfolio", f"{run.portfolio.name} ({run.portfolio.id})"
    yield "Analyzer", f"{run.adapter} {run.model}"
    state = "running, paused" if run.paused else run.state
    yield "State", state if run.stopped is None else f"{state}: {run.stopped}"
    yield "Started", f"{when(run.started)}{ended}"
    yield "Pictures", f"{run.analyzed + run.failed}{of}: {run.analyzed} analyzed{reused}, {run.failed} failed"


def _row(kept: Kept) -> Row:
    outcome = kept.outcome
    if not isinstance(outcome, Analyzed):
        said = outcome.message.removeprefix(f"{outcome.name!r} ")
        return outcome.name, "failed" + _paid_twice(outcome), "", "", said
    garment, pattern = outcome.descriptor.garment_type, outcome.descriptor.pattern
    colours = short_swatches(outcome.descriptor.color_palette)
    status = "analyzed" + (", corrected" if kept.corrected else "") + _paid_twice(outcome)
    return outcome.name, status, garment or "", pattern or "", colours


def _paid_twice(outcome: Outcome) -> str:
    return ", possibly paid twice" if outcome.possibly_paid_twice else ""


# A picture


def _picture_fields(picture: PictureRecord, looks: Sequence[Look], raw: bool) -> Mapping[str, object]:
    return {
        "id": picture.id,
        "name": picture.name,
        "portfolio": portfolio_json(picture.portfolio),
        "path": str(picture.locator),
        "sha256": picture.sha256 or None,
        "outcomes": [_look_fields(look, raw) for look in looks],
    }


def _look_fields(look: Look, raw: bool) -> Mapping[str, object]:
    run = {"run": look.run, "started": moment(look.started), "analyzer": look.adapter, "model": look.model}
    line = result_line(look.kept, raw=raw)
    return run | {name: value for name, value in line.items() if name not in ("name", "id")}


def _show_picture(picture: PictureRecord, looks: Sequence[Look], raw: bool) -> None:
    for title, value in (
        ("Picture", f"{picture.name} ({picture.id})"),
        ("Portfolio", f"{picture.portfolio.name} ({picture.portfolio.id})"),
        ("File", str(picture.locator)),
    ):
        say(Text(f"{title:<16}", "bold"), value)
    newest = next((look for look in looks if isinstance(look.kept.outcome, Analyzed)), None)
    if newest is not None and isinstance(newest.kept.outcome, Analyzed):
        _show_descriptor(newest.kept.outcome.descriptor)
        if newest.kept.corrected:
            say(Text("\nCorrected by hand: ", "bold"), ", ".join(newest.kept.corrected))
        if raw:
            say(Text("\nThe model's own words", "bold"))
            for line in (newest.kept.raw or "").splitlines():
                say(line)
    say(Text("\nIn its runs", "bold"))
    say_table(("run", "started", "analyzer", "ended"), map(_ending, looks))


def _show_descriptor(descriptor: StyleDescriptor) -> None:
    """Every field that says something."""
    for name, value in as_json(descriptor).items():
        if name == "color_palette" and descriptor.color_palette:
            say(Text(f"{name:<16}", "bold"), swatches(descriptor.color_palette))
        elif value not in (None, [], {}) and (said := _said(value)):
            say(Text(f"{name:<16}", "bold"), said)


def _said(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_said(part) for part in value)
        case {"name": name, "score": score}:
            return str(name) if score is None else f"{name} {score:g}"
        case Mapping():
            return ", ".join(f"{part}: {_said(inner)}" for part, inner in value.items() if inner is not None)
        case _:
            return str(value)


def _ending(look: Look) -> tuple[str, ...]:
    outcome = look.kept.outcome
    how = "analyzed" if isinstance(outcome, Analyzed) else f"failed: {outcome.message}"
    reused = " (reused)" if outcome.reused else ""
    return look.run, when(look.started), f"{look.adapter} {look.model}", how + reused + _paid_twice(outcome)
