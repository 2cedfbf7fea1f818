"""The dominant colours of a garment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from manyeyes.imaging.bins import Bins, count_colours, distances
from manyeyes.imaging.cielab import Floats, ciede2000, rgb_of

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
#: One with an even smaller share is not looked at any further.
_SPECK = 0.02
#: Steps from a colour to its peak are doubled so often: 64 are more than there are shades of one.
_LONGEST_WAY = 6


@dataclass(frozen=True, slots=True)
class Swatch:
    """One dominant colour."""

    name: str
    #: `#rrggbb`, sRGB.
    hex: str
    #: Of the garment, 0 to 1.
    share: float
    lab: tuple[float, float, float]


def dominant_colours(lab: Floats, *, patterned: bool = False) -> tuple[Floats, Floats]:
    """At most `MOST` colours of a garment's pixels (pixels, 3), CIELAB, the commonest first; their shares.

    In `patterned` cloth light and dark are two colours; in plain cloth they are one in light and shadow.
    """
    bins = count_colours(lab, _BIN)
    lightness = 1.0 if patterned else _LIGHTNESS_IF_PLAIN
    peaks, groups = np.unique(_follow(bins, lightness), return_inverse=True)
    colours, shares = _typical(bins, groups, len(peaks))
    order = np.argsort(-shares)
    main = order[: max(1, int(np.count_nonzero(shares > _SPECK)))]
    colours, shares = _merged(colours[main], shares[main], lightness)
    kept = max(1, int(np.count_nonzero(shares[:MOST] >= _LEAST)))
    return colours[:kept], shares[:kept]


def swatches_of(colours: Floats, shares: Floats, names: list[str]) -> tuple[Swatch, ...]:
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
    density = np.einsum("ij,j->i", near, bins.counts)
    own = np.arange(len(density))
    order = density + own * 1e-4
    apart[order[None, :] <= order[:, None]] = np.inf
    nearest = apart.argmin(axis=1)
    leader = np.where(apart[own, nearest] <= _REACH**2, nearest, own)
    for _ in range(_LONGEST_WAY):
        leader = leader[leader]
    return leader


def _typical(bins: Bins, groups: npt.NDArray[np.intp], count: int) -> tuple[Floats, Floats]:
    """For each group of bins the mean colour around its commonest one, and the group's share of all pixels.

    A mean of the whole group would be dulled by shadow.
    """
    members = np.zeros((count, len(groups)), dtype=np.float32)
    members[groups, np.arange(len(groups))] = bins.counts
    near = np.exp(distances(bins.colours) * np.float32(-0.5 / 7.0**2))
    density = np.einsum("gj,ji->gi", members, near)
    commonest = np.where(members > 0, density, 0).argmax(axis=1)
    weights = near[commonest] * members
    colours = np.einsum("gi,ic->gc", weights, bins.colours) / weights.sum(axis=1, keepdims=True)
    return colours, members.sum(axis=1) / bins.counts.sum()


def _merged(colours: Floats, shares: Floats, lightness: float) -> tuple[Floats, Floats]:
    """Of colours that look alike the commonest, with their shares together; the largest share first."""
    if len(colours) == 1:
        return colours, shares
    alike = ciede2000(colours[:, None], colours[None, :], k_l=1 / lightness) < _ALIKE
    # The colours come by share: the first of those alike is the commonest.
    first = alike.argmax(axis=1)
    sums = np.bincount(first[first], shares, minlength=len(shares)).astype(np.float32)
    order = np.argsort(-sums)[: np.count_nonzero(sums)]
    return colours[order], sums[order]
