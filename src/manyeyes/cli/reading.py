"""What the commands that read the store share: how it is opened, and how its contents are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from rich.cells import cell_len
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


class _Output(Console):
    """Stdout; that nobody reads it any more is said to whoever called, as of every other stream."""

    def on_broken_pipe(self) -> None:
        """Called while the fault is at hand."""
        raise  # noqa: PLE0704


def say(*texts: str | Text) -> None:
    """Print a line; pieces of Text keep their style where the terminal can."""
    line = Text.assemble(*(text if isinstance(text, Text) else printable(text) for text in texts))
    _Output(highlight=False).print(line, soft_wrap=True)


def is_terminal() -> bool:
    """Whether stdout is read by a person."""
    return Console().is_terminal


def width() -> int:
    """Columns of the terminal."""
    return Console().width


def say_table(titles: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print a table: in columns on a terminal, with tabs elsewhere.

    On a terminal the first column is shortened to what the others leave it, but not to less than a third;
    cells of the others may take several lines.
    """
    console = _Output(highlight=False)
    if not console.is_terminal:
        for row in (titles, *rows):
            typer.echo("\t".join(cell.plain if isinstance(cell, Text) else printable(cell) for cell in row))
        return
    cells = [[cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold", no_wrap=not table.columns)
    room = console.width - sum(_width(column) for column in [*zip(titles, *cells, strict=True)][1:])
    for first, *others in cells:
        table.add_row(shortened(first.plain, max(room, console.width // 3)), *others)
    console.print(table)


def _width(column: Iterable[str | Text]) -> int:
    """Columns of the terminal that one of the table takes, with the gap before it."""
    return 2 + max(cell_len(str(cell)) for cell in column)


def shortened(text: str, columns: int) -> str:
    """`text` in at most so many columns of a terminal: its beginning, `…`, and as much of its end."""
    if cell_len(text) <= columns:
        return text
    tail, room = "", max(0, columns - 1)
    while cell_len(longer := text[len(text) - len(tail) - 1 :]) <= room - room // 2:
        tail = longer
    head = ""
    while cell_len(longer := text[: len(head) + 1]) <= room // 2:
        head = longer
    return f"{head}…{tail}"


def swatches(colours: Iterable[PaletteColor]) -> Text:
    """Colours with their names, hex and shares; as blocks too where the terminal can show them."""
    return Text(", ").join(_swatch(colour, _in_full(colour)) for colour in colours)


def short_swatches(colours: Iterable[PaletteColor]) -> Text:
    """The same for a narrow column: on a terminal, the names alone."""
    if not is_terminal():
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
    fields: dict[str, object] = {
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
    return fields | {"paused": True} if run.paused else fields


def portfolio_json(portfolio: Portfolio) -> dict[str, object]:
    """The fields of a portfolio as `--json` spells them."""
    return {"id": portfolio.id, "name": portfolio.name}
