"""What a file is by its first bytes; its extension is not asked."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Literal

#: Bytes of a file that are looked at.
HEAD_BYTES = 512

What = Literal["picture", "unsupported", "zip", "archive", "other"]


@dataclass(frozen=True, slots=True)
class Content:
    """What the first bytes say. `unsupported` is a picture in a format that is not read here."""

    what: What
    #: A format's name (`JPEG`) for pictures, a noun phrase (`a RAR archive`) for the rest.
    words: str

    @property
    def is_picture(self) -> bool:
        """Whether it counts as a picture, be it one that will fail."""
        return self.what in {"picture", "unsupported"}

    @property
    def why_passed_over(self) -> str:
        """The reason given for what is no picture."""
        if self.what in {"zip", "archive"}:
            return f"{self.words}; unpack it and give the folder"
        return self.words if self == EMPTY else f"{self.words}, no picture"


EMPTY = Content("other", "an empty file")
_UNKNOWN = Content("other", "a file of unknown kind")

#: First bytes, what they mean, and its name. Longer beginnings stand before shorter ones.
_BEGINNINGS: tuple[tuple[bytes, What, str], ...] = (
    (b"\xff\xd8", "picture", "JPEG"),
    (b"\x89PNG", "picture", "PNG"),
    (b"GIF87a", "picture", "GIF"),
    (b"GIF89a", "picture", "GIF"),
    (b"II*\0\x10\0\0\0CR", "unsupported", "Canon raw"),
    (b"II*\0", "picture", "TIFF"),
    (b"MM\0*", "picture", "TIFF"),
    (b"II+\0", "picture", "TIFF"),
    (b"MM\0+", "picture", "TIFF"),
    (b"8BPS", "unsupported", "Photoshop (PSD)"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "unsupported", "JPEG XL"),
    (b"\xff\x0a", "unsupported", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "unsupported", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "unsupported", "JPEG 2000"),
    (b"II\xbc\x01", "unsupported", "JPEG XR"),
    (b"IIU\0", "unsupported", "Panasonic raw"),
    (b"IIRO", "unsupported", "Olympus raw"),
    (b"IIRS", "unsupported", "Olympus raw"),
    (b"MMOR", "unsupported", "Olympus raw"),
    (b"FUJIFILMCCD-RAW", "unsupported", "Fujifilm raw"),
    (b"FOVb", "unsupported", "Sigma raw"),
    (b"\0\0\1\0", "unsupported", "ICO"),
    (b"icns", "unsupported", "ICNS"),
    (b"v/1\x01", "unsupported", "OpenEXR"),
    (b"#?RADIANCE", "unsupported", "Radiance HDR"),
    (b"#?RGBE", "unsupported", "Radiance HDR"),
    (b"DDS |", "unsupported", "DDS"),
    (b"qoif", "unsupported", "QOI"),
    (b"gimp xcf", "unsupported", "GIMP (XCF)"),
    (b"PK\3\4", "zip", "a ZIP archive"),
    (b"PK\5\6", "zip", "a ZIP archive"),
    (b"PK\7\x08", "zip", "a ZIP archive"),
    (b"Rar!\x1a\x07", "archive", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "a 7z archive"),
    (b"\x1f\x8b", "archive", "a gzip archive"),
    (b"BZh", "archive", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "archive", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "archive", "a Zstandard archive"),
    (b"MSCF", "archive", "a CAB archive"),
    (b"%PDF-", "other", "a PDF document"),
    (b"%!PS", "other", "a PostScript document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "other", "an Office document or a thumbnail store"),
    (b"\x1aE\xdf\xa3", "other", "a video"),
    (b"\0\0\1\xba", "other", "a video"),
    (b"ID3", "other", "a sound file"),
    (b"OggS", "other", "a sound file"),
    (b"fLaC", "other", "a sound file"),
    (b"MZ", "other", "a program"),
    (b"\x7fELF", "other", "a program"),
    (b"SQLite format 3\0", "other", "a database"),
)

_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}

#: Sizes that the header of a BMP's second part has had; "BM" alone begins too many texts.
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}

_NETPBM = re.compile(rb"P[1-7]\s+[#\d]|P7\nWIDTH")
_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f]")

_PICTURE_EXTENSION = re.compile(
    r"\.(jpe?g|jpe|jfif|a?png|webp|gif|hei[cf]|hif|avif|tiff?|bmp|dib"
    r"|psd|jxl|jp2|j2k|svg|ico|exr|hdr|cr[23]|raf|rw2|orf|nef|arw|dng)\Z",
    re.IGNORECASE,
)


def looks_like_a_picture(name: str) -> bool:
    """Whether a file's extension is a picture's: for files that cannot be opened, where no more is known."""
    return _PICTURE_EXTENSION.search(name) is not None


def sniff(head: bytes) -> Content:
    """What begins with `head`, a file's first `HEAD_BYTES` (all of them, if it is shorter).

    Only the beginning is looked at: a picture that is damaged further on is a picture here.
    """
    if not head:
        return EMPTY
    for beginning, what, words in _BEGINNINGS:
        if head.startswith(beginning):
            return Content(what, words)
    return _boxed(head) or _bitmap(head) or _text(head) or _UNKNOWN


def _boxed(head: bytes) -> Content | None:
    """RIFF and ISO base media files, which name their kind a few bytes later (ISO 14496-12, 4.3)."""
    if head.startswith(b"RIFF"):
        kinds = {b"WEBP": Content("picture", "WebP"), b"WAVE": Content("other", "a sound file")}
        return kinds.get(head[8:12], Content("other", "a video"))
    if head[4:8] != b"ftyp":
        return None
    length = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(length, len(head)), 4))]
    # The first brand is the file's own; the others are what else can read it.
    for brand in brands:
        if brand in _AVIF:
            return Content("picture", "AVIF")
        if brand in _HEIF and not _AVIF.intersection(brands):
            return Content("picture", "HEIF")
    return Content("unsupported", "Canon raw") if brands[0] == b"crx " else Content("other", "a video")


def _bitmap(head: bytes) -> Content | None:
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return Content("picture", "BMP")
    if _NETPBM.match(head):
        return Content("unsupported", "Netpbm (PNM)")
    if head[257:262] == b"ustar":
        return Content("archive", "a tar archive")
    return None


def _text(head: bytes) -> Content | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Content("other", "text")
    try:
        # Not final: the head may end within a character.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(text):
        return None
    start = text.lstrip().casefold()
    if start.startswith("<svg") or (start.startswith(("<?xml", "<!--", "<!doctype svg")) and "<svg" in start):
        return Content("unsupported", "SVG")
    if start.startswith(("<!doctype html", "<html")):
        return Content("other", "a web page")
    return Content("other", "text")
