"""Pictures drawn for the tests of imaging, and how they are looked at."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image

from manyeyes.model.image import ImageRef, Locator, Original, PreparedImage

Pixels = npt.NDArray[np.uint8]

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 80, height: int = 60) -> Image.Image:
    """Red and green above, blue and white below: every way of turning it looks different."""
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, GREEN
    pixels[height // 2 :, : width // 2], pixels[height // 2 :, width // 2 :] = BLUE, WHITE
    return Image.fromarray(pixels)


def encoded(image: Image.Image, format_name: str, **options: Any) -> bytes:
    """`image` as a file of that format, without registering anything with Pillow."""
    buffer = BytesIO()
    if format_name == "HEIF":
        pillow_heif.from_pillow(image).save(buffer, quality=-1, **options)
    else:
        image.save(buffer, format_name, **options)
    return buffer.getvalue()


def original(data: bytes, name: str = "shop/dress.jpg") -> Original:
    """`data` as if it had been read from a file of that name."""
    return Original(ImageRef(name, Locator(name), "1", len(data)), data, hashlib.sha256(data).hexdigest())


def pixels_of(image: PreparedImage) -> Pixels:
    """(rows, columns, 3), of either encoding."""
    if image.encoding == "rgb":
        return np.frombuffer(image.data, dtype=np.uint8).reshape(image.height, image.width, 3)
    with Image.open(BytesIO(image.data)) as opened:
        return np.asarray(opened)


def corners(pixels: Pixels) -> list[tuple[int, ...]]:
    """The colours in the middles of the quarters: above left and right, below left and right."""
    height, width, _ = pixels.shape
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [tuple(int(level) for level in pixels[y, x]) for y, x in places]


def alike(some: Sequence[tuple[int, ...]], others: Sequence[tuple[int, ...]], most: int = 6) -> bool:
    """Whether no level of any colour differs by more than `most`: formats that lose a little are no error."""
    return bool(np.abs(np.array(some) - np.array(others)).max() <= most)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(64))),
            (b"IEND", b""),
        )
    )
