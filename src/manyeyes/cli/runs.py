"""`manyeyes runs`: list the runs in the store."""

from __future__ import annotations

from manyeyes.cli.reading import (
    SHORT,
    JsonOption,
    StoreOption,
    read,
    run_json,
    say,
    say_json,
    say_table,
    when,
)
from manyeyes.store.reports import RunSummary, list_runs
from manyeyes.store.sql import SqlStore

TITLES = ("run", "started", "portfolio", "analyzer", "state", "pictures", "analyzed", "failed", "reused")


def command(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List the runs in the store."""
    runs = read(store, _runs)
    if as_json:
        say_json([run_json(run) for run in runs])
    elif runs:
        say_table(TITLES, map(_row, runs))
    else:
        say("The store holds no run yet: `manyeyes analyze` makes one.")


async def _runs(store: SqlStore) -> list[RunSummary]:
    return await store.carry_out(list_runs)


def _row(run: RunSummary) -> tuple[str, ...]:
    analyzer = run.adapter if run.model in ("", run.adapter) else f"{run.adapter} {run.model}"
    ended = run.analyzed + run.failed
    pictures = str(ended) if run.total in (None, ended) else f"{ended} of {run.total}"
    counts = (pictures, str(run.analyzed), str(run.failed), str(run.reused))
    return (run.id[:SHORT], when(run.started), run.portfolio.name, analyzer, run.state, *counts)
