"""From a picture's bytes to what an analyzer can use: checked, upright, sRGB, shrunk, without metadata."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from manyeyes.imaging.upright import MAX_PIXELS, fit, upright
from manyeyes.model.image import Expected, ImageRef, Original, Preparation, PreparedImage

#: Decoded bytes for each byte of a picture whose header told nothing: a photograph from a telephone.
_UNTOLD = 16
#: Bytes of a decoded pixel: three colours, and a fourth channel where there may be one.
_JPEG_PIXEL, _PIXEL = 3, 4

#: What is measured from pixels comes out the same with a filter that takes two thirds of the time.
_FILTERS = {"jpeg": Image.Resampling.LANCZOS, "rgb": Image.Resampling.BICUBIC}


def prepare(original: Original, preparation: Preparation, *, max_pixels: int = MAX_PIXELS) -> PreparedImage:
    """`original` upright, in sRGB, on white where it was transparent, at most `longest_edge` pixels long.

    Never enlarged; nothing but pixels is left of it (no EXIF, GPS, XMP, ICC, comments). Of several
    frames the first is taken. Pure but for the time it takes; call it off the event loop.

    Raises `UnsupportedImage`, `ImageTooLarge` and `UnreadableImage`, as `upright` says.
    """
    seen = upright(
        original.ref.name,
        original.data,
        preparation.longest_edge,
        max_pixels=max_pixels,
        by=_FILTERS[preparation.encoding],
    )
    return PreparedImage(
        original.ref,
        original.sha256,
        _encode(seen.pixels, preparation),
        preparation.encoding,
        *seen.pixels.size,
        seen.original_width,
        seen.original_height,
    )


def expected(preparation: Preparation, ref: ImageRef) -> Expected:
    """What a listed picture will come to: its bytes with its pixels as they are decoded, and the pixels that
    are sent. Of a JPEG fewer are decoded than it has."""
    if ref.pixels is None:
        return Expected((1 + _UNTOLD) * ref.size, 0)
    width, height = ref.pixels
    target = fit(ref.pixels, preparation.longest_edge)
    decoded = width * height * _PIXEL
    if ref.format == "JPEG":
        shorter = min(width // target[0], height // target[1])
        scale = next(scale for scale in (8, 4, 2, 1) if shorter >= scale)
        decoded = -(-width // scale) * -(-height // scale) * _JPEG_PIXEL
    return Expected(ref.size + decoded, target[0] * target[1])


def _encode(pixels: Image.Image, preparation: Preparation) -> bytes:
    if preparation.encoding == "rgb":
        return pixels.tobytes()
    buffer = BytesIO()
    pixels.save(buffer, "JPEG", quality=preparation.quality)
    return buffer.getvalue()
