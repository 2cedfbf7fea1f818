"""Whatever a picture file holds comes out as 8-bit sRGB on white, as people see it."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from drawn_pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    Pixels,
    alike,
    corners,
    encoded,
    original,
    pixels_of,
    quarters,
)
from manyeyes.imaging.prepare import prepare
from manyeyes.model.image import Preparation

WHOLE = Preparation(longest_edge=80, encoding="rgb")
UPRIGHT = [RED, GREEN, BLUE, WHITE]
GREYS = [(76,) * 3, (150,) * 3, (29,) * 3, (255,) * 3]


def seen(data: bytes) -> Pixels:
    return pixels_of(prepare(original(data), WHOLE))


@pytest.mark.parametrize(
    ("mode", "format_name"),
    [
        ("P", "PNG"),
        ("P", "GIF"),
        ("PA", "TIFF"),
        ("RGBA", "PNG"),
        ("RGBA", "TIFF"),
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("YCbCr", "TIFF"),
        ("LAB", "TIFF"),
    ],
)
def test_every_mode_of_colour_keeps_its_colours(mode: str, format_name: str) -> None:
    image = quarters()
    if mode == "LAB":
        space = ImageCms.createProfile("LAB")
        lab = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), space, outputMode="LAB")
        assert lab is not None
        image = lab
    elif mode == "PA":
        image = image.convert("P").convert("PA")
    else:
        image = image.convert(mode)
    assert alike(corners(seen(encoded(image, format_name))), UPRIGHT, most=25)


@pytest.mark.parametrize(
    ("mode", "format_name"), [("L", "PNG"), ("L", "JPEG"), ("LA", "PNG"), ("I", "TIFF"), ("F", "TIFF")]
)
def test_every_mode_of_grey_keeps_its_greys(mode: str, format_name: str) -> None:
    assert alike(corners(seen(encoded(quarters().convert(mode), format_name))), GREYS)


def test_one_bit_a_pixel_is_averaged_rather_than_thinned_out() -> None:
    checks = Image.fromarray((np.indices((160, 160)).sum(axis=0) % 2).astype(bool))
    pixels = seen(encoded(checks, "PNG"))
    assert pixels.shape == (80, 80, 3)
    assert abs(float(pixels.mean()) - 127.5) < 8


@pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey_do_not_turn_white(format_name: str) -> None:
    ramp = np.linspace(0, 65535, 80).astype(np.uint16)[None].repeat(60, axis=0)
    grey = seen(encoded(Image.fromarray(ramp), format_name))[30, :, 0].astype(int)
    assert np.abs(grey - np.linspace(0, 255, 80)).max() <= 2


def test_sixteen_bits_of_colour_are_scaled() -> None:
    # Pillow does not write such PNGs; the format is simple enough (RFC 2083).
    level = struct.pack(">HHH", 0x8000, 0x4000, 0xFFFF)
    rows = zlib.compress(b"".join(b"\0" + level * 8 for _ in range(8)))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    assert alike([tuple(int(value) for value in seen(data)[4, 4])], [(128, 64, 255)], most=1)


def test_a_tiff_whose_white_is_zero_is_not_seen_in_the_negative() -> None:
    grey = np.full((20, 20), 0x4000, dtype=np.uint16)
    data = encoded(Image.fromarray(grey), "TIFF", tiffinfo={262: 0})
    assert abs(int(seen(data)[10, 10, 0]) - 191) <= 2


@pytest.mark.parametrize(("white", "level"), [(1.0, 0.25), (255.0, 64.0), (65535.0, 16384.0)])
def test_floating_point_greys_are_scaled_by_the_range_they_are_in(white: float, level: float) -> None:
    values = np.full((20, 20), level, dtype=np.float32)
    values[:10], values[0, 0] = white, np.nan
    assert abs(int(seen(encoded(Image.fromarray(values), "TIFF"))[15, 10, 0]) - 64) <= 1


@pytest.mark.parametrize("format_name", ["PNG", "WebP", "AVIF", "HEIF", "TIFF"])
def test_what_is_transparent_is_white(format_name: str) -> None:
    image = Image.new("RGBA", (80, 60), (200, 0, 0, 0))
    image.paste((0, 0, 200, 255), (40, 0, 80, 60))
    pixels = seen(encoded(image, format_name))
    assert alike([tuple(int(v) for v in pixels[30, x]) for x in (20, 60)], [WHITE, (0, 0, 200)], most=8)


def test_what_is_half_transparent_is_half_white() -> None:
    pixels = seen(encoded(Image.new("LA", (20, 20), (0, 128)), "PNG"))
    assert abs(int(pixels[10, 10, 0]) - 127) <= 1


@pytest.mark.parametrize("format_name", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_white(format_name: str) -> None:
    image = quarters().convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    red = image.getpixel((10, 10))
    assert isinstance(red, int)
    assert corners(seen(encoded(image, format_name, transparency=red)))[0] == WHITE


def test_colours_of_another_profile_are_moved_to_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    swapped = swapped_profile(srgb.tobytes())
    assert lab.profile.xcolor_space == "Lab "
    plain = seen(encoded(quarters(), "PNG"))
    same = seen(encoded(quarters(), "PNG", icc_profile=srgb.tobytes()))
    moved = seen(encoded(quarters(), "PNG", icc_profile=swapped))
    assert alike(corners(same), corners(plain), most=1)
    # In the profile with red and blue swapped, what says "red" is blue.
    assert alike(corners(moved), [BLUE, GREEN, RED, WHITE], most=3)


def swapped_profile(srgb: bytes) -> bytes:
    """sRGB's profile with the colorants of red and blue exchanged in its tag table (ICC.1:2022, 7.3)."""
    count = struct.unpack(">I", srgb[128:132])[0]
    profile = bytearray(srgb)
    for at in range(132, 132 + 12 * count, 12):
        name = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


@pytest.mark.parametrize("profile", [b"no profile at all", b"\0" * 200])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    data = encoded(quarters(), "JPEG", quality=95, subsampling=0, icc_profile=profile)
    assert alike(corners(seen(data)), UPRIGHT)


def test_a_profile_for_other_channels_is_ignored() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert alike(corners(seen(encoded(quarters().convert("L"), "PNG", icc_profile=profile))), GREYS)
    cmyk = encoded(quarters().convert("CMYK"), "TIFF", icc_profile=profile)
    assert alike(corners(seen(cmyk)), UPRIGHT)
