"""Files that must not be taken, made here byte by byte, and good ones that look odd."""

from __future__ import annotations

import gzip
import io
import random
import stat
import struct
import tarfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image, PngImagePlugin
from PIL.ExifTags import Base

from drawn_pictures import encoded, png_header, quarters
from intake_crafted import Crafted, crafted_zip, overlapping_zip, zip_of

#: Why something is refused, in short, and words of the reason that is told.
KINDS: dict[str, str] = {
    "not a picture": "no picture; upload JPEG",
    "not read here": "export it as JPEG or PNG",
    "an archive": "unpack it first|with nothing in it",
    "a document": "document in the form of a ZIP",
    "disguised": "picture and also a",
    "too much": r"allowed|at most|shrink it|parts than|scans|no pixels|times its packed|more memory",
    "damaged": r"again|truncated|corrupt|cannot be decoded",
    "its name": r"its name|it has no name",
    "an entry": r"its name|link or a device|encrypted|shares its bytes|packed by|twice",
}

_PHP = b"<?php system($_GET['c']); ?>"
_SCRIPT = b"<script>alert(document.domain)</script>"
_HTML = b"<!DOCTYPE html><html><body onload=alert(1)></body></html>"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


class Hostile(NamedTuple):
    """An upload that comes to nothing, and to no harm."""

    name: str
    data: bytes
    #: Why, as a key of `KINDS`.
    kind: str


def photo(format_name: str = "JPEG", edge: int = 96, **options: object) -> bytes:
    """A picture with some noise in it, so that it is not packed to nothing."""
    image = quarters(edge, edge * 3 // 4)
    grain = Image.frombytes("RGB", (16, 16), random.Random(edge).randbytes(768))
    image.paste(grain, (edge // 8, edge // 8))
    return encoded(image, format_name, **options)


def hostile_files() -> list[Hostile]:
    """All of them, their names all different."""
    return [*_no_pictures(), *_drawings(), *_disguised(), *_bombs(), *_damaged(), *_archives(), *_misnamed()]


def good_files() -> dict[str, bytes]:
    """Honest pictures as cameras, telephones and people make them; each must be taken."""
    exif = Image.Exif()
    exif[Base.ImageDescription] = "Spring <b>looks</b> & more"
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + random.Random(7).randbytes(200_000)
    xmp = b'<?xpacket begin="" id="W5M0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta><?xpacket end="w"?>'
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "made with love; a < b > c")
    return {
        "plain.jpg": photo(),
        "motion photo.jpg": photo(edge=97) + film,
        "two pictures (MPF).jpg": photo(edge=98) + photo(edge=99),
        "padded.jpg": photo(edge=100) + bytes(70_000),
        "described.jpg": photo(edge=101, exif=exif.tobytes(), comment=b"holiday", xmp=xmp),
        "no end marker.jpg": photo(edge=102) + b"\xff\xd9",
        "progressive.jpg": photo(edge=103, progressive=True),
        "text.png": photo("PNG", 104, pnginfo=text),
        "newline at its end.png": photo("PNG", 105) + b"\r\n",
        "plain.webp": photo("WebP", 106, xmp=xmp),
        "plain.gif": photo("GIF", 107, comment=b"a /* b */ c"),
        "plain.tiff": photo("TIFF", 108),
        "plain.bmp": photo("BMP", 109),
        "plain.heic": photo("HEIF", 110),
        "plain.avif": photo("AVIF", 111),
        "wrong ending.txt": photo(edge=112),
        "no ending": photo(edge=113),
        "<img src=x onerror=alert(1)>.jpg": photo(edge=114),
        '"><script>alert(1)<\u2044script>.png': photo("PNG", 115),
        "\u0641\u0633\u062a\u0627\u0646 \u202egpj.jpg": photo(edge=116),
        "\U0001f457 {{7*7}} ${x} %s.jpg": photo(edge=117),
        "spring/looks/a.jpg": photo(edge=118),
    }


def _no_pictures() -> Iterator[Hostile]:
    others = {
        "empty.jpg": b"",
        "text.jpg": b"I am a picture, honestly.",
        "noise.png": bytes(range(200, 256)) * 20,
        "page.jpg": _HTML,
        "page after spaces.png": b"\xef\xbb\xbf \n\t" + _HTML,
        "script.gif": b"alert(1)//",
        "shell.jpg": b"#!/bin/sh\nrm -rf ~\n",
        "php.jpg": _PHP,
        "document.jpg": b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript >> >>",
        "postscript.jpg": b"%!PS-Adobe-3.0\n(%pipe%id) (w) file",
        "mvg.jpg": b"push graphic-context\nviewbox 0 0 1 1\nimage over 0,0 0,0 'https://x|id'\n",
        "linux program.png": b"\x7fELF\2\1\1" + bytes(64),
        "windows program.jpg": b"MZ\x90\0" + bytes(64),
        "film.jpg": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64),
        "sound.png": b"ID3\4\0" + bytes(64),
        "database.jpg": b"SQLite format 3\0" + bytes(84),
        "playlist.jpg": b"#EXTM3U\n#EXTINF:10,\nconcat:http://127.0.0.1/|file:///etc/passwd\n",
    }
    yield from (Hostile(name, data, "not a picture") for name, data in others.items())


def _drawings() -> Iterator[Hostile]:
    entity = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
    yield Hostile("drawing.svg", _SVG, "not read here")
    yield Hostile("drawing.jpg", b'<?xml version="1.0"?>\n' + _SVG, "not read here")
    yield Hostile("entity.svg", entity, "not read here")
    yield Hostile("after a comment.svg", b"<!-- -->" + _SVG, "not read here")
    yield Hostile("wide.svg", _SVG.decode().encode("utf-16"), "not a picture")
    yield Hostile("packed.svgz", gzip.compress(_SVG), "an archive")
    yield Hostile("layers.psd", b"8BPS\0\1" + bytes(64), "not read here")
    yield Hostile("desk.ico", b"\0\0\1\0\1\0" + bytes(64), "not read here")


def _disguised() -> Iterator[Hostile]:
    archive = zip_of({"evil.class": b"\xca\xfe\xba\xbe" * 9})
    exif, text = Image.Exif(), PngImagePlugin.PngInfo()
    exif[Base.ImageDescription] = _PHP.decode()
    text.add_text("Comment", _SCRIPT.decode())
    pdf = b"%PDF-1.7\n1 0 obj"
    jpeg = photo(edge=80)
    script = b"*/=1;alert(document.domain)//"
    files = {
        "and a zip.jpg": jpeg + archive,
        "and a jar.gif": photo("GIF") + archive,
        "and a zip.png": photo("PNG") + archive + b"\n",
        "and a zip within.jpg": _with_segment(jpeg, b"\xff\xfe", archive),
        "and a rar.jpg": jpeg + b"Rar!\x1a\x07\1\0" + bytes(40),
        "and a 7z.jpg": jpeg + b"7z\xbc\xaf\x27\x1c\0\4" + bytes(40),
        "and a pdf.jpg": _with_segment(jpeg, b"\xff\xfe", pdf),
        "and a pdf.png": _with_chunk(photo("PNG"), b"tEXt", b"x\0" + pdf),
        "and a script behind it.jpg": jpeg + _SCRIPT,
        "and a page behind it.png": photo("PNG") + _HTML,
        "and a page behind it.webp": photo("WebP") + _HTML,
        "and a page behind it.bmp": photo("BMP") + _HTML,
        "and a page behind it.tiff": photo("TIFF") + _HTML,
        "and a drawing behind it.gif": photo("GIF") + _SVG,
        "and php behind it.heic": photo("HEIF") + _PHP,
        "and php behind it.avif": photo("AVIF") + _PHP,
        "and a script in its text.png": photo("PNG", pnginfo=text),
        "and php in its exif.jpg": photo(edge=81, exif=exif.tobytes()),
        "and php in its comment.gif": photo("GIF", comment=_PHP),
        "and short php.jpg": jpeg + b"<?=`$_GET[0]`?>",
        "and javascript.gif": b"GIF89a/*" + photo("GIF")[8:] + script,
        "and javascript.bmp": b"BM/*" + photo("BMP")[4:] + script,
        "and javascript.jpg": _hidden_in_comment(jpeg, script),
    }
    yield from (Hostile(name, data, "disguised") for name, data in files.items())


def _hidden_in_comment(jpeg: bytes, script: bytes) -> bytes:
    """A JPEG whose first segment is 0x2F2A bytes long, which reads `/*`, and ends in what closes that."""
    body = bytes(0x2F2A - 2 - len(script) - 2) + script + b"/*"
    return b"\xff\xd8\xff\xe0/*" + body + jpeg[2:] + script


def _bombs() -> Iterator[Hostile]:
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 4)
    for tag, value in ((256, 90_000), (257, 90_000), (258, 8), (262, 1)):
        tiff += struct.pack("<HHII", tag, 4, 1, value)
    frame = b",\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    files = {
        "huge.png": png_header(60_000, 60_000),
        "widest.png": png_header(2**31 - 1, 1),
        "huge.gif": b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + frame + b";",
        "huge.jpg": _of_size(photo(), 65_500, 65_500),
        "huge.bmp": b"BM"
        + struct.pack("<IHHIIiiHHII", 70, 0, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0)
        + bytes(24),
        "huge.webp": b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x3f\0" * 2 + bytes(4),
        "huge.tiff": tiff + bytes(4),
        "endless animation.gif": b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + frame * 6000 + b";",
        "many scans.jpg": _with_scans(photo(progressive=True), 600),
        "long text.png": _with_chunk(photo("PNG"), b"zTXt", b"x\0\0" + zlib.compress(bytes(5_000_000), 9)),
        "huge chunk.png": photo("PNG")[:-12] + struct.pack(">I4s", 2**31 - 1, b"prVt") + bytes(16),
        "many parts.png": photo("PNG")[:-12] + _chunk(b"prVt", b"") * 100_001 + photo("PNG")[-12:],
        "bomb.zip": crafted_zip(Crafted("a.bmp", photo("BMP")[:54] + bytes(5_000_000))),
        "liar.zip": crafted_zip(Crafted("a.bmp", photo("BMP")[:54] + bytes(5_000_000), size=1000)),
    }
    yield from (Hostile(name, data, _KIND_OF_BOMB.get(name, "too much")) for name, data in files.items())


#: Two are found out by what they are made of rather than by how large they are.
_KIND_OF_BOMB = {"long text.png": "damaged"}


def _of_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The same JPEG, whose frame header claims another size."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def _with_scans(jpeg: bytes, times: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    start = jpeg.rindex(b"\xff\xda")
    return jpeg[:start] + jpeg[start:-2] * times + jpeg[-2:]


def _with_segment(jpeg: bytes, marker: bytes, body: bytes) -> bytes:
    return jpeg[:2] + marker + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk, behind its header."""
    return png[:33] + _chunk(kind, body) + png[33:]


def _damaged() -> Iterator[Hostile]:
    png, archive = photo("PNG"), zip_of({"a.jpg": photo()})
    broken = bytearray(png)
    broken[png.index(b"IDAT") + 30] ^= 0xFF
    files = {
        "half.jpg": photo()[: len(photo()) // 2],
        "half.png": png[: len(png) // 2],
        "half.webp": photo("WebP")[:200],
        "half.gif": photo("GIF")[:900],
        "half.heic": photo("HEIF")[:600],
        "half.avif": photo("AVIF")[:400],
        "half.tiff": photo("TIFF")[:3000],
        "half.bmp": photo("BMP")[:3000],
        "its beginning.jpg": b"\xff\xd8\xff\xe0" + bytes(200),
        "wrong checksum.png": bytes(broken),
        "half.zip": archive[: len(archive) // 2],
        "wrong checksum.zip": crafted_zip(Crafted("a.jpg", photo(), crc=1)),
    }
    yield from (Hostile(name, data, "damaged") for name, data in files.items())
    yield Hostile("nothing.zip", crafted_zip(), "an archive")


def _archives() -> Iterator[Hostile]:
    jpeg, link, device = photo(), stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666
    names = ["1.jpg", "2.jpg", "3.jpg"]
    entries = {
        "up.zip": Crafted("../../../tmp/up.jpg", jpeg),
        "up in the middle.zip": Crafted("looks/../../up.jpg", jpeg),
        "root.zip": Crafted("/etc/cron.d/root.jpg", jpeg),
        "backslash.zip": Crafted("..\\..\\windows.jpg", jpeg),
        "drive.zip": Crafted("C:/windows.jpg", jpeg),
        "nul.zip": Crafted("a.jpg\0.php", jpeg),
        "link.zip": Crafted("passwd.jpg", b"/etc/passwd", mode=link),
        "device.zip": Crafted("null.jpg", b"", mode=device),
        "encrypted.zip": Crafted("a.jpg", jpeg, flags=1),
        "unknown method.zip": Crafted("a.jpg", jpeg, method=99),
    }
    yield from (Hostile(name, crafted_zip(entry), "an entry") for name, entry in entries.items())
    yield Hostile("overlapping.zip", overlapping_zip(names, jpeg), "an entry")
    yield Hostile("nested.zip", zip_of({"inner.zip": zip_of({"a.jpg": jpeg})}), "an archive")
    yield Hostile("letter.docx", zip_of({"[Content_Types].xml": b"<Types/>", "a.jpg": jpeg}), "a document")
    yield Hostile("app.jar", zip_of({"META-INF/MANIFEST.MF": b"Main-Class: X", "a.jpg": jpeg}), "a document")
    yield Hostile("old.rar", b"Rar!\x1a\x07\1\0" + bytes(64), "an archive")
    yield Hostile("old.7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(64), "an archive")
    yield Hostile("old.tar", _tar(jpeg), "an archive")
    yield Hostile("only a page.zip", zip_of({"index.html": _HTML}), "not a picture")


def _misnamed() -> Iterator[Hostile]:
    names = (
        "../../../../etc/cron.d/up.jpg", "looks/../../up.jpg", "..", "/etc/root.jpg", "/", "",
        "C:\\fakepath\\drive.jpg", "..\\windows.jpg", "C:drive.jpg", "cut.php\0.jpg",
        ".htaccess", "looks/.git/config.jpg",
    )  # fmt: skip
    yield from (Hostile(name, photo(edge=60), "its name") for name in names)


def _tar(data: bytes) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        row = tarfile.TarInfo("a.jpg")
        row.size = len(data)
        archive.addfile(row, io.BytesIO(data))
    return whole.getvalue()
