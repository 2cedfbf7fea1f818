"""`manyeyes forget`: delete a portfolio or a picture, with its answers."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer

from manyeyes.cli.codes import STOPPED
from manyeyes.cli.options import StoreOption
from manyeyes.cli.reading import change, read, store_url
from manyeyes.cli.words import printable
from manyeyes.model.errors import SettingsError
from manyeyes.store.database import scrub
from manyeyes.store.finding import PictureRecord, find_portfolio_or_picture
from manyeyes.store.forget import Forgotten, Target, forget, weigh
from manyeyes.store.sql import SqlStore


def command(
    what: Annotated[
        str,
        typer.Argument(
            help="A portfolio or a picture: its name, its id or the beginning of it.",
            metavar="PORTFOLIO|PICTURE",
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    store: StoreOption = None,
) -> None:
    """Delete a portfolio or a picture, with its answers."""
    target, weight = read(store, partial(_weigh, what))
    typer.echo(_what_goes(target, weight), err=True)
    if not yes and not _agreed():
        typer.echo("Nothing was deleted.", err=True)
        raise typer.Exit(STOPPED)
    change(store, partial(_forget, target))
    if scrub(store_url(store)):
        typer.echo("Deleted.", err=True)
    else:
        typer.echo(
            "Deleted. Another program uses the store, so its file could not be rewritten now: traces may "
            "stay in it until something is deleted while nobody else does.",
            err=True,
        )


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise SettingsError("nobody is at a terminal to agree: say --yes to delete it")
    return typer.confirm("Delete it for good?", err=True)


async def _weigh(what: str, store: SqlStore) -> tuple[Target, Forgotten]:
    target: Target = await store.carry_out(partial(find_portfolio_or_picture, text=what))
    return target, await store.carry_out(partial(weigh, target=target))


async def _forget(target: Target, store: SqlStore) -> None:
    await store.carry_out(partial(forget, target=target))


def _what_goes(target: Target, weight: Forgotten) -> str:
    if isinstance(target, PictureRecord):
        what = f"Picture {target.name!r} of portfolio {target.portfolio.name!r} goes"
    else:
        parts = f"{_count(weight.pictures, 'picture')} and {_count(weight.runs, 'run')}"
        what = f"Portfolio {target.name!r} goes, with {parts}"
    stays = f" Kept: {_count(weight.shared, 'answer')} on bytes that other pictures share."
    said = f"{what}, and {_count(weight.answers, 'answer')}. No picture file is touched."
    return printable(said + (stays if weight.shared else ""))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
