"""From a picture's bytes to what an analyzer can use: checked, upright, sRGB, shrunk, without metadata."""

from __future__ import annotations

import re
import warnings
from io import BytesIO

from PIL import Image, ImageFile
from PIL.ExifTags import Base

from manyeyes.imaging.formats import FORMATS, Format, open_as, recognise, webp_size
from manyeyes.imaging.srgb import shrinkable, to_srgb
from manyeyes.model.errors import ImageError, ImageTooLarge, UnreadableImage, UnsupportedImage
from manyeyes.model.image import Expected, ImageRef, Original, Preparation, PreparedImage

#: Pixels; more are refused before they are decoded.
MAX_PIXELS = 100_000_000

#: Decoded bytes for each byte of a picture whose header told nothing: a photograph from a telephone.
_UNTOLD = 16
#: Bytes of a decoded pixel: three colours, and a fourth channel where there may be one.
_JPEG_PIXEL, _PIXEL = 3, 4

#: What brings a picture upright, by its EXIF orientation (Exif 2.32, 4.6.4).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: What is measured from pixels comes out the same with a filter that takes two thirds of the time.
_FILTERS = {"jpeg": Image.Resampling.LANCZOS, "rgb": Image.Resampling.BICUBIC}
_SWAPS_SIDES = frozenset({5, 6, 7, 8})


def prepare(original: Original, preparation: Preparation, *, max_pixels: int = MAX_PIXELS) -> PreparedImage:
    """`original` upright, in sRGB, on white where it was transparent, at most `longest_edge` pixels long.

    Never enlarged; nothing but pixels is left of it (no EXIF, GPS, XMP, ICC, comments). Of several
    frames the first is taken. Pure but for the time it takes; call it off the event loop.

    Raises `UnsupportedImage` where the content is none of `FORMATS` (the name's extension is not asked),
    `ImageTooLarge` where the header tells of more than `max_pixels`, before anything is decoded,
    and `UnreadableImage` where it is truncated or corrupt.
    """
    name = original.ref.name
    kind = recognise(original.data)
    if kind is None:
        readable = ", ".join(FORMATS)
        raise UnsupportedImage(f"{name!r} is no picture in a format that is read here; use one of {readable}")
    _quieten_pillow()
    try:
        return _prepare(original, kind, preparation, max_pixels)
    except ImageError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise ImageTooLarge(f"{name!r} takes more memory to decode than there is; shrink it first") from error
    except Exception as error:
        raise UnreadableImage(
            f"{name!r} cannot be decoded as {kind}: {_in_short(error)}; "
            "export it again, or copy it again from where it came"
        ) from error


def _in_short(error: Exception) -> str:
    """What the reader says, once: some say themselves that it is truncated, others speak of boxes."""
    # Particulars in brackets go, and the newline at the end of some.
    why = " ".join(_BRACKETS.sub("", str(error)).split()).rstrip(".") or type(error).__name__
    plain = "truncated" in why or "corrupt" in why
    return why if plain else f"it is truncated or corrupt ({why})"


def _prepare(original: Original, kind: Format, preparation: Preparation, max_pixels: int) -> PreparedImage:
    if kind == "WebP" and (claimed := webp_size(original.data)):
        _check_size(original.ref.name, claimed, max_pixels)
    with open_as(kind, original.data) as image:
        _check_size(original.ref.name, image.size, max_pixels)
        size, target = image.size, fit(image.size, preparation.longest_edge)
        if kind == "JPEG":
            # The decoder leaves out what would be thrown away: up to 8 × fewer pixels a side. The box must
            # have the picture's own proportions, or the shorter side keeps it from doing so.
            image.draft(None, target)
        image.load()
        turn = 1 if kind == "HEIF" else _orientation(image)
        profile = image.info.get("icc_profile")
        pixels = shrinkable(image)
        if pixels.size != target:
            pixels = pixels.resize(target, _FILTERS[preparation.encoding], reducing_gap=3.0)
        pixels = to_srgb(pixels, profile)
    if turn in _TURNS:
        pixels = pixels.transpose(_TURNS[turn])
    width, height = size[::-1] if turn in _SWAPS_SIDES else size
    data = _encode(pixels, preparation)
    return PreparedImage(
        original.ref, original.sha256, data, preparation.encoding, *pixels.size, width, height
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


def fit(size: tuple[int, int], longest_edge: int) -> tuple[int, int]:
    """Width and height in the same proportions, at most `longest_edge`, at least 1, never larger."""
    scale = min(1.0, longest_edge / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"{name!r} has {width} × {height} pixels, more than the {max_pixels / 1e6:g} megapixels allowed; "
            "shrink it, or raise the cap if you trust where it came from"
        )


def _orientation(image: ImageFile.ImageFile) -> int:
    """1 to 8. HEIF is not asked: its reader turns pictures itself, as TIFF's does, which also says so."""
    try:
        turn = image.getexif().get(Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - broken EXIF is no reason to lose the picture
        return 1
    return turn if turn in _TURNS else 1


def _encode(pixels: Image.Image, preparation: Preparation) -> bytes:
    if preparation.encoding == "rgb":
        return pixels.tobytes()
    # Pillow writes some of `info` (a comment) into the file by itself.
    pixels.info = {}
    buffer = BytesIO()
    pixels.save(buffer, "JPEG", quality=preparation.quality)
    return buffer.getvalue()


#: A short remark in round brackets, with what may stand in brackets within.
_BRACKETS = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_REMARKS = re.compile(r"PIL\.")


def _quieten_pillow() -> None:
    """Pillow remarks on odd metadata with warnings, which would stand between our own lines on stderr.

    The filter holds for the whole process: Python has none for one thread.
    """
    if ("ignore", None, Warning, _REMARKS, 0) not in warnings.filters:
        warnings.filterwarnings("ignore", category=Warning, module=_REMARKS.pattern)
