"""What a benchmark's figures come to: the table, the knee, and a recommendation in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import mean

from manyeyes.lab.bench import SEQUENTIAL, Call, Measured, Way
from manyeyes.lab.figures import p95
from manyeyes.pacing.knowledge import Knowledge

#: Share of the best throughput that is as good as the best: less than a portfolio's luck makes.
NEARLY = 0.95
#: Times what it is unloaded, beyond which calls queue: a 95th percentile of some forty calls sways by half
#: as much on its own.
INFLATED = 1.5
#: Times the throughput of the smallest number tried, below which calls at once hardly matter.
FLAT = 1.25


@dataclass(frozen=True, slots=True)
class Row:
    """One way in figures, beside one picture after another. Times are seconds."""

    way: Way
    seconds: float
    #: Pictures a second.
    throughput: float
    #: Calls at once: as pinned, else the most that there were.
    at_once: int
    refused: int
    failed: int
    p95: float
    #: What one after another took; None where that was not measured.
    sequential: float | None = None

    @classmethod
    def of(cls, measured: Measured, sequential: float | None) -> Row:
        """The figures of what was measured."""
        way, seconds = measured.way, measured.seconds
        return cls(
            way,
            seconds,
            measured.images / seconds if seconds else 0.0,
            way.calls if isinstance(way.calls, int) else most_at_once(measured.calls),
            measured.refused,
            measured.failed,
            p95([call.seconds for call in measured.calls if call.end == "answered"]),
            sequential,
        )

    @property
    def saved(self) -> float | None:
        """Seconds less than one after another."""
        return None if self.sequential is None else self.sequential - self.seconds

    @property
    def saved_per_cent(self) -> int | None:
        """The same in whole per cent, halves rounded up."""
        return None if not self.sequential else math.floor(100 * (1 - self.seconds / self.sequential) + 0.5)

    @property
    def speed_up(self) -> float | None:
        """How many times faster than one after another."""
        return None if self.sequential is None or not self.seconds else self.sequential / self.seconds

    @property
    def efficiency(self) -> float | None:
        """The speed-up over that in theory, which is the number of calls at once."""
        return None if self.speed_up is None else self.speed_up / self.at_once


def most_at_once(calls: Sequence[Call]) -> int:
    """The most calls that went on at the same time; at least 1."""
    # Where one ends as another begins, the end comes first.
    changes = sorted([(call.began, 1) for call in calls] + [(call.ended, -1) for call in calls])
    return max(1, *accumulate((change for _, change in changes), initial=0))


def rows_of(measured: Sequence[Measured]) -> list[Row]:
    """A row for each, in the same order."""
    sequential = next((each.seconds for each in measured if each.way == SEQUENTIAL), None)
    return [Row.of(each, sequential) for each in measured]


@dataclass(frozen=True, slots=True)
class Knee:
    """Where more calls at once stop paying, and what spoke for it."""

    row: Row
    #: The fastest of those whose number of calls was pinned.
    best: Row
    #: The 95th percentile that calls take when nothing queues, by the smallest number tried.
    unloaded: float
    #: No number of calls was much faster than the smallest.
    flat: bool = False
    #: No larger number was tried.
    largest: bool = False


def knee_of(rows: Sequence[Row]) -> Knee | None:
    """The smallest number of calls with at least `NEARLY` the best throughput and no inflated latency.

    Where all that are as fast have inflated latencies, the fastest without; where none is much faster than
    the smallest, that one. None where fewer than two pinned numbers were answered.
    """
    answered = [row for row in rows if row.way.pinned is not None and row.p95 > 0]
    pinned = sorted(answered, key=lambda row: row.at_once)
    if len(pinned) < 2:
        return None
    least, best = pinned[0], max(pinned, key=lambda row: row.throughput)
    calm = [row for row in pinned if row.p95 <= INFLATED * least.p95]
    near = [row for row in calm if row.throughput >= NEARLY * best.throughput]
    row = near[0] if near else max(calm, key=lambda row: row.throughput)
    flat = best.throughput < FLAT * least.throughput
    return Knee(least if flat else row, best, least.p95, flat=flat, largest=row is pinned[-1] and not flat)


#: What is recommended of an analyzer that is bound by this machine's cores, whatever was measured.
FOR_CORES = (
    "Recommended: --concurrency auto, which is the number of this machine's cores: this analyzer works on "
    "them, and more calls at once only queue."
)


def recommendation(rows: Sequence[Row], knee: Knee | None) -> str:
    """What to do, and why, in a few sentences."""
    if knee is None:
        return "Too little was measured to recommend a concurrency."
    said = [f"Recommended: --concurrency {knee.row.at_once}, {_why(knee)}."]
    if knee.row.refused:
        said.append(f"{knee.row.refused} of its calls were refused for their rate: --rpm would prevent that.")
    auto = next((row for row in rows if row.way.calls == "auto"), None)
    if auto is not None:
        said.append(f"auto, told no number, came to {auto.throughput:.3g} a second, {auto.at_once} at once.")
    if knee.largest and (auto is None or _was_faster_with_more(auto, knee.row)):
        said.append("More than was tried may be faster still.")
    return " ".join(said)


def _was_faster_with_more(row: Row, than: Row) -> bool:
    return row.at_once <= than.at_once or NEARLY * row.throughput > than.throughput


def _why(knee: Knee) -> str:
    row, best, longer = knee.row, knee.best, knee.row.p95 / knee.unloaded
    latency = "answers take no longer" if longer < 1.1 else f"answers take {longer:.1f} times as long"
    told = f"{latency} (p95 {row.p95:.3g} s, unloaded {knee.unloaded:.3g} s)"
    if knee.flat:
        gain = 100 * (best.throughput / row.throughput - 1)
        return f"since more at once hardly gain anything: {gain:.0f} % at best, with {best.at_once}"
    if row is best:
        return f"the fastest, at {row.throughput:.3g} pictures a second; {told}"
    if row.throughput >= NEARLY * best.throughput:
        return (
            f"the smallest number within {100 * (1 - NEARLY):.0f} % of the best, {row.throughput:.3g} of "
            f"{best.throughput:.3g} pictures a second; {told}"
        )
    return (
        f"at {row.throughput:.3g} pictures a second; {told}. {best.at_once} are faster, "
        f"{best.throughput:.3g} a second, but answers take {best.p95 / knee.unloaded:.1f} times as long there"
    )


_HEAD = ("way", "seconds", "saved", "", "speed-up", "theory", "efficiency", "429s", "p95 s")


def table(rows: Sequence[Row], knee: Knee | None) -> list[str]:
    """The figures for people, the knee marked with `>`; within 80 columns for times up to a day."""
    cells = [_HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    recommended = None if knee is None else knee.row
    marks = ["  ", *("> " if row is recommended else "  " for row in rows)]
    return [sign + _aligned(each, widths) for sign, each in zip(marks, cells, strict=True)]


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures = (
        cell.rjust(width) if index else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join((name, *figures)).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    is_reference = row.way == SEQUENTIAL
    return (
        row.way.name,
        f"{row.seconds:.2f}",
        "" if row.saved is None or is_reference else f"{row.saved:.2f}",
        "" if row.saved_per_cent is None or is_reference else f"{row.saved_per_cent} %",
        "" if row.speed_up is None else f"{row.speed_up:.1f}",
        str(row.at_once),
        "" if row.efficiency is None else f"{100 * row.efficiency:.0f} %",
        str(row.refused),
        f"{row.p95:.3f}",
    )


def as_object(rows: Sequence[Row], knee: Knee | None, advice: str) -> dict[str, object]:
    """The same for programs."""
    return {
        "ways": [
            {
                "way": row.way.name,
                "seconds": round(row.seconds, 3),
                "savedSeconds": _rounded(row.saved),
                "savedPercent": row.saved_per_cent,
                "speedUp": _rounded(row.speed_up),
                "theory": row.at_once,
                "efficiency": _rounded(row.efficiency),
                "imagesPerSecond": round(row.throughput, 3),
                "rejections": row.refused,
                "failed": row.failed,
                "p95Seconds": round(row.p95, 3),
            }
            for row in rows
        ],
        "recommended": None if knee is None else knee.row.at_once,
        "recommendation": advice,
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 3)


def knowledge_from(measured: Sequence[Measured], knee: Knee | None) -> Knowledge:
    """What later runs of `auto` should start from: the knee, unloaded latencies, and what `auto` learned."""
    auto = next((each.knowledge for each in measured if each.way.calls == "auto"), None)
    learned = Knowledge() if auto is None else auto
    if knee is None:
        return learned
    pinned = {each.way.pinned: each for each in measured if each.way.pinned is not None}
    unloaded = pinned[min(pinned)]
    logs = [math.log(call.seconds) for call in unloaded.calls if call.end == "answered" and call.seconds > 0]
    found = Knowledge(limit=float(knee.row.at_once), baseline=mean(logs) if logs else None)
    return found.over(learned)
