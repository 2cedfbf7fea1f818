"""Turns a plot into pixels."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import resvg_py
from PIL import ImageFont


def png_of(svg: str, scale: float = 2.0) -> bytes:
    """The picture of an SVG file as PNG, `scale` pixels to each of its units, light.

    Pictures in it must be data URIs. Words are in a font of this system; where it has none, as on many
    servers, in the one that Pillow brings.
    """
    with TemporaryDirectory() as folder:
        font = Path(folder, "spare.ttf")
        font.write_bytes(_spare_font())
        drawn = resvg_py.svg_to_bytes(
            svg_string=svg, zoom=scale, font_files=[str(font)], sans_serif_family="Aileron"
        )
    return bytes(drawn)


def _spare_font() -> bytes:
    """Aileron, a TrueType font; empty where Pillow was built without FreeType."""
    spare = ImageFont.load_default(12)
    found = getattr(spare, "path", None)
    return found.getvalue() if isinstance(found, BytesIO) else b""
