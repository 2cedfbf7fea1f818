"""Pieces of an SVG picture: text, lines, marks, axes. Everything that is written is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Literal

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

Point = tuple[float, float]


def document(width: float, height: float, title: str, says: str, parts: Sequence[str]) -> str:
    """The whole picture; `title` and `says` are for those who hear it read."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{1.6 * width:g}" height="{1.6 * height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(says)}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{width:g}" height="{height:g}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(at: Point, words: str, classes: str = "") -> str:
    """Words that begin at a point, or end (`end`) or stand (`mid`) at it."""
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" class="{classes}">{escape(words)}</text>'


def line(start: Point, end: Point, kind: str = "rule") -> str:
    """A straight line."""
    return (
        f'<line class="{kind}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'
    )


def curve(points: Sequence[Point]) -> str:
    """A line through points."""
    return f'<polyline class="curve" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def mark(at: Point, shape: Literal["dot", "square", "diamond"], says: str) -> str:
    """A mark whose words show where a pointer rests on it."""
    x, y = at
    told = f"<title>{escape(says)}</title>"
    if shape == "dot":
        return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5">{told}</circle>'
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if shape == "diamond" else ""
    return f'<rect class="other" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"{turn}>{told}</rect>'


def bars(kind: str, height: float, spans: Sequence[tuple[float, float, float]]) -> str:
    """Flat bars as one path: each from x to x at a y, which is its middle."""
    if not spans:
        return ""
    # What was refused at once is to be seen all the same.
    least = 1.5 if kind == "refused" else 0.3
    path = "".join(f"M{start:.1f} {y:.1f}H{max(end, start + least):.1f}" for start, end, y in spans)
    return f'<path class="{kind}" stroke-width="{height:.2f}" d="{path}"/>'


def ticks(most: float, about: int = 4) -> list[float]:
    """Round numbers from 0 up to `most` or a little more: 1, 2 or 5 times a power of ten apart."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [step * number for number in range(math.ceil(most / step - 1e-9) + 1)]
