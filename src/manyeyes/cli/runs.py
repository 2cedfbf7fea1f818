"""`manyeyes runs`: list the runs in the store."""

from __future__ import annotations

from collections.abc import Sequence

from manyeyes.cli.options import ServerOption, StoreOption
from manyeyes.cli.places import consult
from manyeyes.cli.reading import (
    SHORT,
    JsonOption,
    is_terminal,
    run_json,
    say,
    say_json,
    say_table,
    when,
    width,
)
from manyeyes.store.reports import RunSummary

#: Columns from which all of a run has a place, and what is left out below.
WIDE = 100
TITLES = ("run", "started", "portfolio", "analyzer", "state", "pictures", "analyzed", "failed", "reused")
LEFT_OUT = ("analyzer", "analyzed", "reused")


def command(store: StoreOption = None, server: ServerOption = None, as_json: JsonOption = False) -> None:
    """List the runs in the store."""
    runs = consult(store, server, lambda records: records.runs())
    if as_json:
        say_json([run_json(run) for run in runs])
    elif runs:
        titles, *rows = map(_fitting, [TITLES, *map(_row, runs)])
        say_table(titles, rows)
    else:
        say("The store holds no run yet: `manyeyes analyze` makes one.")


def _fitting(row: Sequence[str]) -> list[str]:
    """What of a row has a place; elsewhere than on a terminal, all."""
    if not is_terminal() or width() >= WIDE:
        return list(row)
    return [cell for title, cell in zip(TITLES, row, strict=True) if title not in LEFT_OUT]


def _row(run: RunSummary) -> tuple[str, ...]:
    analyzer = run.adapter if run.model in ("", run.adapter) else f"{run.adapter} {run.model}"
    ended = run.analyzed + run.failed
    pictures = str(ended) if run.total in (None, ended) else f"{ended} of {run.total}"
    counts = (pictures, str(run.analyzed), str(run.failed), str(run.reused))
    return (
        run.id[:SHORT],
        when(run.started),
        run.portfolio.name,
        analyzer,
        "paused" if run.paused else run.state,
        *counts,
    )
