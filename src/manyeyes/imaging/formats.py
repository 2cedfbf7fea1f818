"""Which formats are read, told from a file's first bytes, and how each is opened."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Literal, get_args

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from pillow_heif import HeifImageFile

Format = Literal["JPEG", "PNG", "WebP", "GIF", "HEIF", "AVIF", "TIFF", "BMP"]

FORMATS: tuple[Format, ...] = get_args(Format)

# Each class is called by itself rather than through `Image.open`: nothing is registered with Pillow,
# none of its other formats can be reached by a hostile file, and its own pixel warning stays out of it.
_OPENERS: dict[Format, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "HEIF": HeifImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}

_BEGINNINGS: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)

#: Sizes of the second header of a BMP: "BM" alone begins many a text.
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)


def recognise(data: bytes) -> Format | None:
    """The format that `data` begins like; None for anything that is not read here."""
    for beginning, name in _BEGINNINGS:
        if data.startswith(beginning):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    return _recognise_boxes(data)


def _recognise_boxes(data: bytes) -> Format | None:
    """AVIF or HEIF, by the brands of the first box (ISO/IEC 14496-12, 4.3; 23008-12, 10.2)."""
    if data[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    # `mif1` says only "a picture": what it is coded with stands among the compatible brands.
    if brands & _AVIF_BRANDS and data[8:12] in _AVIF_BRANDS | {b"mif1", b"msf1"}:
        return "AVIF"
    return "HEIF" if data[8:12] in _HEIF_BRANDS else None


def open_as(name: Format, data: bytes) -> ImageFile.ImageFile:
    """The picture's header, its pixels not decoded yet. Raises whatever the format's reader does."""
    return _OPENERS[name](BytesIO(data))


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from a WebP's header (RFC 9649), which must be known before it is opened:
    the decoder takes memory for all pixels at once. None where the header is not understood."""
    head = data[12:16]
    if head == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if head == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if head == b"VP8 " and len(data) >= 30:
        width, height = int.from_bytes(data[26:28], "little"), int.from_bytes(data[28:30], "little")
        return width & 0x3FFF, height & 0x3FFF
    return None
