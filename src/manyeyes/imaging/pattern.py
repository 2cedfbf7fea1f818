"""Solid or patterned, and the kind of pattern where it is sure: being wrong is worse than saying nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from manyeyes.imaging.contrast import Contrast
from manyeyes.imaging.dots import Blobs, blobs_of
from manyeyes.imaging.spectrum import Bools, Spectra, spectra_of

# All thresholds below were set by looking at 1,500 photographs of garments that people took at home.

#: Share of the windows that must show a pattern: the others may have a print, a pocket, a seam.
_ENOUGH = 0.45


@dataclass(frozen=True, slots=True)
class Pattern:
    """What was found; None is "cannot tell"."""

    kind: str | None = None
    is_patterned: bool | None = None


_UNKNOWN = Pattern()
SOLID = Pattern("solid", is_patterned=False)


def find_pattern(contrast: Contrast, cells: Bools, cell: int, *, one_colour: bool) -> Pattern:
    """The pattern of the garment in a picture.

    `cells` says which squares of `cell` pixels a side are garment; `one_colour` that all of it is,
    but for what a label covers.
    """
    close = spectra_of(contrast.image, cells, cell, covered=0.92)
    if close is None or len(close) < 2:
        return _UNKNOWN
    loudness = np.sort(close.contrast)
    quarter, middle = loudness[len(loudness) // 4], loudness[len(loudness) // 2]
    if one_colour and _is_quiet(loudness):
        return SOLID
    pattern = _repeating(close, contrast.two_toned)
    clearest = close
    if pattern is None and middle > 13 and _may_repeat(close):
        # Half as large, a window holds twice the cloth: wide stripes and large checks.
        far = spectra_of(contrast.image.reduce(2), cells, cell / 2, covered=0.85)
        if far is not None:
            pattern = _repeating(far, contrast.two_toned, wary=True)
            clearest = max(close, far, key=lambda spectra: float(np.median(spectra.contrast)))
    if pattern is None and _may_be_dots(clearest):
        blobs = blobs_of(contrast.image, _mask(contrast.image, cells))
        pattern = Pattern("polka dot", is_patterned=True) if blobs and _are_dots(blobs) else None
    if pattern is None and quarter > 28:
        return Pattern(None, is_patterned=True)
    return pattern or _UNKNOWN


def _mask(image: Image.Image, cells: Bools) -> Image.Image:
    return Image.fromarray(cells).convert("L").resize(image.size, Image.Resampling.NEAREST)


def _is_quiet(loudness: npt.NDArray[np.float32]) -> bool:
    """Quiet nearly everywhere: a label or a seam does not make a pattern."""
    return bool(loudness[len(loudness) // 2] < 9.5 and loudness[-1 - len(loudness) // 5] < 12)


def _repeating(spectra: Spectra, two_toned: float, *, wary: bool = False) -> Pattern | None:
    """What is woven or printed in lines; None where nothing repeats clearly.

    Be `wary` where windows are so large that seams, hems and a row of buttons are in all of them.
    """
    if _share_of(_stripes(spectra)) >= _ENOUGH:
        return Pattern("stripe", is_patterned=True)
    crossed = _crossed(spectra) & (spectra.contrast > (24 if wary else 12))
    if _share_of(crossed) < (0.6 if wary else 0.4):
        return None
    return Pattern(_plaid_or_checkered(spectra, crossed, two_toned), is_patterned=True)


def _share_of(votes: Bools) -> float:
    """How many windows agree; one alone is chance."""
    count = int(np.count_nonzero(votes))
    return count / len(votes) if count >= 2 else 0.0


def _stripes(spectra: Spectra) -> Bools:
    """All power one way, most of it in one wave. Folds look like stripes seven or fewer to a window, but
    never as strong as those are."""
    share = spectra.share / (1 + spectra.folds)
    fine = (spectra.cycles >= 8) & (share > 0.38) & (spectra.contrast > 9)
    wide = (spectra.cycles >= 5) & (share > 0.3) & (spectra.contrast > 30)
    return (spectra.one_way > 0.92) & (fine | wide)


def _crossed(spectra: Spectra) -> Bools:
    """Waves in two directions at a right angle, and little else."""
    clear = 1 + spectra.folds
    both = spectra.along + spectra.across
    # Bands of many widths have many waves, each of a small share.
    many = (both > 0.82) & (spectra.across > 0.32) & (spectra.share / clear > 0.03)
    few = (both > 0.72) & (spectra.across > 0.18) & (spectra.share / clear > 0.15)
    woven = (np.minimum(spectra.cycles, spectra.cross_cycles) >= 5) & (spectra.one_way < 0.75)
    return woven & (many | few) & (spectra.cross_share / clear > 0.02)


def _plaid_or_checkered(spectra: Spectra, votes: Bools, two_toned: float) -> str | None:
    """Squares of two colours, all of one size, are checkered; bands of several widths or colours are plaid.

    None where it could be either.
    """

    def typical(values: npt.NDArray[np.float32]) -> float:
        return float(np.median(values[votes]))

    pure = typical(spectra.share + spectra.cross_share)
    weaker = typical(np.minimum(spectra.share, spectra.cross_share))
    even = abs(np.log2(typical(spectra.cycles / spectra.cross_cycles))) < 0.2
    # The waves of a chessboard run along its diagonals; those of a gingham along its threads.
    chessboard = weaker > 0.35 and typical(spectra.tilt) > 30
    gingham = weaker > 0.28 and two_toned > 0.96
    seen = typical(spectra.contrast) > 16 and typical(spectra.cycles) < 20
    if even and seen and (chessboard or gingham):
        return "checkered"
    return "plaid" if pure < 0.48 and typical(spectra.tilt) < 25 else None


def _may_repeat(spectra: Spectra) -> bool:
    """Stripes go one way, dots and checks all ways alike; what lies between are folds and prints."""
    one_way = float(np.median(spectra.one_way))
    return one_way < 0.35 or one_way > 0.8


def _may_be_dots(spectra: Spectra) -> bool:
    """Clear, and the same in all directions."""
    return bool(np.median(spectra.contrast) > 16 and np.median(spectra.one_way) < 0.3)


def _are_dots(blobs: Blobs) -> bool:
    if blobs.contrast < 16 or not 0.02 < blobs.covered < 0.4:
        return False
    # Small dots lose some with their border, letters and leaves most; petals are less round. The rim of a
    # large dot is uneven, but next to none is lost.
    small = 0.85 < blobs.roundness < 1.3 and blobs.lasting > 0.79
    middling = 0.77 < blobs.roundness < 1.3 and blobs.lasting > 0.88
    large = 0.66 < blobs.roundness < 1.3 and 0.93 < blobs.lasting < 1.2
    return small or middling or large
