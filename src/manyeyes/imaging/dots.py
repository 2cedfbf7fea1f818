"""Whether what stands out of the cloth are round dots of one size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter, ImageStat

Bools = npt.NDArray[np.bool_]

#: Half the side of the square, in pixels, whose mean a dot stands out of.
_AROUND = 12
#: Blobs needed to speak of a pattern.
_FEWEST = 55


@dataclass(frozen=True, slots=True)
class Blobs:
    """What stands out of the cloth in one way, lighter or darker."""

    count: float
    #: Share of the cloth.
    covered: float
    #: 1 where all are circles of one size, less the more they differ or are drawn out.
    roundness: float
    #: The share that is left after a border of one pixel is taken off: small ones among large ones go.
    lasting: float
    #: How far they stand out, in levels of 256.
    contrast: float


def blobs_of(image: Image.Image, garment: Image.Image) -> Blobs | None:
    """The rounder of the light and the dark blobs in `image` (mode L), where `garment` (mode L) is 255.

    None where nothing stands out clearly.
    """
    box = garment.getbbox()
    if box is None:
        return None
    garment = garment.crop(box)
    level = round(ImageStat.Stat(image.crop(box), garment).mean[0])
    # What is around the garment is painted in its mean, so that its edge does not stand out.
    cloth = Image.composite(image.crop(box), Image.new("L", garment.size, level), garment)
    around = cloth.filter(ImageFilter.BoxBlur(_AROUND))
    reliefs = ImageChops.subtract(cloth, around), ImageChops.subtract(around, cloth)
    sides = [side for relief in reliefs if (side := _blobs(relief, garment))]
    return max(sides, key=lambda side: side.roundness, default=None)


def _blobs(relief: Image.Image, garment: Image.Image) -> Blobs | None:
    levels = np.cumsum(relief.histogram(garment))
    # Half of what the highest 3 % of the garment reach.
    threshold = int(np.searchsorted(levels, 0.97 * levels[-1])) / 2
    high = np.asarray(relief) > threshold
    covered, border, count = _shape(high)
    if count < _FEWEST or border == 0:
        return None
    inner = high[1:-1, 1:-1] & high[:-2, 1:-1] & high[2:, 1:-1] & high[1:-1, :-2] & high[1:-1, 2:]
    roundness = 4 * np.pi * covered * count / border**2
    return Blobs(count, covered / float(levels[-1]), roundness, _shape(inner)[2] / count, threshold)


def _shape(binary: Bools) -> tuple[float, float, float]:
    """Area, perimeter and number of blobs (less their holes; touching corners join) of a binary picture.

    Each 2 × 2 square of pixels says a little of all three: S. B. Gray, "Local properties of binary
    images in two dimensions", IEEE Transactions on Computers C-20 (1971); weights of area and perimeter
    by Duda, as given in W. K. Pratt, "Digital Image Processing", section 18.2.
    """
    bits = binary.view(np.uint8)
    quads = bits[:-1, :-1] + 2 * bits[:-1, 1:] + 4 * bits[1:, :-1] + 8 * bits[1:, 1:]
    # Pillow counts bytes several times faster than bincount, which makes them wide integers first.
    n = np.array(Image.fromarray(quads).histogram()[:16])
    one, three = n[[1, 2, 4, 8]].sum(), n[[7, 11, 13, 14]].sum()
    two, diagonal, four = n[[3, 5, 10, 12]].sum(), n[[6, 9]].sum(), n[15]
    area = one / 4 + two / 2 + 7 * three / 8 + four + 3 * diagonal / 4
    perimeter = two + (one + three + 2 * diagonal) / np.sqrt(2)
    return float(area), float(perimeter), float(one - three - 2 * diagonal) / 4
