"""Width and height are known from a listing, without decoding, and hostile headers cost nothing."""

from __future__ import annotations

import asyncio
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from manyeyes.imaging.prepare import expected
from manyeyes.intake.header import pixels
from manyeyes.intake.sources import Sources
from manyeyes.model.image import Expected, ImageRef, Locator, Preparation

SERVICE = Preparation(longest_edge=768)


def picture(format_: str, size: tuple[int, int], **options: object) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, (10, 120, 30)).save(buffer, format_, **options)
    return buffer.getvalue()


def listed(place: Path) -> list[ImageRef]:
    async def rows() -> list[ImageRef]:
        return [row async for row in Sources([place]).list() if isinstance(row, ImageRef)]

    return asyncio.run(rows())


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_each_format_tells_its_size(format_: str) -> None:
    assert pixels(BytesIO(picture(format_, (320, 200)))) == (320, 200)


def test_pictures_of_a_folder_and_of_an_archive_are_listed_with_their_pixels(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a remark " * 1000
    content = {"plain.jpg": picture("JPEG", (1600, 1200)), "told.jpg": picture("JPEG", (90, 60), exif=exif)}
    with zipfile.ZipFile(tmp_path / "shop.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            (tmp_path / name).write_bytes(data)
            archive.writestr(name, data)
    found = [(image.name, image.pixels, image.format) for image in listed(tmp_path)]
    assert found == [
        ("plain.jpg", (1600, 1200), "JPEG"),
        ("shop.zip/plain.jpg", (1600, 1200), "JPEG"),
        ("shop.zip/told.jpg", (90, 60), "JPEG"),
        ("told.jpg", (90, 60), "JPEG"),
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0\xff\xff\xff\xff", picture("JPEG", (9, 9))[:60]],
)
def test_a_header_that_is_cut_short_tells_nothing(data: bytes) -> None:
    assert pixels(BytesIO(data)) is None


def test_a_header_of_a_million_boxes_is_given_up() -> None:
    class Counted(BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return super().read(size)

    file = Counted(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x08free" * 1_000_000)
    assert pixels(file) is None
    assert file.reads <= 500


def ref(size: int, pixels: tuple[int, int] | None, format_: str) -> ImageRef:
    return ImageRef("a", Locator("a"), "1", size, pixels, format_)


def test_what_a_picture_takes_while_it_is_prepared_is_known_beforehand() -> None:
    # A JPEG is decoded at a half, a quarter or an eighth of its size where that is enough.
    assert expected(SERVICE, ref(4_000_000, (4000, 3000), "JPEG")) == Expected(
        4_000_000 + 1000 * 750 * 3, 768 * 576
    )
    assert expected(SERVICE, ref(100, (600, 400), "JPEG")) == Expected(100 + 600 * 400 * 3, 600 * 400)
    assert expected(SERVICE, ref(100, (4000, 3000), "PNG")) == Expected(100 + 48_000_000, 768 * 576)
    assert expected(SERVICE, ref(100, None, "TIFF")) == Expected(1700, 0)


def test_a_jpeg_is_decoded_to_no_more_than_expected() -> None:
    for size in ((4000, 3000), (3001, 4003), (1537, 1100), (769, 10), (5, 7), (12_000, 800)):
        with Image.open(BytesIO(picture("JPEG", size))) as image:
            width, height = size
            scale = min(1.0, 768 / max(size))
            image.draft(None, (max(1, round(width * scale)), max(1, round(height * scale))))
            decoded = image.size[0] * image.size[1] * 3
        assert expected(SERVICE, ref(0, size, "JPEG")).bytes >= decoded
