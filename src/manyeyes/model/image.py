"""A picture on its way: where it is, what was read, what an analyzer gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Encoding = Literal["jpeg", "rgb"]


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a picture is found again: a file, or an entry of an archive.

    Names that are not UTF-8 are kept with Python's surrogate escapes (PEP 383).
    """

    path: str
    entry: str | None = None

    def __str__(self) -> str:
        return self.path if self.entry is None else f"{self.path}!{self.entry}"


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture that was listed and not yet read."""

    #: As shown to people and written to results: the path below its source, `/` between parts.
    name: str
    locator: Locator
    #: Changes when the content may have: size and mtime of a file, CRC of an archive entry.
    version: str
    #: Bytes as they lie there, before decoding.
    size: int
    #: Width and height as the header tells them; None where it was not read or not understood.
    pixels: tuple[int, int] | None = field(default=None, compare=False)
    #: What it begins like: `JPEG`, `PNG`, …; empty where nobody has looked.
    format: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a listed picture will come to, told before it is read."""

    #: Bytes while it is prepared: as it lies there, and decoded.
    bytes: int
    #: Pixels of what is sent; 0 where its header told nothing.
    pixels: int


def as_listed(image: ImageRef) -> Expected:
    """What is expected of a picture that nothing is done to."""
    width, height = image.pixels or (0, 0)
    return Expected(image.size, width * height)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something listed that is no picture, or may not be opened; named, and no failure."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Original:
    """A picture's bytes as they were read, and the hash that is its identity."""

    ref: ImageRef
    data: bytes
    #: Hex digits of the SHA-256 of `data`.
    sha256: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """What an analyzer can use, and so what pictures are turned into for it."""

    #: Pixels; a picture is never enlarged.
    longest_edge: int
    #: `jpeg` bytes for a service, or `rgb` pixels (height × width × 3, row by row) for a local model.
    encoding: Encoding = "jpeg"
    #: JPEG quality, 1 to 95.
    quality: int = 85
    #: Raised whenever the code that prepares gives other pixels for the same picture.
    version: int = 1


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """Upright, sRGB, shrunk, free of metadata: what is sent."""

    ref: ImageRef
    sha256: str
    data: bytes
    encoding: Encoding
    width: int
    height: int
    #: Size of the picture as it came, in pixels, upright.
    original_width: int
    original_height: int
