"""From whatever a picture file holds to 8-bit sRGB without transparency."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

#: Numbers that a TIFF states of itself (TIFF 6.0, section 8).
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262
_WHITE_IS_ZERO = 0

#: The colour space that an ICC profile names in its header (ICC.1:2022, 7.2.6), and the mode it fits.
_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}


def shrinkable(image: Image.Image) -> Image.Image:
    """`image` in a mode of 8 bits whose pixels may be averaged: L, LA, RGB, RGBA or CMYK."""
    if image.mode.startswith("I;16"):
        return _from_16_bit_grey(image)
    if image.mode in {"I", "F"}:
        return _from_wide_grey(image)
    if "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK"}:
        return image
    plain = "L" if image.mode == "1" else "RGB"
    return image.convert("RGBA" if image.has_transparency_data else plain)


def _from_16_bit_grey(image: Image.Image) -> Image.Image:
    """Pillow's own conversion cuts off at 255, which makes a 16-bit picture all white."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    grey = (np.asarray(image) >> (bits - 8)).astype(np.uint8)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        grey = 255 - grey
    return Image.fromarray(grey)


def _from_wide_grey(image: Image.Image) -> Image.Image:
    """32-bit numbers say nothing of their white: the least usual one that holds them all is taken."""
    values: npt.NDArray[np.float32] = np.asarray(image, dtype=np.float32)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    high = float(values.max(initial=0.0))
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    white = next((white for white in whites if high <= white), high)
    return Image.fromarray((values.clip(0, white) * (255 / white) + 0.5).astype(np.uint8))


def to_srgb(image: Image.Image, profile: bytes | None, ground: str = "white") -> Image.Image:
    """A `shrinkable` picture as RGB: colours moved from `profile` (ICC) to sRGB, then laid on `ground`."""
    if image.mode not in {"LA", "RGBA"}:
        return _colours(image, profile)
    alpha = image.getchannel("A")
    opaque = _colours(image.convert("RGB" if image.mode == "RGBA" else "L"), profile)
    return Image.composite(opaque, Image.new("RGB", image.size, ground), alpha)


def _colours(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if source.profile.xcolor_space == _SPACES.get(image.mode):
                converted = ImageCms.profileToProfile(
                    image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
                )
                assert converted is not None
                return converted
        except (OSError, ValueError, ImageCms.PyCMSError):
            # A broken profile is no reason to lose the picture: it is read as if it had none.
            pass
    return image if image.mode == "RGB" else image.convert("RGB")
