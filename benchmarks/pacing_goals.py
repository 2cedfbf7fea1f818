"""What was to be reached by the learned limit, and whether it was: a row for each goal."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacing_tables import Row, markdown, number

WARM = "auto, warm"
HEDGED, HEDGED_WARM = "auto+hedge", "auto+hedge, warm"
#: Where 80 slots bind and no quota does, at least within a minute.
EIGHTY = frozenset({"p1-80-slots", "w-calendar-minute"})
STRAGGLERS = frozenset({"p6-stragglers"})
#: Slots change under way, which nothing foretells.
CHANGES = frozenset({"p4-slots-change"})
HEADERS = frozenset({"p2h-bucket-with-headers", "th-tokens-with-headers", "r-low-credit"})
#: A quota that nobody tells, or a cap.
UNTOLD = frozenset({
    "p2-bucket", "p2s-silent-bucket", "p3-bucket-and-failures", "p7-hard-cap", "s-shared-key", "t-tokens",
    "w-calendar-minute",
})  # fmt: skip
#: Quotas of requests that are ours alone, so that who is told them is never refused.
OURS = frozenset({
    "p2-bucket", "p2h-bucket-with-headers", "p2s-silent-bucket", "p3-bucket-and-failures", "r-low-credit",
    "w-calendar-minute",
})  # fmt: skip
LOW_CREDIT = frozenset({"r-low-credit"})
FEW_SLOTS = frozenset({"p1-4-slots"})
TWENTY = frozenset({"p1-20-slots"})

#: Sums trials of one scenario and size up into a figure; None where they tell nothing.
Figure = Callable[[Sequence[Row], "Truth"], float | None]
#: Makespans of knowing the truth, by scenario, size and seed.
Truth = Mapping[tuple[str, int, int], float]


@dataclass(frozen=True, slots=True)
class Goal:
    """One row: of all scenarios and sizes that it is about, the worst figure counts."""

    name: str
    figure: Figure
    policy: str
    sizes: frozenset[int]
    at_most: float | None = None
    at_least: float | None = None
    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()

    def is_about(self, row: Row) -> bool:
        """Whether a trial counts for it."""
        chosen = self.only is None or row["file"] in self.only
        return (
            row["policy"] == self.policy
            and row["images"] in self.sizes
            and chosen
            and row["file"] not in self.but
        )

    def misses(self, value: float) -> bool:
        """Whether a figure is not good enough; to two decimals, as it is shown."""
        shown = round(value, 2)
        over = self.at_most is not None and shown > self.at_most
        return over or (self.at_least is not None and shown < self.at_least)


def over_truth(rows: Sequence[Row], truth: Truth) -> float | None:
    """Median of makespan over that of knowing the truth."""
    keys = [(row["file"], row["images"], row["seed"]) for row in rows]
    return _median(row["makespan"] / truth[key] for row, key in zip(rows, keys, strict=True) if key in truth)


def over_bound(rows: Sequence[Row], _: Truth) -> float | None:
    """Median of makespan over the strict bound."""
    return _median(row["makespan"] / row["bound"] for row in rows)


def extra_per_100(rows: Sequence[Row], _: Truth) -> float | None:
    """Median of calls beyond one for each picture, for each 100 of these."""
    return _median(100 * row["extra_calls"] / row["images"] for row in rows)


def refused_per_100(rows: Sequence[Row], _: Truth) -> float | None:
    """Median of 429s for each 100 pictures."""
    return _median(100 * row["refused"] / row["images"] for row in rows)


def refused(rows: Sequence[Row], _: Truth) -> float | None:
    """Median of 429s in a run."""
    return _median(row["refused"] for row in rows)


def most_refused(rows: Sequence[Row], _: Truth) -> float | None:
    """Most 429s in any run."""
    return float(max(row["refused"] for row in rows))


def refused_a_minute(rows: Sequence[Row], _: Truth) -> float | None:
    """Most 429s a minute in any run, after the first two."""
    return float(max(max(0, row["refused"] - 2) * 60 / row["makespan"] for row in rows))


def latency(rows: Sequence[Row], _: Truth) -> float | None:
    """Median of the p99 of calls sent after slow start, over what it is unloaded."""
    return _median(row["p99_after_start"] / row["p99_unloaded"] for row in rows)


def lost(rows: Sequence[Row], _: Truth) -> float | None:
    """Pictures without an answer, in all runs together."""
    return float(sum(row["lost"] for row in rows))


def eta_error(rows: Sequence[Row], _: Truth) -> float | None:
    """Median of how far the time left was off, in per cent of the run."""
    return _median(100 * abs(check["told"] - check["actual"]) / check["total"] for check in _checks(rows))


def eta_coverage(rows: Sequence[Row], _: Truth) -> float | None:
    """How many of the intervals held what it came to, in per cent; None where none was told."""
    told = [check for check in _checks(rows) if check["low"] is not None]
    held = [100.0 * (check["low"] <= check["actual"] <= check["high"]) for check in told]
    return statistics.mean(held) if held else None


def _checks(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [check for row in rows for check in row["etas"]]


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return statistics.median(known) if known else None


SMALL, MEDIUM, LARGE, HUGE = (frozenset({size}) for size in (44, 200, 2_000, 20_000))
ALL = SMALL | MEDIUM | LARGE | HUGE
_SLOW = EIGHTY | STRAGGLERS
GOALS = (
    Goal("warm, N = 44: over truth", over_truth, WARM, SMALL, 1.06),
    Goal("warm, N = 200: over truth", over_truth, WARM, MEDIUM, 1.06),
    Goal("warm, N = 2,000: over truth", over_truth, WARM, LARGE, 1.06),
    Goal("cold, N = 2,000: over truth", over_truth, "auto", LARGE, 1.06, but=_SLOW),
    Goal("the same, 80 slots and stragglers", over_truth, "auto", LARGE, 1.15, only=_SLOW),
    Goal("cold, N = 20,000: over truth", over_truth, "auto", HUGE, 1.02),
    Goal("cold, N = 200: over truth", over_truth, "auto", MEDIUM, 1.25, but=EIGHTY),
    Goal("the same, 80 slots", over_truth, "auto", MEDIUM, 1.9, only=EIGHTY),
    Goal("20 slots, N = 44, started at 20: over truth", over_truth, "auto:20", SMALL, 1.06, only=TWENTY),
    *(
        Goal(name, figure, policy, size, most, only=STRAGGLERS)
        for policy, start in ((HEDGED_WARM, "warm"), (HEDGED, "cold"))
        for size, count, ratio, more in ((MEDIUM, "200", 1.15, 3.0), (LARGE, "2,000", 1.1, 0.5))
        for name, figure, most in (
            (f"stragglers, hedged, {start}, N = {count}: over the bound", over_bound, ratio),
            (f"stragglers, hedged, {start}, N = {count}: more calls per 100", extra_per_100, more),
        )
    ),
    Goal("rate unknown: 429s per 100", refused_per_100, "auto", LARGE | HUGE, 2.5, only=UNTOLD),
    Goal("headers tell: 429s a run", refused, "auto", LARGE | HUGE, 1, only=HEADERS),
    Goal("configured: 429s in any run", most_refused, "configured", LARGE | HUGE, 0, only=OURS),
    Goal("after slow start: p99 over unloaded", latency, "auto", ALL, 1.7, but=FEW_SLOTS),
    Goal("every scenario, every seed ends: pictures lost", lost, "auto", ALL, 0),
    Goal("the same, warm", lost, WARM, SMALL | MEDIUM | LARGE, 0),
    Goal("low credit: 429s a minute after two", refused_a_minute, "auto", ALL, 1, only=LOW_CREDIT),
)
#: Goals about all scenarios together.
POOLED = (
    Goal("ETA, N = 2,000: off by per cent of the run", eta_error, "auto", LARGE, 4, but=CHANGES),
    Goal("ETA, N = 2,000: per cent in its interval", eta_coverage, "auto", LARGE, 92, 75, but=CHANGES),
    Goal("ETA, N = 200: per cent in its interval", eta_coverage, "auto", MEDIUM, at_least=65, but=CHANGES),
)


def needs(file: str, policy: str, images: int) -> bool:
    """Whether a goal needs trials of this kind."""
    row = {"file": file, "policy": policy, "images": images}
    return policy == "truth" or any(goal.is_about(row) for goal in (*GOALS, *POOLED))


def judged(rows: Sequence[Row]) -> tuple[str, bool]:
    """The table, and whether a goal is missed; goals that nothing was tried for are left out."""
    truth = {
        (row["file"], row["images"], row["seed"]): row["makespan"] for row in rows if row["policy"] == "truth"
    }
    lines, missed = [], False
    for goal in (*GOALS, *POOLED):
        found = _worst(goal, [row for row in rows if goal.is_about(row)], truth)
        if found is not None:
            value, where = found
            missed |= goal.misses(value)
            verdict = "MISSED" if goal.misses(value) else "pass"
            lines.append([goal.name, _bounds(goal), number(value), where, verdict])
    return markdown(["goal", "is", "worst median", "in", ""], lines), missed


def _bounds(goal: Goal) -> str:
    bounds = (("≥", goal.at_least), ("≤", goal.at_most))
    return ", ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


def _worst(goal: Goal, rows: Sequence[Row], truth: Truth) -> tuple[float, str] | None:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        name = "all" if goal in POOLED else row["scenario"]
        several = len(goal.sizes) > 1 and goal.figure is not lost
        groups[f"{name}, N = {row['images']:,}" if several else name].append(row)
    found = [
        (value, where) for where, some in groups.items() if (value := goal.figure(some, truth)) is not None
    ]
    return max(found, default=None)
