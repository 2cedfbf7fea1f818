"""The parts of a picture's file: which bytes are its pixels, which are said about them, and where it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

#: Parts that are looked at. A PNG of 200 MB has 25,000 as libpng writes it, a GIF one for each frame and two.
_MOST_PARTS = 100_000
#: Blocks of 255 bytes within one file, of which GIFs are made.
_MOST_BLOCKS = 4_000_000


class Part(NamedTuple):
    """A stretch of a file."""

    start: int
    end: int
    #: Coded pixels; otherwise it is said about them, in the open (EXIF, XMP, comments, tables).
    is_pixels: bool


@dataclass(frozen=True, slots=True)
class Anatomy:
    """How a picture's file is put together. One that is damaged has the parts that were found."""

    #: What is said, in order.
    said: tuple[Part, ...]
    #: Where the picture ends, and something else may begin.
    end: int
    #: Stretches of pixels: frames of an animation, scans of a JPEG; in a PNG several make one.
    stretches: int
    #: There are more parts than are looked at.
    is_endless: bool


def anatomy_of(kind: str, data: bytes) -> Anatomy | None:
    """The parts of a picture of this kind (`JPEG`); None where they are not told one by one (TIFF)."""
    walk = _WALKS.get(kind)
    if walk is None:
        return None
    parts = list(islice(walk(data), _MOST_PARTS))
    end = min(parts[-1].end, len(data)) if parts else 0
    said = tuple(part for part in parts if not part.is_pixels)
    return Anatomy(said, end, len(parts) - len(said), len(parts) == _MOST_PARTS)


#: A marker of a JPEG: neither a stuffed byte nor one that restarts the coder (ITU-T T.81, B.1.1.2).
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd7]")
_SCAN, _END = 0xDA, 0xD9


def _jpeg(data: bytes) -> Iterator[Part]:
    """What lies between markers where nothing should is skipped, as decoders do."""
    at, in_scan = 2, False
    while found := _MARKER.search(data, at):
        yield Part(at, found.start(), in_scan)
        marker = data[found.start() + 1]
        at = found.end()
        if marker != _END:
            at += max(2, int.from_bytes(data[at : at + 2], "big"))
        yield Part(found.start(), at, False)
        if marker == _END:
            return
        in_scan = marker == _SCAN
    yield Part(at, len(data), in_scan)


def _png(data: bytes) -> Iterator[Part]:
    """Chunks (W3C PNG, 5.3)."""
    at, kind = 8, b""
    while at + 12 <= len(data) and kind != b"IEND":
        start, kind = at, data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        yield Part(start, at, kind in {b"IDAT", b"fdAT"})


def _webp(data: bytes) -> Iterator[Part]:
    """Chunks of even length within one (RFC 9649, 2.3 and 2.4)."""
    end = min(8 + int.from_bytes(data[4:8], "little"), len(data))
    at = 12
    while at + 8 <= end:
        start, kind = at, data[at : at + 4]
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
        yield Part(start, at, kind in {b"VP8 ", b"VP8L", b"ALPH", b"ANMF"})


def _boxes(data: bytes) -> Iterator[Part]:
    """Boxes (ISO/IEC 14496-12, 4.2), up to the first that is none."""
    at = 0
    while at + 8 <= len(data) and data[at + 4 : at + 8].isalnum():
        start, length, kind = at, int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length and length < 8:
            return
        at = start + length if length else len(data)
        yield Part(start, at, kind in {b"mdat", b"idat", b"mpvd"})


def _bmp(data: bytes) -> Iterator[Part]:
    """Two headers, then rows of pixels whose number and width they tell."""
    start = int.from_bytes(data[10:14], "little")
    yield Part(0, start, False)
    width, height = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (18, 22))
    bits, coding = int.from_bytes(data[28:30], "little"), int.from_bytes(data[30:34], "little")
    length = (abs(width) * bits + 31) // 32 * 4 * abs(height)
    if data[14:18] == b"\x0c\0\0\0":
        width, height = int.from_bytes(data[18:20], "little"), int.from_bytes(data[20:22], "little")
        length = (width * int.from_bytes(data[24:26], "little") + 31) // 32 * 4 * height
    elif coding in {1, 2}:
        # Run lengths: only the header knows how many bytes they take.
        length = int.from_bytes(data[34:38], "little")
    yield Part(start, start + length, True)


def _gif(data: bytes) -> Iterator[Part]:
    """Blocks that begin with a letter of their own (GIF89a, 15 to 27)."""
    at = 13 + _table(data[10:11])
    yield Part(0, at, False)
    while (kind := data[at : at + 1]) in {b"!", b","}:
        start = at
        at += 2 if kind == b"!" else 11 + _table(data[at + 9 : at + 10])
        at = _past_blocks(data, at)
        yield Part(start, at, kind == b",")
    if kind == b";":
        yield Part(at, at + 1, False)


def _table(flags: bytes) -> int:
    """Bytes of a colour table, as the byte before it tells."""
    return 3 * 2 ** ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _past_blocks(data: bytes, at: int) -> int:
    for _ in range(_MOST_BLOCKS):
        if at >= len(data) or data[at] == 0:
            break
        at += 1 + data[at]
    return at + 1


_WALKS: dict[str, Callable[[bytes], Iterator[Part]]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WebP": _webp,
    "GIF": _gif,
    "HEIF": _boxes,
    "AVIF": _boxes,
    "BMP": _bmp,
}
