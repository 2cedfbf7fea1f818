"""Pictures of the portfolio: the contact sheet, and those least like the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from manyeyes.plots.plot import Plot, Table
from manyeyes.plots.svg import Point, fitted, image, rect, text
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.style import StyleProfile

_MARGIN = 12.0

_Thumbnail = Callable[[Pick], str | None]


def contact_sheet_plot(profile: StyleProfile, thumbnail: _Thumbnail) -> Plot:
    """A grid of pictures, each with what it is typical of."""
    columns, tile, tall = 4, 88.0, 110.0
    picks = profile.contact_sheet
    parts: list[str] = []
    for place, pick in enumerate(picks):
        row, column = divmod(place, columns)
        x, y = _MARGIN + column * (tile + 8), row * (tall + 26.0)
        parts += [
            *_picture(pick, (x, y), (tile, tall), thumbnail),
            text((x, y + tall + 14), fitted(_caption(pick), tile, 10.5), "plot-small"),
        ]
    table = Table(
        ("picture", "shown as", "how many"),
        tuple((one.name, one.role, "; ".join(str(reason) for reason in one.reasons)) for one in picks),
        frozenset({0, 1, 2}),
    )
    height = math.ceil(len(picks) / columns) * (tall + 26.0)
    note = f"{len(picks)} of {profile.analyzed} pictures, chosen to show what there is."
    return Plot("contact_sheet", "Contact sheet", note, height, tuple(parts), table)


def _caption(pick: Pick) -> str:
    return pick.reasons[0].shown if pick.reasons else "usual"


def outliers_plot(profile: StyleProfile, thumbnail: _Thumbnail) -> Plot:
    """The pictures least like the rest, each with the rare values that make it so."""
    columns, wide, tall = 2, 184.0, 88.0
    picks = profile.outliers
    parts: list[str] = []
    for place, pick in enumerate(picks):
        row, column = divmod(place, columns)
        x, y = _MARGIN + column * (wide + 8), row * (tall + 14)
        parts += [
            *_picture(pick, (x, y), (70, tall), thumbnail),
            text((x + 78, y + 12), fitted(pick.name, wide - 78)),
            *_reasons(pick, (x + 78, y + 32), wide - 78),
        ]
    table = Table(
        ("picture", "rare values", "bits"),
        tuple(
            (one.name, "; ".join(str(reason) for reason in one.reasons), f"{one.bits:.2f}") for one in picks
        ),
        frozenset({0, 1}),
    )
    height = math.ceil(len(picks) / columns) * (tall + 14)
    note = f"By how rare their values are: {profile.usual_bits:.2f} bits are usual."
    return Plot("outliers", "Least like the rest", note, height, tuple(parts), table)


def _reasons(pick: Pick, at: Point, width: float) -> Iterator[str]:
    for number, reason in enumerate(pick.reasons):
        y = at[1] + number * 19
        yield text((at[0], y), fitted(str(reason), width, 10.5), "plot-small plot-quiet")


def _picture(pick: Pick, corner: Point, size: Point, thumbnail: _Thumbnail) -> Iterator[str]:
    """A thumbnail; without one, the picture's colours as stripes."""
    href = thumbnail(pick)
    if href is not None:
        yield image(corner, size, href, pick.name)
    else:
        yield rect(corner, size, "plot-track", says=pick.name)
        yield from _stripes(pick, corner, size)
    yield rect(corner, size, "plot-edge")


def _stripes(pick: Pick, corner: Point, size: Point) -> Iterator[str]:
    hexes = [colour.hex for colour in pick.palette if colour.hex]
    for place, hex_ in enumerate(hexes):
        tall = size[1] / len(hexes)
        yield rect((corner[0], corner[1] + place * tall), (size[0], tall), fill=hex_)
