"""Pictures side by side on one sheet, for whoever can be shown only one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageOps

#: Pixels of the square that each picture has, and between two of them.
TILE, GAP = 248, 8
#: Behind the pictures: neither white nor black garments are lost on it.
_GROUND = "#d8d8d8"
_QUALITY = 88


def sheet_of(pictures: Sequence[bytes]) -> bytes:
    """A JPEG of small pictures in rows, in their order; the same pictures always give the same bytes.

    They are small versions of our own making, upright and sRGB. Needs at least one.
    """
    across = math.ceil(math.sqrt(len(pictures)))
    down = math.ceil(len(pictures) / across)
    step = TILE + GAP
    sheet = Image.new("RGB", (across * step + GAP, down * step + GAP), _GROUND)
    for number, data in enumerate(pictures):
        with Image.open(BytesIO(data)) as picture:
            small = ImageOps.contain(picture.convert("RGB"), (TILE, TILE), Image.Resampling.LANCZOS)
        row, column = divmod(number, across)
        left = GAP + column * step + (TILE - small.width) // 2
        sheet.paste(small, (left, GAP + row * step + (TILE - small.height) // 2))
    buffer = BytesIO()
    sheet.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
