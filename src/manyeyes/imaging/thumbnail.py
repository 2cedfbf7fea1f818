"""Small pictures for pages: upright, sRGB, WebP, nothing but pixels in them."""

from __future__ import annotations

from io import BytesIO

from manyeyes.imaging.upright import MAX_PIXELS, upright

#: Longest edges, in pixels: of a picture among many, and of one alone.
SMALL, LARGE = 320, 1280
#: WebP's scale of 0 to 100; garments' textures begin to smear below.
_QUALITY = 80
#: WebP's scale of 0 (fast) to 6 (small).
_EFFORT = 3
#: What is transparent lies on this: on white, white garments would be lost, on black, black ones.
_GROUND = "#d8d8d8"


def thumbnail(name: str, data: bytes, longest_edge: int, *, max_pixels: int = MAX_PIXELS) -> bytes:
    """A WebP of the picture `data`, called `name`, its longest edge `longest_edge` pixels, never enlarged.

    Upright, in sRGB, without metadata; of an animation the first frame. Pure but for the time it takes;
    call it off the event loop. Raises `UnsupportedImage`, `ImageTooLarge` and `UnreadableImage`.
    """
    seen = upright(name, data, longest_edge, max_pixels=max_pixels, ground=_GROUND)
    buffer = BytesIO()
    seen.pixels.save(buffer, "WEBP", quality=_QUALITY, method=_EFFORT)
    return buffer.getvalue()


def check_decodes(name: str, data: bytes, *, max_pixels: int = MAX_PIXELS) -> None:
    """Decode the picture `data`, called `name`, to its end, and raise where that fails, as `thumbnail` does.

    Of a JPEG as few pixels are made as its decoder can; all of its bytes are read.
    """
    upright(name, data, 64, max_pixels=max_pixels)
