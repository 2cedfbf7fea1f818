"""From a picture's bytes to its pixels: checked, upright, sRGB, shrunk. Every use of a picture begins here."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from PIL import Image, ImageFile
from PIL.ExifTags import Base

from manyeyes.imaging.formats import FORMATS, Format, open_as, recognise, webp_size
from manyeyes.imaging.srgb import shrinkable, to_srgb
from manyeyes.model.errors import ImageError, ImageTooLarge, UnreadableImage, UnsupportedImage

#: Pixels; more are refused before they are decoded.
MAX_PIXELS = 100_000_000

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
_SWAPS_SIDES = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class Upright:
    """A picture as people see it."""

    #: RGB, in sRGB.
    pixels: Image.Image
    #: Size of the picture as it came, in pixels, upright.
    original_width: int
    original_height: int


def upright(
    name: str,
    data: bytes,
    longest_edge: int,
    *,
    max_pixels: int = MAX_PIXELS,
    by: Image.Resampling = Image.Resampling.LANCZOS,
    ground: str = "white",
) -> Upright:
    """The picture `data`, called `name`: upright, sRGB, at most `longest_edge` pixels long, never enlarged.

    What is transparent is laid on `ground`, a colour. Of several frames the first is taken. Pure but for the
    time it takes; call it off the event loop.

    Raises `UnsupportedImage` where the content is none of `FORMATS` (the name's extension is not asked),
    `ImageTooLarge` where the header tells of more than `max_pixels`, before anything is decoded,
    and `UnreadableImage` where it is truncated or corrupt.
    """
    kind = recognise(data)
    if kind is None:
        readable = ", ".join(FORMATS)
        raise UnsupportedImage(f"{name!r} is no picture in a format that is read here; use one of {readable}")
    _quieten_pillow()
    try:
        if kind == "WebP" and (claimed := webp_size(data)):
            _check_size(name, claimed, max_pixels)
        with open_as(kind, data) as image:
            _check_size(name, image.size, max_pixels)
            return _brought_upright(image, kind, longest_edge, by, ground)
    except ImageError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise ImageTooLarge(f"{name!r} takes more memory to decode than there is; shrink it first") from error
    except Exception as error:
        raise UnreadableImage(
            f"{name!r} cannot be decoded as {kind}: {_in_short(error)}; "
            "export it again, or copy it again from where it came"
        ) from error


def fit(size: tuple[int, int], longest_edge: int) -> tuple[int, int]:
    """Width and height in the same proportions, at most `longest_edge`, at least 1, never larger."""
    scale = min(1.0, longest_edge / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _brought_upright(
    image: ImageFile.ImageFile, kind: Format, longest_edge: int, by: Image.Resampling, ground: str
) -> Upright:
    size, target = image.size, fit(image.size, longest_edge)
    if kind == "JPEG":
        # The decoder leaves out what would be thrown away: up to 8 × fewer pixels a side. The box must
        # have the picture's own proportions, or the shorter side keeps it from doing so.
        image.draft(None, target)
    image.load()
    turn = 1 if kind == "HEIF" else _orientation(image)
    profile = image.info.get("icc_profile")
    pixels = shrinkable(image)
    if pixels.size != target:
        pixels = pixels.resize(target, by, reducing_gap=3.0)
    pixels = to_srgb(pixels, profile, ground)
    if turn in _TURNS:
        pixels = pixels.transpose(_TURNS[turn])
    # Pillow writes some of `info` (a comment, a profile) into files by itself.
    pixels.info = {}
    return Upright(pixels, *(size[::-1] if turn in _SWAPS_SIDES else size))


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


def _in_short(error: Exception) -> str:
    """What the reader says, once: some say themselves that it is truncated, others speak of boxes."""
    # Particulars in brackets go, and the newline at the end of some.
    why = " ".join(_BRACKETS.sub("", str(error)).split()).rstrip(".") or type(error).__name__
    plain = "truncated" in why or "corrupt" in why
    return why if plain else f"it is truncated or corrupt ({why})"


#: A short remark in round brackets, with what may stand in brackets within.
_BRACKETS = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_REMARKS = re.compile(r"PIL\.")


def _quieten_pillow() -> None:
    """Pillow remarks on odd metadata with warnings, which would stand between our own lines on stderr.

    The filter holds for the whole process: Python has none for one thread.
    """
    if ("ignore", None, Warning, _REMARKS, 0) not in warnings.filters:
        warnings.filterwarnings("ignore", category=Warning, module=_REMARKS.pattern)
