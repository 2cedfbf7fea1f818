"""Files that are a picture and something else as well, or more of a picture than anyone needs.

What is dangerous, and what is usual:

- The danger is another program that takes the file for something else: a browser that sniffs, a server that
  runs PHP, a viewer that opens it as PDF or ZIP. Each of these looks at certain places only: browsers and PDF
  readers at the beginning, ZIP readers at the end, PHP and old browsers anywhere that is not packed.
- Honest cameras put much behind a picture's end: the film of a motion photo, a second picture (MPF), a
  depth map, notes of the maker, zeros. Before it stand EXIF, XMP, ICC and thumbnails. All of that is taken.
- So marks of other formats are searched for where such programs look and pixels are not. Packed pixels,
  and films, hold any few bytes by chance: every mark is six bytes or more, or stands in one place only.
"""

from __future__ import annotations

import re
from io import BytesIO

from manyeyes.intake.anatomy import Anatomy, anatomy_of
from manyeyes.intake.safety import Caps
from manyeyes.intake.zip_records import Damaged, read_records

#: PDF readers find their beginning within so many bytes (ISO 32000-1, Annex H).
_PDF_WITHIN = 1024
#: Browsers sniff at most so many bytes (WHATWG MIME Sniffing, 5.2).
_HEAD_BYTES = 1445
#: Where a format does not tell its parts one by one, so many bytes at the end are looked at.
_TAIL_BYTES = 1 << 16
#: Bytes of one part that is no pixels: profiles and previews stay far below.
_SAID_BYTES = 32_000_000
#: Scans of a JPEG: some ten are usual, and each is work for all pixels.
_MOST_SCANS = 500

_MARKS = re.compile(
    rb"<(?:script[\s>/]|html[\s>]|!doctype\s+html|body[\s>]|iframe[\s>]|\?php\s"
    rb"|svg\s[\x20-;=-\x7e\s]{0,200}>|\?=[\x20-;=-\x7e\s]{1,200}\?>)",
    re.IGNORECASE,
)
#: Where the first bytes that are the picture's own choice lie: a script may begin a comment there, which
#: hides the pixels, and end it behind them.
_FREE_BYTES = {"GIF": slice(6, 14), "JPEG": slice(4, 12), "BMP": slice(2, 10), "WebP": slice(4, 8)}
_COMMENT_ENDS = re.compile(rb"\*/[\x20-\x7e]{6}")
_ARCHIVES = ((b"Rar!\x1a\x07", "a RAR archive"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"))

_PLAIN = "open it in a picture editor and save it as a new JPEG or PNG"


def why_not_plain(kind: str, data: bytes, caps: Caps) -> str | None:
    """Why the picture `data`, which begins like one of this kind (`JPEG`), is not taken; None where it is."""
    anatomy = anatomy_of(kind, data)
    reason = _why_too_much(kind, anatomy, caps) if anatomy else None
    if reason is not None:
        return f"{reason}; {_PLAIN}"
    other = _other_nature(kind, data, anatomy)
    return None if other is None else f"it is a {kind} picture and also {other}; {_PLAIN}"


def _why_too_much(kind: str, anatomy: Anatomy, caps: Caps) -> str | None:
    if anatomy.is_endless:
        return "it has more parts than any picture needs"
    if kind in {"GIF", "WebP"} and anatomy.stretches > caps.frames:
        return f"it has {anatomy.stretches:,} frames; at most {caps.frames:,} are taken"
    if kind == "JPEG" and anatomy.stretches > _MOST_SCANS:
        return f"its pixels are coded in more than {_MOST_SCANS} scans"
    largest = max((part.end - part.start for part in anatomy.said), default=0)
    if largest > _SAID_BYTES:
        return f"it claims {largest:,} bytes in one part that is no pixels"
    return None


def _other_nature(kind: str, data: bytes, anatomy: Anatomy | None) -> str | None:
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return "a PDF document"
    if _is_zip(data):
        return "a ZIP archive"
    stretches = _in_the_open(data, anatomy)
    for mark, words in _ARCHIVES:
        if data.find(mark, *stretches[-1]) >= 0:
            return words
    if any(_MARKS.search(data, *stretch) for stretch in stretches):
        return "a web page or a program"
    head = data[_FREE_BYTES.get(kind, slice(0))]
    if b"/*" in head and any(_COMMENT_ENDS.search(data, *stretch) for stretch in stretches):
        return "a script"
    return None


def _in_the_open(data: bytes, anatomy: Anatomy | None) -> list[tuple[int, int]]:
    """Where what is neither packed nor pixels begins and ends: the head, all that is said, and last what
    follows the picture."""
    if anatomy is None:
        return [(0, _HEAD_BYTES), (max(0, len(data) - _TAIL_BYTES), len(data))]
    return [(0, _HEAD_BYTES), *((part.start, part.end) for part in anatomy.said), (anatomy.end, len(data))]


def _is_zip(data: bytes) -> bool:
    """Whether a ZIP reader would find a directory at the end; four bytes that begin one are not enough."""
    try:
        return bool(read_records(BytesIO(data), 1).records)
    except Damaged:
        return False
