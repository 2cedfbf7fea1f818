"""`manyeyes failures`: what failed in a run, by cause, each with its remedy."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from manyeyes.cli.closing import failure_lines
from manyeyes.cli.options import ServerOption, StoreOption
from manyeyes.cli.places import consult
from manyeyes.cli.reading import JsonOption, say_json
from manyeyes.cli.records import Records
from manyeyes.cli.words import printable
from manyeyes.portrait.failures import Cause
from manyeyes.store.finding import LATEST
from manyeyes.store.reports import BROKEN_OFF, RunSummary


def command(
    run: Annotated[str, typer.Argument(help="A run's id or the beginning of it.", metavar="RUN")] = LATEST,
    store: StoreOption = None,
    server: ServerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what failed in a run, by cause, each with its remedy."""
    found, causes = consult(store, server, partial(_causes, run))
    if as_json:
        fields = {"run": found.id, "state": found.state, "stopped": found.stopped, "failed": found.failed}
        say_json(fields | {"causes": [cause.as_json() for cause in causes]})
        return
    failed = failure_lines(causes) or [f"No picture failed in run {found.id}."]
    for line in (*_why_not_whole(found), *failed):
        typer.echo(line)


def _why_not_whole(run: RunSummary) -> list[str]:
    """Why the run has not ended as it should, and what to do; nothing of one that has."""
    if run.state == "complete":
        return []
    of = "" if run.total is None else f" of {run.total}"
    so_far = f"  {run.analyzed + run.failed}{of} pictures have ended."
    if run.state == "running":
        return [f"Run {run.id} is still running.", so_far]
    why = {
        "interrupted": "was interrupted.",
        BROKEN_OFF: "broke off: its program was killed, or the machine went down.",
    }.get(run.state, f"stopped: {printable(run.stopped or 'nobody said why')}")
    return [f"Run {run.id} {why}", f"{so_far} Run the same command again to go on: what is answered is kept."]


async def _causes(text: str, records: Records) -> tuple[RunSummary, list[Cause]]:
    run = await records.run(text)
    return run, await records.causes(run)
