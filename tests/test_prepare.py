"""Pictures come out upright, in the right colours, small enough, and with nothing told of their makers."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base

from drawn_pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    alike,
    corners,
    encoded,
    original,
    pixels_of,
    png_header,
    quarters,
)
from manyeyes.imaging.formats import recognise
from manyeyes.imaging.prepare import prepare
from manyeyes.imaging.upright import fit
from manyeyes.model.errors import ImageError, ImageTooLarge, UnreadableImage, UnsupportedImage
from manyeyes.model.image import Preparation

SMALL = Preparation(longest_edge=64, encoding="rgb")
UPRIGHT = [RED, GREEN, BLUE, WHITE]
FORMATS = ["JPEG", "PNG", "WebP", "GIF", "HEIF", "AVIF", "TIFF", "BMP"]

#: What brings an upright picture into the state that an EXIF orientation undoes.
LAID_DOWN = {
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


def laid_down(orientation: int) -> tuple[Image.Image, bytes]:
    """The quarters as a camera held that way stores them, and the EXIF that says so."""
    image = quarters()
    for turn in LAID_DOWN[orientation]:
        image = image.transpose(turn)
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    return image, exif.tobytes()


def photo(width: int, height: int, **options: object) -> bytes:
    return encoded(quarters(width, height), "JPEG", quality=95, subsampling=0, **options)


@pytest.mark.parametrize("orientation", LAID_DOWN)
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WebP", "TIFF", "HEIF", "AVIF"])
def test_every_orientation_comes_out_upright(format_name: str, orientation: int) -> None:
    image, exif = laid_down(orientation)
    if format_name in {"WebP", "JPEG"}:
        data = encoded(image, format_name, exif=exif, quality=95)
    else:
        data = encoded(image, format_name, exif=exif)
    ready = prepare(original(data), SMALL)
    assert (ready.width, ready.height) == (64, 48)
    assert (ready.original_width, ready.original_height) == (80, 60)
    assert alike(corners(pixels_of(ready)), UPRIGHT, most=12)


def test_a_heic_that_its_reader_turns_is_not_turned_twice() -> None:
    """HEIF says the orientation twice, as EXIF and as a property: both stand in what iPhones write."""
    image, exif = laid_down(6)
    data = encoded(image, "HEIF", exif=exif)
    assert b"irot" in data
    assert prepare(original(data), SMALL).height < prepare(original(data), SMALL).width


def test_broken_exif_does_not_lose_the_picture() -> None:
    ready = prepare(original(photo(80, 60, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")), SMALL)
    assert alike(corners(pixels_of(ready)), UPRIGHT)


@pytest.mark.parametrize("format_name", FORMATS)
def test_every_format_is_read_whatever_its_name_says(format_name: str) -> None:
    data = encoded(quarters(), format_name)
    assert recognise(data) == format_name
    ready = prepare(original(data, "notes.txt"), SMALL)
    assert alike(corners(pixels_of(ready)), UPRIGHT)


@pytest.mark.parametrize("format_name", ["GIF", "WebP", "PNG", "TIFF", "AVIF"])
def test_of_several_frames_the_first_is_taken(format_name: str) -> None:
    others = [Image.new("RGB", (80, 60), "black")] * 2
    data = encoded(quarters(), format_name, save_all=True, append_images=others)
    assert alike(corners(pixels_of(prepare(original(data), SMALL))), UPRIGHT, most=10)


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("left", [0.3, 0.7])
def test_a_truncated_picture_is_unreadable(format_name: str, left: float) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    data = encoded(Image.fromarray(noise), format_name)
    with pytest.raises(UnreadableImage, match=r"'shop/dress\.jpg'.*(truncated|corrupt)"):
        prepare(original(data[: int(len(data) * left)]), SMALL)


def test_that_a_picture_is_truncated_is_said_once() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG")
    with pytest.raises(UnreadableImage) as caught:
        prepare(original(data[: len(data) // 2]), SMALL)
    assert str(caught.value) == (
        "'shop/dress.jpg' cannot be decoded as JPEG: image file is truncated; "
        "export it again, or copy it again from where it came"
    )


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_picture_with_only_its_first_bytes_right_is_unreadable(format_name: str) -> None:
    data = encoded(quarters(), format_name)
    kept = 40 if format_name in {"HEIF", "AVIF"} else 20
    with pytest.raises(UnreadableImage):
        prepare(original(data[:kept] + b"\xa5" * (len(data) - kept)), SMALL)


@pytest.mark.parametrize("data", [b"", b"hello", b"BM is how this note begins, and no bitmap", b"%PDF-1.7"])
def test_what_is_no_picture_is_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedImage, match="use one of JPEG, PNG"):
        prepare(original(data, "photo.jpg"), SMALL)


def test_a_png_of_900_megapixels_is_refused_before_it_is_decoded() -> None:
    # Decoding it would fail, for its pixels are missing: it never comes to that.
    with pytest.raises(ImageTooLarge, match=r"30000 × 30000 pixels.*100 megapixels"):
        prepare(original(png_header(30000, 30000)), SMALL)


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_cap_holds_for_every_format(format_name: str) -> None:
    data = encoded(quarters(), format_name)
    with pytest.raises(ImageTooLarge, match="80 × 60"):
        prepare(original(data), SMALL, max_pixels=80 * 60 - 1)
    assert prepare(original(data), SMALL, max_pixels=80 * 60).width == 64


def test_a_webp_is_refused_before_its_decoder_takes_memory_for_it() -> None:
    body = b"VP8X" + (10).to_bytes(4, "little") + bytes(4) + (16382).to_bytes(3, "little") * 2
    data = b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body
    with pytest.raises(ImageTooLarge, match="16383 × 16383"):
        prepare(original(data), SMALL)


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}])
def test_plain_webps_tell_their_size_in_their_header_too(options: dict[str, bool]) -> None:
    with pytest.raises(ImageTooLarge, match="80 × 60"):
        prepare(original(encoded(quarters(), "WebP", **options)), SMALL, max_pixels=100)


@pytest.mark.parametrize("size", [(10, 10), (64, 48), (3, 64), (1, 1)])
def test_nothing_is_enlarged(size: tuple[int, int]) -> None:
    ready = prepare(original(photo(*size)), SMALL)
    assert (ready.width, ready.height) == size


@pytest.mark.parametrize(("size", "expected"), [((10000, 1), (64, 1)), ((1, 10000), (1, 64))])
def test_the_thinnest_pictures_keep_a_pixel(size: tuple[int, int], expected: tuple[int, int]) -> None:
    ready = prepare(original(encoded(Image.new("RGB", size, "red"), "PNG")), SMALL)
    assert (ready.width, ready.height) == expected
    assert (ready.original_width, ready.original_height) == size


def test_jpeg_is_sent_as_jpeg_of_the_quality_asked_for() -> None:
    data = encoded(Image.effect_noise((400, 300), 60).convert("RGB"), "JPEG")
    good, poor = (prepare(original(data), Preparation(256, quality=quality)) for quality in (90, 30))
    assert good.data[:3] == b"\xff\xd8\xff"
    assert pixels_of(good).shape == (192, 256, 3) == (good.height, good.width, 3)
    assert len(poor.data) < len(good.data) / 2


def test_no_metadata_leaves() -> None:
    exif = Image.Exif()
    exif[Base.Make] = "CameraMaker"
    exif.get_ifd(IFD.GPSInfo)[1] = "N"
    exif.get_ifd(IFD.GPSInfo)[2] = (48.0, 8.0, 14.25)
    data = photo(80, 60, exif=exif, comment=b"SecretRemark", xmp=b"<x:xmpmeta>SecretXmp</x:xmpmeta>")
    assert all(secret in data for secret in (b"CameraMaker", b"SecretRemark", b"SecretXmp"))
    ready = prepare(original(data), Preparation(64))
    for secret in (b"CameraMaker", b"SecretRemark", b"SecretXmp", b"Exif", b"ICC_PROFILE", b"xmpmeta"):
        assert secret not in ready.data
    with Image.open(BytesIO(ready.data)) as sent:
        assert not sent.getexif()
        assert set(sent.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_name_that_is_not_utf8_is_told_readably() -> None:
    with pytest.raises(UnsupportedImage, match=r"\\udcff"):
        prepare(original(b"?", "caf\udcff.jpg"), SMALL)


def test_a_warning_of_the_decoder_is_neither_shown_nor_a_failure(recwarn: pytest.WarningsRecorder) -> None:
    data = bytearray(encoded(quarters(), "TIFF", tiffinfo={305: "a"}))
    ready = prepare(original(bytes(data)), SMALL)
    assert alike(corners(pixels_of(ready)), UPRIGHT)
    assert not recwarn.list


@given(st.integers(1, 20000), st.integers(1, 20000), st.integers(1, 2000))
def test_what_fits_keeps_to_the_edge(width: int, height: int, edge: int) -> None:
    fitted = fit((width, height), edge)
    assert min(fitted) >= 1
    assert max(fitted) == min(edge, max(width, height))
    assert fitted[0] <= width
    assert fitted[1] <= height


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 300), st.sampled_from(["JPEG", "PNG"]))
def test_what_is_prepared_keeps_to_the_edge(width: int, height: int, edge: int, format_name: str) -> None:
    data = encoded(Image.new("RGB", (width, height), "teal"), format_name)
    ready = prepare(original(data), Preparation(edge, "rgb"))
    assert (ready.width, ready.height) == fit((width, height), edge)
    assert len(ready.data) == ready.width * ready.height * 3


def is_prepared_or_refused(data: bytes) -> bool:
    """Any other error than ours passes through and fails the test."""
    try:
        ready = prepare(original(data), SMALL, max_pixels=1_000_000)
    except ImageError as error:
        return "dress.jpg" in str(error) and "\n" not in str(error)
    return max(ready.width, ready.height) <= 64


_STARTS = [encoded(quarters(), name) for name in FORMATS]


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400), st.sampled_from([b"", *_STARTS]), st.integers(0, 64))
def test_random_bytes_raise_nothing_but_image_errors(noise: bytes, start: bytes, kept: int) -> None:
    assert is_prepared_or_refused(start[:kept] + noise)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(_STARTS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6))
def test_flipped_bytes_raise_nothing_but_image_errors(data: bytes, flips: list[tuple[float, int]]) -> None:
    damaged = bytearray(data)
    for place, value in flips:
        damaged[int(place * (len(damaged) - 1))] = value
    assert is_prepared_or_refused(bytes(damaged))
