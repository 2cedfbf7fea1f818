"""The plots of a style profile, each with its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from manyeyes.plots.plot import Plot
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.plot_bars import confidence_plot, distribution_plot, missing_plot
from manyeyes.portrait.plot_colours import crossed_plot, palette_plot
from manyeyes.portrait.plot_pictures import contact_sheet_plot, outliers_plot
from manyeyes.portrait.style import StyleProfile

#: The address of a picture's thumbnail, or its bytes as a data URI; None where there is none.
Thumbnail = Callable[[Pick], str | None]


def plots_of(profile: StyleProfile, thumbnail: Thumbnail | None = None) -> Mapping[str, Plot]:
    """The plots that have something to show, by name, in the order in which they are best looked at.

    `palette`; each field that any picture tells, as the descriptor spells it but with `_` for a dot;
    `embellishments`, `background`, `style_labels`, `garments_by_colour`, `confidence`, `missing`, `outliers`
    and `contact_sheet`. Pictures without a thumbnail are shown as their colours. For `svg_file` and PNG,
    thumbnails must be data URIs.
    """
    return {plot.name: plot for plot in _plots(profile, thumbnail or _none)}


def _none(_: Pick) -> None:
    """No thumbnail."""


def _plots(profile: StyleProfile, thumbnail: Thumbnail) -> Iterator[Plot]:
    if not profile.analyzed:
        return
    if profile.palette:
        yield palette_plot(profile)
    for told in profile.distributions.values():
        if told.known:
            yield distribution_plot(told)
    if profile.crossed is not None:
        yield crossed_plot(profile.crossed)
    if profile.sureness.known:
        yield confidence_plot(profile.sureness)
    yield missing_plot(profile)
    if profile.outliers:
        yield outliers_plot(profile, thumbnail)
    yield contact_sheet_plot(profile, thumbnail)
