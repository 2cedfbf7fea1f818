"""Tables of trials: a row for each scenario, a column for each policy, medians with 80 % intervals."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

#: One trial as it is written: the fields of `manyeyes.lab.figures.Trial`, and `file`.
Row = dict[str, Any]

#: Trials of the same size, by scenario and policy.
Cells = Mapping[tuple[str, str], list[Row]]

#: A figure of one trial; None where it has none.
Figure = Callable[[Row], float | None]


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The median, and between which values 80 of 100 lie."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    deciles = statistics.quantiles(values, n=10, method="inclusive")
    return statistics.median(values), deciles[0], deciles[-1]


def number(value: float) -> str:
    """Two decimals below 10, else fewer."""
    return f"{value:.2f}" if abs(value) < 9.995 else f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"


def cell(rows: Sequence[Row], figure: Figure) -> str:
    """Median and interval of a figure; a share of pictures lost stands in its place where it matters."""
    if not rows:
        return ""
    lost = statistics.median(row["lost"] / row["images"] for row in rows)
    if lost > 0.001:
        return f"lost {100 * lost:.3g} %"
    values = [value for row in rows if (value := figure(row)) is not None]
    if 2 * len(values) < len(rows):
        return "never"
    middle, low, high = map(number, interval(values))
    return middle if low == high else f"{middle} ({low}–{high})"


def tables(rows: Sequence[Row], policies: Sequence[str]) -> Iterator[str]:
    """Every figure for every size, as Markdown."""
    by_size: dict[int, dict[tuple[str, str], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_size[row["images"]][row["scenario"], row["policy"]].append(row)
    for images, cells in sorted(by_size.items()):
        for title, figure in figures(cells).items():
            yield f"### N = {images:,}: {title}\n\n{table(cells, policies, figure)}"
        yield from eta_table(images, cells)


def figures(cells: Cells) -> dict[str, Figure]:
    """What is shown, by its title."""
    truth = {
        (row["scenario"], row["seed"]): row["makespan"]
        for (_, policy), rows in cells.items()
        if policy == "truth"
        for row in rows
    }
    shown: dict[str, Figure] = {"makespan / bound": lambda row: row["makespan"] / row["bound"]}
    if truth:
        shown["makespan / truth"] = lambda row: (
            row["makespan"] / truth[row["scenario"], row["seed"]]
            if (row["scenario"], row["seed"]) in truth
            else None
        )
    return shown | {
        "429s per 100 pictures": lambda row: 100 * row["refused"] / row["images"],
        "p99 / unloaded p99, after the first third": lambda row: row["p99_settled"] / row["p99_unloaded"],
        "seconds to 90 % of the best throughput": lambda row: row["t90"],
        "extra calls per 100 pictures": lambda row: 100 * row["extra_calls"] / row["images"],
    }


def table(cells: Cells, policies: Sequence[str], figure: Figure) -> str:
    """One figure: scenarios down, policies across."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in sorted(cells)))
    return markdown(
        ["", *policies],
        [
            [scenario, *(cell(cells.get((scenario, policy), []), figure) for policy in policies)]
            for scenario in scenarios
        ],
    )


def markdown(head: list[str], lines: list[list[str]]) -> str:
    """A table with a head."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines))


def eta_table(images: int, cells: Cells) -> Iterator[str]:
    """How far the time left was off, by how far the run was; for `auto` alone, others have no such claim."""
    checks = [
        (scenario, check)
        for (scenario, policy), rows in sorted(cells.items())
        if policy.startswith("auto")
        for row in rows
        for check in row["etas"]
    ]
    if not checks:
        return
    shares = sorted({check["share"] for _, check in checks})
    lines = [
        [
            scenario,
            *(
                _eta_cell([one for name, one in checks if (name, one["share"]) == (scenario, share)])
                for share in shares
            ),
        ]
        for scenario in dict.fromkeys(scenario for scenario, _ in checks)
    ]
    body = markdown(["", *(f"at {share:.0%}" for share in shares)], lines)
    yield f"### N = {images:,}: ETA, error in % of the whole run (times held by the interval in %)\n\n{body}"


def _eta_cell(checks: Sequence[Row]) -> str:
    if not checks:
        return ""
    errors = [100 * abs(check["told"] - check["actual"]) / check["total"] for check in checks]
    held = [check["low"] <= check["actual"] <= check["high"] for check in checks if check["low"] is not None]
    covered = f" ({100 * statistics.mean(held):.0f} %)" if held else ""
    return f"{statistics.median(errors):.1f}{covered}"
