"""Pieces of an SVG picture: text, lines, marks, axes. Everything that is written is escaped."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Literal

Point = tuple[float, float]

#: The width of a usual letter, of its font's size.
_LETTER = 0.56

#: Characters that XML 1.0 (section 2.2) does not allow, and the halves of others.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(width: float, height: float, title: str, says: str, parts: Sequence[str], *, style: str) -> str:
    """The whole picture; `title` and `says` are for those who hear it read."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{1.6 * width:g}" height="{1.6 * height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{escaped(title)}</title>',
            f'<desc id="desc">{escaped(says)}</desc>',
            f"<style>{style}</style>",
            f'<rect class="paper" width="{width:g}" height="{height:g}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def escaped(words: str) -> str:
    """Words as SVG and HTML hold them; a character that XML has no place for becomes U+FFFD."""
    return escape(_NOT_XML.sub("\ufffd", words))


def text(at: Point, words: str, classes: str = "") -> str:
    """Words that begin at a point, or end (`end`) or stand (`mid`) at it."""
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" class="{classes}">{escaped(words)}</text>'


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
    told = f"<title>{escaped(says)}</title>"
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


def rect(corner: Point, size: Point, classes: str = "", *, fill: str = "", says: str = "") -> str:
    """A rectangle from its upper left corner; `fill` is a colour of the data, `says` is shown on hover."""
    told = f"<title>{escaped(says)}</title>" if says else ""
    paint = f' fill="{escaped(fill)}"' if fill else ""
    look = f' class="{classes}"' if classes else ""
    return (
        f'<rect{look}{paint} x="{corner[0]:.1f}" y="{corner[1]:.1f}" '
        f'width="{max(size[0], 0):.1f}" height="{max(size[1], 0):.1f}">{told}</rect>'
    )


def circle(at: Point, radius: float, classes: str = "", *, fill: str = "", says: str = "") -> str:
    """A disc."""
    told = f"<title>{escaped(says)}</title>" if says else ""
    paint = f' fill="{escaped(fill)}"' if fill else ""
    return (
        f'<circle class="{classes}"{paint} cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.2f}">{told}</circle>'
    )


def image(corner: Point, size: Point, href: str, says: str) -> str:
    """A picture that fills the rectangle, its edges cut off where it has other proportions."""
    return (
        f'<image x="{corner[0]:.1f}" y="{corner[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" '
        f'preserveAspectRatio="xMidYMid slice" href="{escaped(href)}"><title>{escaped(says)}</title></image>'
    )


def hatch(name: str) -> str:
    """Slanting lines to fill with, `url(#name)`: told from a plain colour without seeing hues."""
    return (
        f'<defs><pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><line class="plot-hatch" x1="0" y1="0" x2="0" y2="6"/>'
        "</pattern></defs>"
    )


def fitted(words: str, width: float, size: float = 12.0) -> str:
    """`words` cut in the middle so that they take about so much room; letters are not measured."""
    room = width / (size * _LETTER)
    if _room(words) <= room:
        return words
    tail = ""
    while tail != words and _room(longer := words[len(words) - len(tail) - 1 :]) <= room * 0.35:
        tail = longer
    head = ""
    while _room(longer := words[: len(head) + 1]) <= room - 1 - _room(tail):
        head = longer
    return f"{head}…{tail}"


def _room(words: str) -> float:
    """Letters' worth of room: those of the Far East take two."""
    return sum(1.8 if unicodedata.east_asian_width(char) in "WF" else 1.0 for char in words)
