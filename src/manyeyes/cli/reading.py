"""What the commands that read the store share: how it is opened, and how its contents are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from manyeyes.cli.words import printable
from manyeyes.model.descriptor import PaletteColor
from manyeyes.model.portfolio import Portfolio
from manyeyes.portrait.export import json_line
from manyeyes.settings import read_settings
from manyeyes.store.reports import RunSummary
from manyeyes.store.sql import SqlStore

T = TypeVar("T")

StoreOption = Annotated[
    str | None, typer.Option("--store", help="Where runs and answers are kept, such as sqlite:///runs.db.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]

#: So much of an id is enough for people; a beginning that is unique is understood everywhere.
SHORT = 8


def store_url(store: str | None) -> str:
    """The store that is meant: by the flag, the environment, `.env` or the default."""
    return read_settings({"store": store}).store_url


def read(store: str | None, work: Callable[[SqlStore], Awaitable[T]]) -> T:
    """What `work` reads in the store, which must be there already. Raises SettingsError and StoreError."""
    return asyncio.run(_within(SqlStore(store_url(store), read_only=True), work))


def change(store: str | None, work: Callable[[SqlStore], Awaitable[T]]) -> T:
    """The same for work that also writes."""
    return asyncio.run(_within(SqlStore(store_url(store), create=False), work))


async def _within(store: SqlStore, work: Callable[[SqlStore], Awaitable[T]]) -> T:
    async with store:
        return await work(store)


def say_json(value: object) -> None:
    """Print one line of JSON, whatever the names in it."""
    typer.echo(json_line(value), nl=False)


def say(*texts: str | Text) -> None:
    """Print a line; pieces of Text keep their style where the terminal can."""
    line = Text.assemble(*(text if isinstance(text, Text) else printable(text) for text in texts))
    Console(highlight=False).print(line, soft_wrap=True)


def say_table(titles: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print a table: in columns on a terminal, separated by tabs elsewhere."""
    console = Console(highlight=False)
    if not console.is_terminal:
        for row in (titles, *rows):
            typer.echo("\t".join(cell.plain if isinstance(cell, Text) else printable(cell) for cell in row))
        return
    table = Table(*titles, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row))
    console.print(table)


def swatches(colours: Iterable[PaletteColor]) -> Text:
    """Colours with their names, hex and shares; as blocks too where the terminal can show them."""
    return Text(", ").join(_swatch(colour, _in_full(colour)) for colour in colours)


def short_swatches(colours: Iterable[PaletteColor]) -> Text:
    """The same for a narrow column: on a terminal, the names alone."""
    if not Console().is_terminal:
        return swatches(colours)
    return Text(" ").join(_swatch(colour, colour.name) for colour in colours)


def _in_full(colour: PaletteColor) -> str:
    share = None if colour.share is None else f"{colour.share:.0%}"
    return " ".join(word for word in (colour.name, colour.hex, share) if word)


def _swatch(colour: PaletteColor, words: str) -> Text:
    said = Text(printable(words))
    if colour.hex is None or Console().color_system is None:
        return said
    return Text.assemble(("  ", f"on {colour.hex}"), " ", said)


def when(seconds: float) -> str:
    """A time of the epoch as a clock on the wall shows it."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def moment(seconds: float | None) -> str | None:
    """A time of the epoch as JSON has it: ISO 8601, UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="milliseconds")


def run_json(run: RunSummary) -> dict[str, object]:
    """The fields of a run as `--json` spells them."""
    return {
        "run": run.id,
        "portfolio": portfolio_json(run.portfolio),
        "state": run.state,
        "stopped": run.stopped,
        "analyzer": run.adapter,
        "model": run.model,
        "started": moment(run.started),
        "ended": moment(run.ended),
        "total": run.total,
        "analyzed": run.analyzed,
        "failed": run.failed,
        "reused": run.reused,
    }


def portfolio_json(portfolio: Portfolio) -> dict[str, object]:
    """The fields of a portfolio as `--json` spells them."""
    return {"id": portfolio.id, "name": portfolio.name}
