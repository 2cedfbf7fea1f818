"""Bars: how often each value was seen, how sure the answers are, what is missing."""

from __future__ import annotations

from manyeyes.plots.plot import WIDTH, Plot, Table
from manyeyes.plots.svg import fitted, hatch, line, rect, text
from manyeyes.portrait.shares import Distribution, Share, percent
from manyeyes.portrait.style import StyleProfile
from manyeyes.portrait.sureness import BARS, UNSURE, Sureness

#: Bars of one plot; the values after them are one bar more.
MOST = 10
_ROW, _BAR = 24.0, 15.0
#: Where names end, bars begin, and the longest ends.
_NAMES, _LEFT, _RIGHT = 122.0, 130.0, 312.0
_MARGIN = 12.0


def told_by(told: Distribution) -> str:
    """Of how many pictures it tells."""
    what = "weighted by score; " if told.field == "style_labels" else ""
    many = "; a picture may have several" if told.several else ""
    return f"{what}{told.known} of {told.of} pictures tell it{many}.".capitalize()


def distribution_plot(told: Distribution) -> Plot:
    """A bar for each value, the longest first; by weight the share, else the count is its length."""
    shown, after = _shown(told)
    most = max([one.share for one in shown], default=1.0) or 1.0
    parts = [part for row, one in enumerate(shown) for part in _bar(row, one, one.share / most, one is after)]
    rows = [*told.values, *([told.rest] if told.rest else [])]
    table = Table(
        (told.title, "pictures", "share"),
        tuple((one.value, str(one.count), percent(one.share)) for one in rows),
    )
    name = told.field.replace(".", "_")
    return Plot(name, told.title, told_by(told), len(shown) * _ROW + 8, tuple(parts), table)


def _shown(told: Distribution) -> tuple[list[Share], Share | None]:
    """The values that get a bar, and the last of them if it stands for the others."""
    if len(told.values) <= MOST + 1 and told.rest is None:
        return [*told.values], None
    shown, left = [*told.values[:MOST]], [*told.values[MOST:]]
    if told.several:
        # A picture may have several of these, so that their shares do not add up.
        return shown, None
    name = "others" if told.rest else f"{len(left)} others"
    left += [told.rest] if told.rest else []
    after = Share(name, sum(one.count for one in left), sum(one.share for one in left))
    return [*shown, after], after


def _bar(row: int, one: Share, length: float, is_rest: bool) -> list[str]:
    middle = row * _ROW + _ROW / 2
    corner = (_LEFT, middle - _BAR / 2)
    end = _LEFT + max((_RIGHT - _LEFT) * min(length, 1.0), 1.5)
    said = f"{one.count} · {percent(one.share)}"
    return [
        text((_NAMES, middle + 4), fitted(one.value, _NAMES - 4), "plot-end"),
        rect(
            corner, (end - _LEFT, _BAR), "plot-rest" if is_rest else "plot-mark", says=f"{one.value}: {said}"
        ),
        text((end + 6, middle + 4), said, "plot-quiet"),
    ]


def missing_plot(profile: StyleProfile) -> Plot:
    """Of each field, the share of the pictures that could tell it and did not: what is hatched."""
    asked = [told for told in profile.distributions.values() if told.of]
    asked.sort(key=lambda told: (-told.missing_share, told.title))
    parts = [hatch("plot-missing-hatch")]
    for row, told in enumerate(asked):
        middle = row * _ROW + _ROW / 2
        corner, whole = (_LEFT, middle - _BAR / 2), _RIGHT - _LEFT
        said = f"{told.missing} of {told.of}"
        parts += [
            text((_NAMES, middle + 4), told.title, "plot-end"),
            rect(corner, (whole, _BAR), "plot-track", says=f"{told.title}: {said} missing"),
            rect(corner, (whole * told.missing_share, _BAR), fill="url(#plot-missing-hatch)"),
            rect(corner, (whole, _BAR), "plot-edge"),
            text((_RIGHT + 6, middle + 4), said, "plot-quiet"),
        ]
    table = Table(
        ("field", "missing", "of", "share"),
        tuple((told.title, str(told.missing), str(told.of), percent(told.missing_share)) for told in asked),
    )
    note = "Hatched: pictures that could tell the field and did not."
    return Plot("missing", "What is missing", note, len(asked) * _ROW + 8, tuple(parts), table)


def confidence_plot(sure: Sureness) -> Plot:
    """A histogram of the answers' confidence with its median; those to look at again are hatched."""
    left, right, top, bottom = _MARGIN, WIDTH - _MARGIN, 34.0, 150.0
    width = (right - left) / BARS
    most = max(sure.histogram) or 1
    parts = [hatch("plot-confidence-hatch")]
    for place, count in enumerate(sure.histogram):
        height = (bottom - top) * count / most
        corner, size = (left + place * width + 2, bottom - height), (width - 4, height)
        says = f"{place / BARS:g} to {(place + 1) / BARS:g}: {count}"
        if (place + 1) / BARS <= UNSURE:
            parts += [rect(corner, size, fill="url(#plot-confidence-hatch)", says=says)]
            parts += [rect(corner, size, "plot-edge")] if count else []
        else:
            parts.append(rect(corner, size, "plot-mark", says=says))
        if count:
            parts.append(text((corner[0] + size[0] / 2, bottom - height - 4), str(count), "plot-mid"))
        parts.append(text((left + place * width, bottom + 16), f"{place / BARS:g}", "plot-quiet plot-mid"))
    parts.append(text((right, bottom + 16), "1", "plot-quiet plot-mid"))
    parts += [line((left, bottom), (right, bottom), "plot-rule"), *_median(sure, left, right, bottom)]
    note = f"{sure.known} of {sure.of} answers tell it; hatched: below {UNSURE:g}, to look at again."
    return Plot("confidence", "How sure the answers are", note, bottom + 26, tuple(parts), _sure_table(sure))


def _median(sure: Sureness, left: float, right: float, bottom: float) -> list[str]:
    median = sure.median or 0.0
    x = left + (right - left) * median
    return [
        line((x, 18), (x, bottom), "plot-middle"),
        text(
            (x - 5 if median > 0.5 else x + 5, 14), f"median {median:.2f}", "plot-end" if median > 0.5 else ""
        ),
    ]


def _sure_table(sure: Sureness) -> Table:
    bins = [
        (f"{place / BARS:g} to {(place + 1) / BARS:g}", str(count), percent(count / sure.known))
        for place, count in enumerate(sure.histogram)
    ]
    quantiles = [(f"quantile {part:g}", f"{value:.3f}", "") for part, value in sure.quantiles.items()]
    types = [
        (f"{one.garment_type}: median", f"{one.median:.3f}", f"{one.unsure} of {one.known} below {UNSURE:g}")
        for one in sure.by_garment
    ]
    return Table(("confidence", "answers", "share"), (*bins, *quantiles, *types))
