"""Tables of trials: a row for each scenario, a column for each policy, medians with 80 % intervals."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

#: Sizes that have a goal for the time left, and the name that scenarios begin with whose speed changes.
LARGE, SMALL = 2_000, 200
CHANGES = "P4"

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
    """How far the time left was off, by how far the run was, for `auto` alone: others have no such claim.

    A provider that changes its speed, P4, stands apart: nobody foretells that.
    """
    for policy in dict.fromkeys(policy for _, policy in cells if policy.startswith("auto")):
        checks = {
            scenario: [check for row in rows for check in row["etas"]]
            for (scenario, other), rows in sorted(cells.items())
            if other == policy
        }
        usual = [check for name, each in checks.items() if not name.startswith(CHANGES) for check in each]
        shares = sorted({check["share"] for each in checks.values() for check in each})
        if not usual:
            continue
        rows = [("all but P4", usual), *checks.items()]
        lines = [
            [name, *(eta_cell([one for one in each if one["share"] in some]) for some in _columns(shares))]
            for name, each in rows
        ]
        head = ["", "all", *(f"at {share:.0%}" for share in shares)]
        yield (
            f"### N = {images:,}, {policy}: time left, off by % of the whole run "
            f"(told interval held what it came to, % of times)\n\n{markdown(head, lines)}\n\n"
            f"{verdict(images, usual)}"
        )


def _columns(shares: Sequence[float]) -> list[set[float]]:
    return [set(shares), *({share} for share in shares)]


def eta_cell(checks: Sequence[Row]) -> str:
    """The median error, and how often the interval held; nothing where no time left was told."""
    if not checks:
        return "not yet told"
    return f"{statistics.median(map(error, checks)):.1f} ({coverage(checks):.0f} %)"


def error(check: Row) -> float:
    """How far the time left was off, in per cent of the whole run."""
    return float(100 * abs(check["told"] - check["actual"]) / check["total"])


def coverage(checks: Sequence[Row]) -> float:
    """Of a hundred intervals, how many held what it came to."""
    held = [check["low"] <= check["actual"] <= check["high"] for check in checks if check["low"] is not None]
    return 100 * statistics.mean(held) if held else 0.0


def verdict(images: int, checks: Sequence[Row]) -> str:
    """What comes of the goal for this size, in words; nothing where there is none."""
    off, held = statistics.median(map(error, checks)), coverage(checks)
    if images == LARGE:
        met = off <= 4 and 75 <= held <= 92
        goal = "off by 4 % at most, and 75 to 92 % of intervals hold"
    elif images == SMALL:
        met, goal = held >= 65, "65 % of intervals hold at least"
    else:
        return f"{len(checks)} times left were told."
    return f"{len(checks)} times left were told. Goal: {goal}. **{'Met' if met else 'Not met'}.**"
