"""`manyeyes export`: write the results of a run as JSON lines, CSV or Parquet."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from manyeyes.cli.options import ServerOption, StoreOption
from manyeyes.cli.places import consult
from manyeyes.cli.records import Records
from manyeyes.cli.words import printable
from manyeyes.model.errors import SettingsError
from manyeyes.portrait.export import check_out
from manyeyes.store.finding import LATEST

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
    server: ServerOption = None,
) -> None:
    """Write the results of a run as JSON lines, CSV or Parquet."""
    if out is None:
        consult(store, server, partial(_print, run, form or "jsonl", raw))
        return
    if form is not None:
        raise SettingsError("--format is for stdout: the ending of --out says how the file is written")
    check_out(out)
    count = consult(store, server, partial(_write, run, out, raw))
    what = "the results" if count is None else f"{count} results"
    typer.echo(f"Wrote {what} to {printable(str(out))}.", err=True)


async def _write(text: str, out: Path, raw: bool, records: Records) -> int | None:
    return await records.write(await records.run(text), out, raw=raw)


async def _print(text: str, form: Form, raw: bool, records: Records) -> None:
    stdout = typer.get_binary_stream("stdout")
    async for piece in records.exported(await records.run(text), form, raw=raw):
        stdout.write(piece)
    stdout.flush()
