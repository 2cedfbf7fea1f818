from __future__ import annotations

import io

import pillow_heif
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from manyeyes.intake.sniff import HEAD_BYTES, looks_like_a_picture, sniff


def drawn(kind: str) -> bytes:
    """A small picture of each kind that is read."""
    picture = Image.new("RGB", (24, 16), (200, 30, 60))
    out = io.BytesIO()
    if kind in {"HEIC", "MONO HEIC"}:
        pillow_heif.from_pillow(picture.convert("L") if kind == "MONO HEIC" else picture).save(out)
    elif kind.startswith("ANIMATED "):
        others = [Image.new("RGB", (24, 16), (0, 0, n)) for n in (1, 99)]
        picture.save(out, kind.removeprefix("ANIMATED "), save_all=True, append_images=others)
    elif kind == "BIG TIFF":
        picture.save(out, "TIFF", big_tiff=True)
    else:
        picture.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("JPEG", "JPEG"), ("PNG", "PNG"), ("ANIMATED PNG", "PNG"), ("WEBP", "WebP"),
        ("ANIMATED WEBP", "WebP"), ("GIF", "GIF"), ("ANIMATED GIF", "GIF"), ("TIFF", "TIFF"),
        ("BIG TIFF", "TIFF"), ("BMP", "BMP"), ("HEIC", "HEIF"), ("MONO HEIC", "HEIF"), ("AVIF", "AVIF"),
    ],
)  # fmt: skip
def test_every_format_that_is_read_is_known_by_its_content(kind: str, words: str) -> None:
    whole = drawn(kind)
    for head in (whole[:HEAD_BYTES], whole[:40]):
        content = sniff(head)
        assert (content.what, content.words) == ("picture", words)
        assert content.is_picture


def test_the_animated_pictures_of_these_tests_are_animated() -> None:
    for kind in ("ANIMATED WEBP", "ANIMATED GIF", "ANIMATED PNG"):
        with Image.open(io.BytesIO(drawn(kind))) as picture:
            assert getattr(picture, "n_frames", 1) == 3


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"8BPS\0\1" + bytes(20), "Photoshop (PSD)"),
        (b"\xff\x0a\xfa\x7f", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", "JPEG 2000"),
        (b"\xff\x4f\xff\x51\0\x2f", "JPEG 2000"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>", "SVG"),
        (b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'><svg/>", "SVG"),
        (b"\0\0\1\0\1\0\x10\x10\0\0", "ICO"),
        (b"II*\0\x10\0\0\0CR\2\0", "Canon raw"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "Canon raw"),
        (b"P6\n640 480\n255\n", "Netpbm (PNM)"),
        (b"qoif\0\0\0\1", "QOI"),
    ],
)
def test_a_picture_in_a_format_that_is_not_read_is_a_picture_all_the_same(head: bytes, words: str) -> None:
    content = sniff(head)
    assert (content.what, content.words, content.is_picture) == ("unsupported", words, True)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", "an empty file"),
        (b"just some words\n", "text, no picture"),
        ("füße\n".encode() * 100, "text, no picture"),
        (("é" * 400).encode()[:HEAD_BYTES - 1], "text, no picture"),
        ("wörter".encode("utf-16"), "text, no picture"),
        (b"BMW makes cars, and this is a text about them", "text, no picture"),
        (b"P5 is what they called it", "text, no picture"),
        (b"<?xml version='1.0'?><rss/>", "text, no picture"),
        (b"<!DOCTYPE html><html><svg/></html>", "a web page, no picture"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document, no picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video, no picture"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a video, no picture"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a sound file, no picture"),
        (b"Rar!\x1a\x07\1\0", "a RAR archive; unpack it and give the folder"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive; unpack it and give the folder"),
        (b"\x1f\x8b\x08\0", "a gzip archive; unpack it and give the folder"),
        (b"photos/a.jpg".ljust(257, b"\0") + b"ustar\0", "a tar archive; unpack it and give the folder"),
        (bytes(HEAD_BYTES), "a file of unknown kind, no picture"),
        (bytes(range(128, 256)), "a file of unknown kind, no picture"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_named_for_what_it_is(head: bytes, reason: str) -> None:
    content = sniff(head)
    assert not content.is_picture
    assert content.why_passed_over == reason


@given(st.binary(max_size=HEAD_BYTES))
@example(b"\0\0\0\x08ftyp")
@example(b"RIFF")
@example(b"\xff\xff\xff\xffftypavif")
def test_any_bytes_are_something(head: bytes) -> None:
    content = sniff(head)
    assert content.words
    assert content.is_picture == (content.what in {"picture", "unsupported"})


@given(st.text(alphabet=st.characters(min_codepoint=0x20, codec="utf-8"), min_size=1))
def test_text_is_never_a_picture_that_is_read(text: str) -> None:
    assert sniff(text.encode()[:HEAD_BYTES]).what != "picture"


def test_an_extension_counts_only_where_nothing_else_is_known() -> None:
    assert looks_like_a_picture("a/b.JPG")
    assert looks_like_a_picture("two\nlines.heic")
    assert not looks_like_a_picture("notes.txt")
    assert not looks_like_a_picture("jpg")
    assert not looks_like_a_picture("a.jpg.txt")
    assert not looks_like_a_picture("a.jpg\n")
