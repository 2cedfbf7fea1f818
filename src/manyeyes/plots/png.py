"""Turns a plot into pixels."""

from __future__ import annotations

import resvg_py


def png_of(svg: str, scale: float = 2.0) -> bytes:
    """The picture of an SVG file as PNG, `scale` pixels to each of its units.

    Nothing outside of the text is read: pictures in it must be data URIs. Words take fonts of this system.
    """
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale))
