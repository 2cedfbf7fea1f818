"""Small pictures for pages: upright, in the right colours and size, with nothing but pixels in them."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import Base

from drawn_pictures import BLUE, GREEN, RED, WHITE, alike, corners, encoded, png_header, quarters
from manyeyes.imaging.thumbnail import LARGE, SMALL, check_decodes, thumbnail
from manyeyes.model.errors import ImageTooLarge, UnreadableImage, UnsupportedImage


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    assert image.format == "WEBP"
    image.load()
    return image


@pytest.mark.parametrize("edge", [SMALL, LARGE])
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WebP", "GIF", "HEIF", "AVIF", "TIFF", "BMP"])
def test_every_format_becomes_a_webp_of_the_right_size_and_colours(format_name: str, edge: int) -> None:
    image = opened(thumbnail("a", encoded(quarters(1600, 1200), format_name), edge))
    assert image.size == (edge, edge * 3 // 4)
    assert image.mode == "RGB"
    assert alike(corners(np.asarray(image)), [RED, GREEN, BLUE, WHITE], most=12)


def test_a_small_picture_is_not_enlarged() -> None:
    assert opened(thumbnail("a", encoded(quarters(40, 30), "PNG"), SMALL)).size == (40, 30)


def test_it_stands_upright_and_keeps_no_metadata() -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    exif[Base.Artist] = "someone"
    laid = quarters(800, 600).transpose(Image.Transpose.ROTATE_90)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(laid, "JPEG", exif=exif.tobytes(), comment=b"home", icc_profile=profile, quality=95)
    made = thumbnail("a", data, SMALL)
    image = opened(made)
    assert image.size == (320, 240)
    assert alike(corners(np.asarray(image)), [RED, GREEN, BLUE, WHITE], most=12)
    assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
    assert b"someone" not in made
    assert made[12:16] in {b"VP8 ", b"VP8L"}


def test_of_an_animation_the_first_frame_is_shown() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    image = opened(thumbnail("a", buffer.getvalue(), SMALL))
    assert getattr(image, "n_frames", 1) == 1
    assert alike([image.getpixel((9, 9))], [RED])  # type: ignore[list-item]


def test_what_is_transparent_lies_on_a_light_grey_on_which_white_and_black_are_seen() -> None:
    data = encoded(Image.new("RGBA", (64, 64), (255, 255, 255, 0)), "PNG")
    image = opened(thumbnail("a", data, SMALL))
    assert alike([image.getpixel((9, 9))], [(0xD8, 0xD8, 0xD8)])  # type: ignore[list-item]


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ImageTooLarge, match="'big'"):
        thumbnail("big", png_header(60_000, 60_000), SMALL)
    with pytest.raises(ImageTooLarge):
        thumbnail("big", encoded(quarters(100, 100), "PNG"), SMALL, max_pixels=9_999)


def test_a_check_says_what_is_wrong_with_a_picture() -> None:
    whole = encoded(quarters(), "JPEG")
    check_decodes("a", whole)
    with pytest.raises(UnreadableImage, match="'a' cannot be decoded as JPEG"):
        check_decodes("a", whole[:-200])
    with pytest.raises(UnsupportedImage, match="'a' is no picture"):
        check_decodes("a", b"text")
    with pytest.raises(ImageTooLarge):
        check_decodes("a", whole, max_pixels=10)
