"""The palette as a strip weighted by share, and garments by colours."""

from __future__ import annotations

import math
from collections.abc import Iterator

from manyeyes.plots.plot import WIDTH, Plot, Table
from manyeyes.plots.svg import circle, fitted, hatch, line, rect, text
from manyeyes.portrait.colours import OTHER_COLOUR, Colour
from manyeyes.portrait.crossed import Crossed
from manyeyes.portrait.shares import percent
from manyeyes.portrait.style import StyleProfile

_MARGIN, _STRIP, _ROW = 12.0, 64.0, 22.0
#: Colours that are listed below the strip, in two columns.
LISTED = 12
#: Letters on a colour: black where it is lighter than this, white where it is not. It is where both stand
#: out alike (WCAG 2.2, relative luminance: sqrt(1.05 × 0.05) − 0.05).
_LIGHT = 0.179


def palette_plot(profile: StyleProfile) -> Plot:
    """A strip of all colours, as wide as their shares, numbered, and the first of them by name."""
    parts = [hatch("plot-palette-hatch"), *_strip(profile)]
    listed = profile.palette[:LISTED]
    half = math.ceil(len(listed) / 2)
    for place, colour in enumerate(listed):
        column, row = divmod(place, half)
        parts += _entry(place, colour, (_MARGIN + column * 192, _STRIP + 14 + row * _ROW))
    rows = [(one.name, one.hex or "", percent(one.share), str(one.main_of)) for one in profile.palette]
    if profile.other_colours:
        rows.append((OTHER_COLOUR, "", percent(profile.other_colours), ""))
    table = Table(("colour", "hex", "share", "main colour of"), tuple(rows), frozenset({0, 1}))
    garments = profile.analyzed - profile.no_garment
    note = f"By share of the garments' area; {profile.coloured} of {garments} pictures tell it."
    return Plot("palette", "Colours", note, _STRIP + 18 + half * _ROW, tuple(parts), table)


def _strip(profile: StyleProfile) -> Iterator[str]:
    whole = WIDTH - 2 * _MARGIN
    x = _MARGIN
    for place, colour in enumerate(profile.palette):
        width = whole * colour.share
        fill = colour.hex or "url(#plot-palette-hatch)"
        yield rect((x, 2), (width, _STRIP - 4), fill=fill, says=f"{colour.name}: {percent(colour.share)}")
        if place < LISTED and width >= 18:
            yield _number(place, colour, (x + width / 2, _STRIP / 2 + 4))
        x += width
    if x < WIDTH - _MARGIN:
        rest = percent(profile.other_colours)
        fill = "url(#plot-palette-hatch)"
        yield rect((x, 2), (WIDTH - _MARGIN - x, _STRIP - 4), fill=fill, says=f"{OTHER_COLOUR}: {rest}")
    yield rect((_MARGIN, 2), (whole, _STRIP - 4), "plot-edge")


def _number(place: int, colour: Colour, at: tuple[float, float]) -> str:
    if colour.hex is None:
        return text(at, str(place + 1), "plot-mid")
    letters = "plot-on-light" if _luminance(colour.hex) > _LIGHT else "plot-on-dark"
    return text(at, str(place + 1), f"plot-mid {letters}")


def _entry(place: int, colour: Colour, corner: tuple[float, float]) -> list[str]:
    x, y = corner
    fill = colour.hex or "url(#plot-palette-hatch)"
    return [
        text((x + 14, y + 12), str(place + 1), "plot-quiet plot-end"),
        rect((x + 20, y), (16, 16), fill=fill),
        rect((x + 20, y), (16, 16), "plot-edge"),
        text((x + 44, y + 12), fitted(colour.name, 88)),
        text((x + 176, y + 12), percent(colour.share), "plot-quiet plot-end"),
    ]


def _luminance(hex_: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    levels = [level / 255 for level in bytes.fromhex(hex_[1:])]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in levels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def crossed_plot(table: Crossed) -> Plot:
    """Discs whose areas are the colours' shares in each type of garment."""
    left, top = 104.0, 92.0
    pitch = min((WIDTH - 3 * _MARGIN - left) / len(table.colours), 60.0)
    row_height = 40.0
    largest = max(max(row) for row in table.shares) or 1.0
    parts = [hatch("plot-crossed-hatch")]
    for column, (name, hex_) in enumerate(zip(table.colours, table.hexes, strict=True)):
        x = left + (column + 0.5) * pitch
        parts += [
            f'<g transform="translate({x + 3:.1f} {top - 26:.1f}) rotate(-55)">'
            f"{text((0, 0), fitted(name.removesuffix(f' {hex_}'), 72, 10.5), 'plot-small')}</g>",
            rect((x - 7, top - 20), (14, 14), fill=hex_ or "url(#plot-crossed-hatch)"),
            rect((x - 7, top - 20), (14, 14), "plot-edge"),
        ]
    for row, garment in enumerate(table.garments):
        y = top + row * row_height
        parts += [
            line((_MARGIN, y), (WIDTH - _MARGIN, y), "plot-rule"),
            text((_MARGIN, y + 17), fitted(garment, 88)),
            text((_MARGIN, y + 31), f"{table.counts[row]} pictures", "plot-quiet plot-small"),
        ]
        for column, share in enumerate(table.shares[row]):
            x = left + (column + 0.5) * pitch
            parts += _disc((x, y), share, largest, table.hexes[column] or "url(#plot-crossed-hatch)")
    rows = tuple(
        (f"{garment} ({count})", *(percent(share) for share in shares))
        for garment, count, shares in zip(table.garments, table.counts, table.shares, strict=True)
    )
    note = "The area of a disc is the colour's share in the garment."
    height = top + len(rows) * row_height + 4
    columns = ("garment", *table.colours)
    return Plot("garments_by_colour", "Garments by colour", note, height, tuple(parts), Table(columns, rows))


def _disc(at: tuple[float, float], share: float, largest: float, fill: str) -> list[str]:
    x, y = at
    if share < 0.005:
        return []
    radius = 11.5 * math.sqrt(share / largest)
    return [
        circle((x, y + 14), radius, "", fill=fill, says=percent(share)),
        circle((x, y + 14), radius, "plot-edge"),
        text((x, y + 37), f"{share:.0%}", "plot-mid plot-quiet plot-small"),
    ]
