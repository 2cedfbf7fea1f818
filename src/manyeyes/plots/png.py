"""Turns a plot into pixels."""

from __future__ import annotations

from io import BytesIO
from tempfile import NamedTemporaryFile

import resvg_py
from PIL import ImageFont


def png_of(svg: str, scale: float = 2.0) -> bytes:
    """The picture of an SVG file as PNG, `scale` pixels to each of its units, light.

    Pictures in it must be data URIs. Words are in a font of this system; where it has none, as on many
    servers, in the one that Pillow brings.
    """
    with NamedTemporaryFile(suffix=".ttf") as font:
        font.write(_spare_font())
        font.flush()
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg, zoom=scale, font_files=[font.name], sans_serif_family="Aileron"
            )
        )


def _spare_font() -> bytes:
    """Aileron, a TrueType font; empty where Pillow was built without FreeType."""
    spare = ImageFont.load_default(12)
    found = getattr(spare, "path", None)
    return found.getvalue() if isinstance(found, BytesIO) else b""
