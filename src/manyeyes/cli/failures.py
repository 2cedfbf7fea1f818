"""`manyeyes failures`: what failed in a run, by cause, each with its remedy."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from manyeyes.cli.closing import failure_lines
from manyeyes.cli.reading import JsonOption, StoreOption, read, say_json
from manyeyes.portrait.failures import Cause, causes_of
from manyeyes.store.finding import LATEST, find_run
from manyeyes.store.reports import RunSummary, pages
from manyeyes.store.sql import SqlStore


def command(
    run: Annotated[str, typer.Argument(help="A run's id or the beginning of it.", metavar="[RUN]")] = LATEST,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what failed in a run, by cause, each with its remedy."""
    found, causes = read(store, partial(_causes, run))
    if as_json:
        say_json({"run": found.id, "failed": found.failed, "causes": [cause.as_json() for cause in causes]})
        return
    for line in failure_lines(causes) or [f"Nothing failed in run {found.id}."]:
        typer.echo(line)


async def _causes(text: str, store: SqlStore) -> tuple[RunSummary, list[Cause]]:
    run = await store.carry_out(partial(find_run, text=text))
    return run, await causes_of(pages(store, run.id, only_failed=True))
