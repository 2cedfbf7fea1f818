"""Draws a benchmark: throughput and latency against calls at once, and each way's calls as bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from manyeyes.lab.bench import SEQUENTIAL, Call, Measured
from manyeyes.lab.report import INFLATED, Knee, Row
from manyeyes.plots.svg import Point, bars, curve, document, line, mark, text, ticks

#: Colours by class, for light and for dark surroundings. Text is as large as a phone needs when the whole
#: width is shown on it.
_STYLE = """
svg { max-width: 100%; height: auto; }
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1f2328; }
text { stroke: #ffffff; stroke-width: 3; paint-order: stroke; stroke-linejoin: round; }
.head { font-size: 14px; font-weight: 600; }
.quiet { fill: #59636e; }
.end { text-anchor: end; }
.mid { text-anchor: middle; }
.paper { fill: #ffffff; }
.rule { stroke: #d1d9e0; stroke-width: 1; }
.curve { stroke: #0b62c4; stroke-width: 2; fill: none; stroke-linejoin: round; }
.dot { fill: #0b62c4; }
.other { fill: #ffffff; stroke: #8a4600; stroke-width: 2; }
.knee { stroke: #b3261e; stroke-width: 1.5; stroke-dasharray: 4 3; }
.knee-word { fill: #b3261e; font-weight: 600; }
.band { stroke: #8a939d; stroke-width: 1; stroke-dasharray: 2 3; }
.even { stroke: #0b62c4; }
.odd { stroke: #69a5e8; }
.refused { stroke: #b3261e; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; stroke: #0d1117; }
.quiet { fill: #9da7b3; }
.paper { fill: #0d1117; }
.rule { stroke: #30363d; }
.curve { stroke: #58a6ff; }
.dot { fill: #58a6ff; }
.other { fill: #0d1117; stroke: #e3a45b; }
.knee { stroke: #ff8379; }
.knee-word { fill: #ff8379; }
.even { stroke: #58a6ff; }
.odd { stroke: #23589c; }
.refused { stroke: #ff8379; }
}
"""

#: Of the picture, in its own units; text is 12 of them high.
WIDTH = 400.0
LEFT, RIGHT = 40.0, 388.0
#: Of one chart, and of all lanes of one way at most.
CHART, LANES = 110.0, 100.0
#: Letters that fit into a line.
LETTERS = 60
#: From one lane to the next, and the part of it that a bar fills.
PITCH, FILLED = 5.0, 0.8
#: One after another is cut off where it takes so many times as long as all others.
MUCH_LONGER = 1.5


def draw_plot(headline: str, rows: Sequence[Row], knee: Knee | None, measured: Sequence[Measured]) -> str:
    """The picture as the text of an SVG file; `headline` says what was measured."""
    parts = [
        text((12, 24), "Throughput and latency by calls at once", "head"),
        text((12, 41), headline if len(headline) <= LETTERS else headline[: LETTERS - 1] + "…", "quiet"),
    ]
    charts, top = _charts(rows, knee)
    lanes, bottom = _timelines(measured, top + 34)
    says = f"{headline}. " + "; ".join(
        f"{row.way.name}: {row.seconds:.2f} s, {row.throughput:.3g} pictures a second, p95 {row.p95:.3g} s"
        for row in rows
    )
    return document(WIDTH, bottom + 12, "manyeyes bench", says, [*parts, *charts, *lanes], style=_STYLE)


@dataclass(frozen=True, slots=True)
class _Chart:
    """One figure of the rows, from `top` down to its axis."""

    top: float
    title: str
    figure: Callable[[Row], float]
    most: float
    widest: int

    @property
    def bottom(self) -> float:
        return self.top + CHART

    def at(self, calls: float, value: float) -> Point:
        x = LEFT + (RIGHT - 8 - LEFT) * calls / self.widest
        return x, self.bottom - CHART * value / ticks(self.most)[-1]


def _charts(rows: Sequence[Row], knee: Knee | None) -> tuple[list[str], float]:
    """Both charts, one above the other, and where they end."""
    widest = max(row.at_once for row in rows)
    speed = _Chart(90, "pictures a second", _speed, max(map(_speed, rows)), widest)
    band = 0.0 if knee is None else INFLATED * knee.unloaded
    latency = _Chart(
        speed.bottom + 54, "p95 of a call, seconds", _latency, max(band, *map(_latency, rows)), widest
    )
    parts = [*_chart(speed, rows), *_chart(latency, rows)]
    if knee is not None:
        y = latency.at(0, band)[1]
        parts += [
            line((LEFT, y), (RIGHT, y), "band"),
            text((RIGHT, y - 4), f"{INFLATED:g} × unloaded", "quiet end"),
            *_knee(knee, speed, latency),
        ]
    below = latency.bottom + 32
    return [*parts, *_legend(rows, below), text((RIGHT, below), "calls at once", "quiet end")], below + 4


def _knee(knee: Knee, speed: _Chart, latency: _Chart) -> list[str]:
    """A line through both charts, and its name at the top."""
    x, _ = speed.at(knee.row.at_once, 0)
    near_edge = x > RIGHT - 60
    aside, classes = (-4, "knee-word end") if near_edge else (4, "knee-word")
    return [
        line((x, speed.top - 14), (x, speed.bottom), "knee"),
        line((x, latency.top - 6), (x, latency.bottom), "knee"),
        text((x + aside, speed.top - 5), f"knee: {knee.row.at_once}", classes),
    ]


def _speed(row: Row) -> float:
    return row.throughput


def _latency(row: Row) -> float:
    return row.p95


def _legend(rows: Sequence[Row], y: float) -> list[str]:
    """What the marks beside the line are."""
    parts, x = [], LEFT + 4
    for row in rows:
        if row.way.pinned is None:
            found = "" if isinstance(row.way.calls, int) else f", up to {row.at_once}"
            name = row.way.name + found
            parts += [mark((x, y - 4), _shape(row), name), text((x + 9, y), name, "quiet")]
            x += 26 + 6.5 * len(name)
    return parts


def _chart(chart: _Chart, rows: Sequence[Row]) -> list[str]:
    parts = [text((12, chart.top - 20), chart.title)]
    for value in ticks(chart.most):
        _, y = chart.at(0, value)
        parts += [line((LEFT, y), (RIGHT, y)), text((LEFT - 5, y + 4), f"{value:g}", "quiet end")]
    pinned = sorted((row for row in rows if row.way.pinned is not None), key=lambda row: row.at_once)
    parts += [curve([chart.at(row.at_once, chart.figure(row)) for row in pinned])]
    free = -20.0
    for row in pinned:
        x = chart.at(row.at_once, 0)[0]
        if x - free >= 16:
            parts.append(text((x, chart.bottom + 14), str(row.at_once), "quiet mid"))
            free = x
    for row in rows:
        value = chart.figure(row)
        says = f"{row.way.name}: {value:.3g}"
        parts.append(mark(chart.at(row.at_once, value), _shape(row), says))
    return parts


def _shape(row: Row) -> Literal["dot", "square", "diamond"]:
    if row.way.pinned is not None:
        return "dot"
    return "square" if row.way.strategy == "batch" else "diamond"


# Each way's calls in time


def lanes_of(calls: Sequence[Call]) -> list[list[Call]]:
    """The calls in as few lanes as can be, in each one after another."""
    lanes: list[list[Call]] = []
    for call in sorted(calls, key=lambda call: call.began):
        free = next((lane for lane in lanes if lane[-1].ended <= call.began), None)
        if free is None:
            lanes.append([call])
        else:
            free.append(call)
    return lanes


def time_shown(measured: Sequence[Measured]) -> float:
    """Seconds that the timelines span: all, but one after another where it would squeeze all others."""
    others = max((each.seconds for each in measured if each.way != SEQUENTIAL), default=0.0)
    longest = max(each.seconds for each in measured)
    return others if others and longest > MUCH_LONGER * others else longest


def _timelines(measured: Sequence[Measured], top: float) -> tuple[list[str], float]:
    """The lanes of every way under one axis, and where they end."""
    span = time_shown(measured)
    refused = "; red was refused (429)" if any(each.refused for each in measured) else ""
    parts = [
        text((12, top), "What each call slot did", "head"),
        text((12, top + 17), f"a lane for each slot, a bar for each call{refused}", "quiet"),
    ]
    first, y = top + 26, top + 26
    for each in measured:
        lanes, y = _way(each, span, y)
        parts += lanes
    grid = []
    for second in ticks(span, 6):
        x = 12 + (RIGHT - 12) * second / span
        if x <= RIGHT:
            grid.append(line((x, first), (x, y)))
            parts.append(text((x, y + 15), f"{second:g}", "quiet mid" if second else "quiet"))
    parts.append(text((RIGHT, y + 31), "seconds", "quiet end"))
    return [*grid, *parts], y + 31


def _way(measured: Measured, span: float, top: float) -> tuple[list[str], float]:
    """One way's lanes below its name, and where they end."""
    lanes = lanes_of(measured.calls)
    pitch = min(PITCH, LANES / max(1, len(lanes)))
    scale = (RIGHT - 12) / span if span else 0.0
    spans: dict[str, list[tuple[float, float, float]]] = {"even": [], "odd": [], "refused": []}
    for number, lane in enumerate(lanes):
        y = top + 20 + (number + 0.5) * pitch
        for index, call in enumerate(lane):
            if call.began < span:
                kind = "refused" if call.end == "refused" else ("even", "odd")[index % 2]
                spans[kind].append((12 + scale * call.began, 12 + scale * min(call.ended, span), y))
    goes_on = " (goes on beyond the edge)" if measured.seconds > span else ""
    name = text((12, top + 14), f"{measured.way.name}: {measured.seconds:.2f} s{goes_on}")
    drawn = [bars(kind, FILLED * pitch, each) for kind, each in spans.items() if each]
    return [name, *drawn], top + 20 + len(lanes) * pitch + 4
