"""A style profile as one HTML file that needs nothing else: for a screen, for paper, for a mail."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from manyeyes.model.written import Written
from manyeyes.plots.plot import Plot
from manyeyes.plots.svg import escaped
from manyeyes.plots.theme import page_style
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.page_style import RULES
from manyeyes.portrait.plots import Thumbnail, plots_of
from manyeyes.portrait.style import StyleProfile

#: Each section's heading and the plots below it, by name.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Colours": ("palette", "garments_by_colour"),
    "Garments": ("garment_type", "silhouette", "fit", "neckline", "sleeve_length", "embellishments"),
    "Cloth": ("fabric", "finish", "texture", "pattern"),
    "Style": ("style_labels",),
    "Photography": (
        "lighting_type", "lighting_direction", "camera_angle", "camera_height", "background",
    ),
    "How far to trust this": ("confidence", "missing"),
}  # fmt: skip

_STYLE = page_style() + RULES
#: Allows the style that is in the file, by its hash, and pictures that are in it; nothing else is loaded.
POLICY = (
    "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    f"{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a profile is of."""

    portfolio: str
    #: A line below it: which run, which analyzer, when.
    about: str = ""


def page_of(profile: StyleProfile, heading: Heading, thumbnail: Thumbnail | None = None) -> str:
    """The whole file. `thumbnail` gives data URIs: anything else would not be shown."""
    plots = plots_of(profile, thumbnail)
    title = f"{heading.portfolio}: style profile"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
            *_head(profile, heading),
            *_sheet(profile, thumbnail),
            *_sections(plots),
            *_outliers(profile, plots, thumbnail),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _head(profile: StyleProfile, heading: Heading) -> Iterator[str]:
    yield f'<header><p class="over">Style profile</p><h1><bdi>{escaped(heading.portfolio)}</bdi></h1>'
    if heading.about:
        yield f'<p class="about">{escaped(heading.about)}</p>'
    yield "</header>"
    lines = "".join(f"<li>{escaped(sentence)}</li>" for sentence in profile.summary)
    yield f'<section class="summary"><h2>In short</h2><ul>{lines}</ul></section>'
    if profile.written is not None:
        yield from _written(profile.written)
    if profile.failures:
        causes = ", ".join(f"{kind.replace('_', ' ')}: {count}" for kind, count in profile.failures.items())
        yield f'<p class="about">Failed, and so not counted below: {escaped(causes)}.</p>'


def _written(written: Written) -> Iterator[str]:
    day = datetime.fromtimestamp(written.at, UTC).astimezone()
    by = f"Written by {written.writer} on {day.day} {day:%B %Y} from the figures and the contact sheet."
    stale = " The portfolio has changed since." if written.stale else ""
    yield '<section class="summary"><h2>In a model’s words</h2>'
    yield f'<p dir="auto">{escaped(written.text)}</p><p class="about">{escaped(by + stale)}</p></section>'


def _sections(plots: Mapping[str, Plot]) -> Iterator[str]:
    for title, names in SECTIONS.items():
        shown = [plots[name] for name in names if name in plots]
        if shown:
            figures = "".join(map(figure_of, shown))
            yield f'<section><h2>{escaped(title)}</h2><div class="plots">{figures}</div></section>'


def figure_of(plot: Plot) -> str:
    """A plot with its title, its note and its table, for a page."""
    return (
        f'<figure class="plot-figure" id="{plot.name}"><figcaption><h3>{escaped(plot.title)}</h3>'
        f"<p>{escaped(plot.note)}</p></figcaption>{plot.svg}"
        f"<details><summary>Table</summary>{plot.table_html}</details></figure>"
    )


def _sheet(profile: StyleProfile, thumbnail: Thumbnail | None) -> Iterator[str]:
    picks = profile.contact_sheet
    if picks and thumbnail is not None:
        note = f"{len(picks)} of {profile.analyzed} pictures, chosen to show what there is."
        yield from _pictures("Contact sheet", note, picks, thumbnail)


def _outliers(profile: StyleProfile, plots: Mapping[str, Plot], thumbnail: Thumbnail | None) -> Iterator[str]:
    if "outliers" in plots and thumbnail is not None:
        note = plots["outliers"].note
        yield from _pictures("Least like the rest", note, profile.outliers, thumbnail)
    elif "outliers" in plots:
        yield f"<section><h2>Least like the rest</h2>{figure_of(plots['outliers'])}</section>"


def _pictures(title: str, note: str, picks: Sequence[Pick], thumbnail: Thumbnail) -> Iterator[str]:
    yield f'<section class="sheet"><h2>{title}</h2><p class="about">{escaped(note)}</p><ul>'
    for pick in picks:
        reasons = "; ".join(str(reason) for reason in pick.reasons) or pick.role
        href = thumbnail(pick)
        if href is None:
            shown = '<span class="none">no picture</span>'
        else:
            shown = f'<img src="{escaped(href)}" alt="">'
        yield (
            f'<li>{shown}<bdi class="name" title="{escaped(pick.name)}">{escaped(pick.name)}</bdi>'
            f'<span class="why">{escaped(reasons)}</span></li>'
        )
    yield "</ul></section>"
