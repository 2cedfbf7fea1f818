"""The tables of trials that the documentation shows: a line for each provider."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from pacing_goals import WARM
from pacing_tables import Row, cell, markdown

#: A column: its head, size, policy and figure.
Column = tuple[str, int, str, Callable[[Row], float]]

HEAD = """# Every policy in every modelled provider

Medians over seeds, and in brackets what 80 of 100 lie between, as written by `benchmarks/pacing.py
--knowledge --out results.jsonl --page docs/benchmarks-pacing.md`. Makespans are over that of **knowing
the truth**: fixed at the true capacity, paced at the true rate. What the providers are stands in
`benchmarks/scenarios/`, what the policies are in [scenarios](reference/scenario.md), and what of it
matters in [benchmarks](benchmarks.md).
"""


def summary(rows: Sequence[Row]) -> str:
    """What the learned limit comes to, by size, cold and warm; medians."""
    truth = _truths(rows)

    def over(row: Row) -> float:
        return float(row["makespan"] / truth[row["file"], row["images"], row["seed"]])

    columns: list[Column] = [
        ("44 warm", 44, WARM, over),
        ("200 cold", 200, "auto", over),
        ("200 warm", 200, WARM, over),
        ("2,000 cold", 2_000, "auto", over),
        ("2,000 warm", 2_000, WARM, over),
        ("20,000 cold", 20_000, "auto", over),
        ("429s per 100", 2_000, "auto", lambda row: 100 * row["refused"] / row["images"]),
        ("p99, N = 200", 200, "auto", _latency),
        ("p99, N = 2,000", 2_000, "auto", _latency),
    ]
    names = sorted({str(row["scenario"]) for row in rows})
    lines = [[name, *(_median(rows, name, column, truth) for column in columns)] for name in names]
    return markdown(["provider", *(column[0] for column in columns)], lines)


def _latency(row: Row) -> float:
    return float(row["p99_after_start"] / row["p99_unloaded"])


def _truths(rows: Sequence[Row]) -> dict[tuple[str, int, int], float]:
    return {
        (row["file"], row["images"], row["seed"]): row["makespan"] for row in rows if row["policy"] == "truth"
    }


def _median(rows: Sequence[Row], name: str, column: Column, truth: dict[tuple[str, int, int], float]) -> str:
    _, images, policy, figure = column
    found = [
        figure(row)
        for row in rows
        if (row["scenario"], row["images"], row["policy"]) == (name, images, policy)
        and (row["file"], images, row["seed"]) in truth
    ]
    return f"{statistics.median(found):.2f}" if found else ""


def page(rows: Sequence[Row], policies: Sequence[str]) -> str:
    """Policies down and providers across would be too wide: a table for each size, providers down."""
    truth = _truths(rows)
    parts = [HEAD]
    for images in sorted({int(row["images"]) for row in rows}):
        here = [row for row in rows if row["images"] == images]
        shown = [policy for policy in policies if any(row["policy"] == policy for row in here)]

        def over(row: Row) -> float | None:
            known = truth.get((row["file"], row["images"], row["seed"]))
            return None if known is None else float(row["makespan"] / known)

        others = [policy for policy in shown if policy != "truth"]
        parts.append(f"## {images:,} pictures: makespan over truth\n\n{_table(here, others, over)}\n")
        parts.append(
            f"## {images:,} pictures: 429s for each 100\n\n"
            f"{_table(here, shown, lambda row: 100 * row['refused'] / row['images'])}\n"
        )
    return "\n".join(parts)


def _table(rows: Sequence[Row], policies: Sequence[str], figure: Callable[[Row], float | None]) -> str:
    names = sorted({str(row["scenario"]) for row in rows})
    by_cell: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_cell.setdefault((row["scenario"], row["policy"]), []).append(row)
    lines = [
        [name, *(cell(by_cell.get((name, policy), []), figure) for policy in policies)] for name in names
    ]
    return markdown(["", *policies], lines)
