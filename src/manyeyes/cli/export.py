"""`manyeyes export`: write the results of a run as JSON lines, CSV or Parquet."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from manyeyes.cli.options import StoreOption
from manyeyes.cli.reading import read
from manyeyes.cli.words import printable
from manyeyes.model.errors import SettingsError
from manyeyes.portrait.export import FORMATS, check_out, encoded, write_out
from manyeyes.store.finding import LATEST, find_run
from manyeyes.store.reports import pages
from manyeyes.store.sql import SqlStore

Form = Literal["jsonl", "csv", "parquet"]


def command(
    run: Annotated[str, typer.Argument(help="A run's id or the beginning of it.", metavar="RUN")] = LATEST,
    out: Annotated[
        Path | None, typer.Option(help="Write to this .jsonl, .csv or .parquet file, not to stdout.")
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="How stdout is written; jsonl if not said.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Add the model's own words.")] = False,
    store: StoreOption = None,
) -> None:
    """Write the results of a run as JSON lines, CSV or Parquet."""
    if out is None:
        read(store, partial(_print, run, form or "jsonl", raw))
        return
    if form is not None:
        raise SettingsError("--format is for stdout: the ending of --out says how the file is written")
    check_out(out)
    count = read(store, partial(_write, run, out, raw))
    typer.echo(f"Wrote {count} results to {printable(str(out))}.", err=True)


async def _write(text: str, out: Path, raw: bool, store: SqlStore) -> int:
    run = await store.carry_out(partial(find_run, text=text))
    return await write_out(pages(store, run.id, raw=raw), out, raw=raw)


async def _print(text: str, form: Form, raw: bool, store: SqlStore) -> None:
    run = await store.carry_out(partial(find_run, text=text))
    stdout = typer.get_binary_stream("stdout")
    async for piece in encoded(pages(store, run.id, raw=raw), FORMATS[f".{form}"], raw=raw):
        stdout.write(piece)
    stdout.flush()
