"""`manyeyes profile`: the style of a portfolio as a whole, in words, figures and pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from manyeyes.cli.codes import WAS_INTERRUPTED
from manyeyes.cli.interrupts import Interrupted, until_interrupted
from manyeyes.cli.options import ServerOption, StoreOption
from manyeyes.cli.places import consult
from manyeyes.cli.profile_files import check_place, write_profile
from manyeyes.cli.profile_shown import show_profile
from manyeyes.cli.reading import JsonOption, portfolio_json, run_json, say_json, when
from manyeyes.cli.records import Records, Subject
from manyeyes.cli.words import printable
from manyeyes.portrait.page import Heading
from manyeyes.portrait.profile import profile_of
from manyeyes.portrait.style import StyleProfile
from manyeyes.store.finding import LATEST
from manyeyes.store.reports import RunSummary

#: Said to whoever has not waited for the words.
LEFT = "manyeyes: no longer waited for. What may have been bought is kept: the same command looks for it."


def command(
    what: Annotated[
        str,
        typer.Argument(
            help="A run or a portfolio: its id or the beginning of it, or a portfolio's name.",
            metavar="RUN|PORTFOLIO",
        ),
    ] = LATEST,
    out: Annotated[
        Path | None,
        typer.Option(help="Write it: an .html or .json file, or a folder for all, with SVG and PNG plots."),
    ] = None,
    words_by: Annotated[
        str | None,
        typer.Option(
            metavar="ANALYZER[:MODEL]",
            help="Have it put into words, by one call that may cost money: openai, replicate.",
        ),
    ] = None,
    store: StoreOption = None,
    server: ServerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the style of a portfolio as a whole: colours, garments, cloth, what stands out."""
    if out is not None:
        check_place(out)
    work = partial(_profile, what, words_by)
    try:
        found, profile = consult(store, server, work, writes=words_by is not None)
    except Interrupted:
        typer.echo(LEFT, err=True)
        raise typer.Exit(WAS_INTERRUPTED) from None
    heading = _heading(found)
    if as_json:
        say_json(_fields(found) | {"profile": profile.as_json()})
    elif out is None:
        show_profile(profile, heading)
    if out is not None:
        count = write_profile(out, profile, heading)
        files = "1 file" if count == 1 else f"{count} files"
        typer.echo(f"Wrote {files} to {printable(str(out))}.", err=True)


async def _profile(text: str, words_by: str | None, records: Records) -> tuple[Subject, StyleProfile]:
    found = await records.run_or_portfolio(text)
    profile = await profile_of(records.pages(found))
    if words_by is not None:
        await until_interrupted(records.put_into_words(found, profile, words_by))
    return found, await records.worded(found, profile)


def _heading(found: Subject) -> Heading:
    if isinstance(found, RunSummary):
        about = f"Run {found.id}, {found.adapter} {found.model}, {when(found.started)}"
        return Heading(printable(found.portfolio.name), about)
    return Heading(printable(found.name), "The newest answer on each picture")


def _fields(found: Subject) -> dict[str, object]:
    if isinstance(found, RunSummary):
        return run_json(found)
    return {"portfolio": portfolio_json(found)}
