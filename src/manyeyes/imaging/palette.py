"""The dominant colours of a garment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.bins import Bins, count_colours, distances
from manyeyes.imaging.cielab import Floats, ciede2000, rgb_of
from manyeyes.imaging.names import names_of

#: Colours kept, at most.
MOST = 3
#: Side of a bin, in CIELAB.
_BIN = 7.0
#: A colour follows a commoner one at most this far off in CIELAB, and so on to the commonest: the shades of
#: a fold run down to the cloth's own colour.
_REACH = 9.0
#: Colours nearer than this (CIEDE2000) are one.
_ALIKE = 9.0
#: What a difference in lightness counts, as a share: in plain cloth it is shadow more than anything else.
_LIGHTNESS_IF_PLAIN = 0.5
#: A colour with a smaller share of the garment is a button.
_LEAST = 0.06


@dataclass(frozen=True, slots=True)
class Swatch:
    """One dominant colour."""

    name: str
    #: `#rrggbb`, sRGB.
    hex: str
    #: Of the garment, 0 to 1.
    share: float
    lab: tuple[float, float, float]


def dominant_colours(lab: Floats, *, white: float = 100.0, patterned: bool = False) -> tuple[Swatch, ...]:
    """At most `MOST` colours of a garment's pixels (pixels, 3), CIELAB, the commonest first.

    `white` is the L* that looks white in the picture: names are chosen as if it were well exposed.
    In `patterned` cloth light and dark are two colours; in plain cloth they are one in light and shadow.
    """
    if not len(lab):
        return ()
    bins = count_colours(lab, _BIN)
    lightness = 1.0 if patterned else _LIGHTNESS_IF_PLAIN
    groups = _merge(bins, _follow(bins, lightness), lightness)
    shares = np.bincount(groups, bins.counts) / len(lab)
    largest = np.argsort(-shares)[:MOST]
    kept = [int(group) for group in largest if shares[group] >= _LEAST] or [int(largest[0])]
    colours = np.stack([_typical(bins, groups == group) for group in kept])
    return _swatches(colours, shares[kept], names_of(colours, white))


def _swatches(colours: Floats, shares: npt.NDArray[np.float64], names: list[str]) -> tuple[Swatch, ...]:
    """A swatch for each name; what goes by the same name is one colour to whoever reads it."""
    swatches: dict[str, Swatch] = {}
    for name, code, share, colour in zip(names, rgb_of(colours), shares.tolist(), colours, strict=True):
        first = swatches.get(name, Swatch(name, f"#{bytes(code).hex()}", 0.0, _triple(colour)))
        swatches[name] = replace(first, share=round(first.share + share, 3))
    return tuple(sorted(swatches.values(), key=lambda swatch: -swatch.share))


def _triple(colour: Floats) -> tuple[float, float, float]:
    lightness, a, b = (float(value) for value in colour)
    return lightness, a, b


def _follow(bins: Bins, lightness: float) -> npt.NDArray[np.intp]:
    """For each bin the peak that it leads up to, as the number of the peak's bin.

    Quick shift (Vedaldi and Soatto, ECCV 2008): every bin points at the nearest one that is commoner.
    """
    apart = distances(bins.colours * np.array([lightness, 1, 1], dtype=np.float32))
    near = np.exp(apart * np.float32(-0.5 / 4.0**2))
    density = np.einsum("ij,j->i", near, bins.counts.astype(np.float32))
    order = density + np.arange(len(density)) * 1e-4
    apart = np.where(order[None, :] > order[:, None], apart, np.inf)
    nearest = np.argmin(apart, axis=1)
    own = np.arange(len(nearest))
    leader = np.where(apart[own, nearest] <= _REACH**2, nearest, own)
    while not np.array_equal(leader[leader], leader):
        leader = leader[leader]
    return leader


def _merge(bins: Bins, leaders: npt.NDArray[np.intp], lightness: float) -> npt.NDArray[np.intp]:
    """Groups of bins, after peaks that look alike have become one."""
    counts = np.bincount(leaders, bins.counts, minlength=len(leaders))
    main = np.argsort(-counts)[: np.count_nonzero(counts > 0.02 * counts.sum())]
    if len(main) < 2:
        return leaders
    typical = np.stack([_typical(bins, leaders == peak) for peak in main])
    alike = ciede2000(typical[:, None], typical[None, :], k_l=1 / lightness) < _ALIKE
    target = np.arange(len(leaders))
    for i, peak in enumerate(main):
        # The largest of those alike comes first in `main`, and takes the others in.
        target[peak] = target[main[int(np.argmax(alike[i]))]]
    return target[leaders]


def _typical(bins: Bins, chosen: npt.NDArray[np.bool_]) -> Floats:
    """The mean colour around the commonest of the `chosen` bins: a mean of all would be dulled by shadow."""
    colours, counts = bins.colours[chosen], bins.counts[chosen].astype(np.float32)
    near = np.exp(distances(colours) * np.float32(-0.5 / 7.0**2))
    weights = near[int(np.einsum("ij,j->i", near, counts).argmax())] * counts
    typical: Floats = np.einsum("i,ij->j", weights, colours) / weights.sum()
    return typical
