"""What repeats in cloth, window by window: how strongly, how often, and in which directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from manyeyes.imaging.cielab import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

#: Side of a window, in pixels; frequencies are in cycles a window.
SIDE = 64
#: Windows looked at, at most; they overlap by half at the most.
_MOST = 5
#: Sectors that half a turn of directions is counted in.
_SECTORS = 24
#: Folds and shading live below this many cycles, cloth that is woven or printed above.
_FOLDS = 4.5

_RISE = np.repeat(np.fft.fftfreq(SIDE, 1 / SIDE), SIDE // 2 + 1)
_RUN = np.tile(np.fft.rfftfreq(SIDE, 1 / SIDE), SIDE)
_CYCLES = np.hypot(_RISE, _RUN).astype(np.float32)
_DIRECTION = np.arctan2(_RISE, _RUN).astype(np.float32)
_SECTOR = np.floor(_DIRECTION / np.pi * _SECTORS).astype(np.intp) % _SECTORS
#: A real signal's spectrum is symmetric and half of it is left out; of the waves straight up and down the
#: other half is in it, too.
_ONCE = (_RUN > 0) | (_RISE > 0)
#: Numbers of the waves that cloth shows, finer than folds and coarser than noise.
_FINE = np.flatnonzero((_CYCLES >= _FOLDS) & (_CYCLES <= 26) & _ONCE)
_IS_FINE = np.isin(np.arange(_CYCLES.size), _FINE).astype(np.float32)
_COARSE = np.flatnonzero((_CYCLES >= 1.9) & (_CYCLES < _FOLDS) & _ONCE)
_FINE_SECTOR = _SECTOR[_FINE]
#: The middle of each sector at double its angle, so that opposite ways are one and crossing ones cancel out.
_DOUBLED = np.exp(2j * np.pi * (np.arange(_SECTORS) + 0.5) / _SECTORS)
#: For each sector, the waves that cross it at a right angle, two sectors more or less.
_CROSSING = (np.abs((_FINE_SECTOR - np.arange(_SECTORS)[:, None]) % _SECTORS - _SECTORS // 2) <= 2).astype(
    np.float32
)
_NEAR_ROWS, _NEAR_COLUMNS = np.repeat([-1, 0, 1], 3), np.tile([-1, 0, 1], 3)
_HANN = np.hanning(SIDE + 2)[1:-1]
_FADE = np.outer(_HANN, _HANN).astype(np.float32)
#: From power to the variance of the levels before they were faded out (Parseval); each wave counts as two.
_VARIANCE = np.float32(2 / float((_FADE**2).sum() * SIDE * SIDE))


@dataclass(frozen=True, slots=True)
class Spectra:
    """One number a window in each field."""

    #: Standard deviation of what is finer than folds, in levels of 256.
    contrast: Floats
    #: Power below that, as a multiple of the power above: folds and shading.
    folds: Floats
    #: How far one direction has all the power: 0 none, 1 all.
    one_way: Floats
    #: The strongest wave: cycles a window, its share of the power, and that of its direction (± 19°).
    cycles: Floats
    share: Floats
    along: Floats
    #: The same for the strongest wave at a right angle (± 19°) to it.
    cross_cycles: Floats
    cross_share: Floats
    across: Floats
    #: Direction of the strongest wave off the picture's axes, in degrees: 0 upright or level, 45 diagonal.
    tilt: Floats

    def __len__(self) -> int:
        return len(self.contrast)


def spectra_of(image: Image.Image, cells: Bools, cell: float, *, covered: float) -> Spectra | None:
    """The spectra of some windows of garment in `image` (mode L).

    `cells` says which squares of `cell` pixels a side are garment; a window must be `covered` by it to that
    share. None where none is.
    """
    levels = np.asarray(image)
    height, width = levels.shape
    corners = [
        (y, x)
        for y, x in _windows(cells, math.ceil(SIDE / cell), cell, covered)
        if y + SIDE <= height and x + SIDE <= width
    ]
    if not corners:
        return None
    windows = np.stack([levels[y : y + SIDE, x : x + SIDE] for y, x in corners]).astype(np.float32)
    windows -= windows.reshape(len(windows), -1).mean(axis=1)[:, None, None]
    windows *= _FADE
    transform = np.fft.rfft2(windows).reshape(len(windows), -1)
    power = transform.real**2 + transform.imag**2
    return _summed(power.astype(np.float32, copy=False))


def _windows(cells: Bools, size: int, cell: float, least: float) -> list[tuple[int, int]]:
    """Corners, in pixels, of windows of `size` cells a side that are garment to a share of `least`."""
    if min(cells.shape) < size:
        return []
    sums = np.zeros((cells.shape[0] + 1, cells.shape[1] + 1), dtype=np.float32)
    np.cumsum(np.cumsum(cells, axis=0, dtype=np.float32), axis=1, out=sums[1:, 1:])
    covered = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    step = max(1, size // 4)
    found = np.argwhere(covered[::step, ::step] > least * size * size)
    if len(found) > _MOST:
        found = found[np.linspace(0, len(found) - 1, _MOST).astype(np.intp)]
    return [(int(y * step * cell), int(x * step * cell)) for y, x in found]


def _summed(power: Floats) -> Spectra:
    count = len(power)
    fine = power[:, _FINE]
    total = fine.sum(axis=1) + np.float32(1e-6)
    numbers = _FINE_SECTOR + _SECTORS * np.arange(count)[:, None]
    sums = np.bincount(numbers.ravel(), fine.ravel(), minlength=count * _SECTORS)
    sectors = sums.reshape(count, _SECTORS) / total[:, None]
    peak = _FINE[fine.argmax(axis=1)]
    sector = _SECTOR[peak]
    cross = _FINE[(fine * _CROSSING[sector]).argmax(axis=1)]
    share, cross_share = _around(power * _IS_FINE, np.stack([peak, cross])) / total
    along, across = _wedges(sectors, np.stack([sector, sector + _SECTORS // 2]))
    tilt = np.degrees(_DIRECTION[peak]) % 90
    return Spectra(
        contrast=np.sqrt(total * _VARIANCE),
        folds=power[:, _COARSE].sum(axis=1) / total,
        one_way=np.abs(np.einsum("ij,j->i", sectors, _DOUBLED)),
        cycles=_CYCLES[peak],
        share=share,
        along=along,
        cross_cycles=_CYCLES[cross],
        cross_share=cross_share,
        across=across,
        tilt=np.minimum(tilt, 90 - tilt),
    )


def _around(power: Floats, peaks: Ints) -> Floats:
    """The power of the waves numbered `peaks`, (any, windows), and of the eight neighbours of each."""
    rise, run = np.divmod(peaks[..., None], SIDE // 2 + 1)
    columns = run + _NEAR_COLUMNS
    # Left of no run at all lies the other half of the spectrum, upside down.
    rows = np.where(columns < 0, -1, 1) * (rise + _NEAR_ROWS) % SIDE
    bins = rows * (SIDE // 2 + 1) + np.minimum(np.abs(columns), SIDE // 2)
    around: Floats = power[np.arange(len(power))[:, None], bins].sum(axis=-1)
    return around


def _wedges(sectors: Floats, middles: Ints) -> Floats:
    """The share of the sectors `middles`, (any, windows), and of the two on either side of each."""
    near = (middles[..., None] + np.arange(-2, 3)) % _SECTORS
    wedges: Floats = sectors[np.arange(len(sectors))[:, None], near].sum(axis=-1)
    return wedges
