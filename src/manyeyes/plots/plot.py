"""A plot: a picture that can stand in a page or in a file of its own, with the table of what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from manyeyes.plots.svg import escaped
from manyeyes.plots.theme import FILE_STYLE

#: Of every plot, in its own units: text is 12 of them high, so that it can be read on a telephone.
WIDTH = 400.0
_MARGIN, _HEAD = 12.0, 52.0


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a plot, for those who would rather read them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    #: Columns that hold words; the others are numbers.
    words: frozenset[int] = frozenset({0})

    def html(self, caption: str) -> str:
        """A `<table class="plot-table">`; every word in it escaped."""
        head = "".join(
            f'<th scope="col"{self._class(i)}>{escaped(c)}</th>' for i, c in enumerate(self.columns)
        )
        body = "".join(f"<tr>{self._row(row)}</tr>" for row in self.rows)
        return (
            f'<table class="plot-table"><caption>{escaped(caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _row(self, row: Sequence[str]) -> str:
        first, *others = row
        cells = [f'<th scope="row"{self._class(0)}><bdi>{escaped(first)}</bdi></th>']
        cells += [f"<td{self._class(i)}><bdi>{escaped(cell)}</bdi></td>" for i, cell in enumerate(others, 1)]
        return "".join(cells)

    def _class(self, column: int) -> str:
        return "" if column in self.words else ' class="plot-number"'


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot of a profile."""

    #: Letters, digits and `_`: part of a file's name, an address, an id.
    name: str
    title: str
    #: A sentence: of how many pictures it tells.
    note: str
    height: float
    parts: tuple[str, ...] = field(repr=False)
    table: Table = field(repr=False)

    @property
    def svg(self) -> str:
        """For a page: no style and no title that is seen; looks by the classes of `page_style`."""
        shown = f'viewBox="0 0 {WIDTH:g} {self.height:g}"'
        return "\n".join([self._opening(shown), *self._told(), *self.parts, "</svg>"])

    @property
    def table_html(self) -> str:
        """The table, as HTML."""
        return self.table.html(f"{self.title}. {self.note}")

    def svg_file(self) -> str:
        """For a file of its own: with its title and its style, light and dark."""
        height = self.height + _HEAD
        size = f'width="{1.6 * WIDTH:g}" height="{1.6 * height:g}" viewBox="0 0 {WIDTH:g} {height:g}"'
        return "\n".join(
            [
                self._opening(f'xmlns="http://www.w3.org/2000/svg" {size}'),
                *self._told(),
                f"<style>{FILE_STYLE}</style>",
                f'<rect class="plot-paper" width="{WIDTH:g}" height="{height:g}"/>',
                f'<text class="plot-head" x="{_MARGIN:g}" y="24">{escaped(self.title)}</text>',
                f'<text class="plot-quiet" x="{_MARGIN:g}" y="42">{escaped(self.note)}</text>',
                f'<g transform="translate(0 {_HEAD:g})">',
                *self.parts,
                "</g>",
                "</svg>\n",
            ]
        )

    def _opening(self, attributes: str) -> str:
        ids = f"plot-{self.name}-title plot-{self.name}-desc"
        return f'<svg class="plot" {attributes} role="img" aria-labelledby="{ids}">'

    def _told(self) -> list[str]:
        """For those who hear it read."""
        rows = "; ".join(" ".join(cell for cell in row if cell) for row in self.table.rows)
        return [
            f'<title id="plot-{self.name}-title">{escaped(self.title)}</title>',
            f'<desc id="plot-{self.name}-desc">{escaped(f"{self.note} {rows}")}</desc>',
        ]
