"""Files as they lie on a disk: what they are, and their bytes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from io import BufferedReader

from manyeyes.intake.header import pixels
from manyeyes.intake.safety import Caps
from manyeyes.intake.sniff import HEAD_BYTES, Content, sniff
from manyeyes.model.errors import ImageTooLarge, UnreadableImage, UnsupportedImage
from manyeyes.model.image import ImageRef


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a file told."""

    content: Content
    #: Bytes.
    size: int
    #: Changes when the content may have.
    version: str
    #: Width and height of a picture, where its header tells them.
    pixels: tuple[int, int] | None


def open_regular(path: str) -> BufferedReader:
    """Open a file for reading, and nothing but a file: a pipe or a device is refused and never waited for.

    Raises OSError.
    """
    # What was a file when it was listed may be a pipe by now: opening that must not block.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(None, "it is no regular file", path)
    return os.fdopen(descriptor, "rb")


def version_of(status: os.stat_result) -> str:
    """Size in bytes and time of the last change in nanoseconds."""
    return f"{status.st_size}-{status.st_mtime_ns}"


def why(error: OSError) -> str:
    """What the system says of `error`, in words that stand within a sentence."""
    words = error.strerror or str(error)
    return words[:1].lower() + words[1:]


def look_at(path: str) -> Look:
    """Open, read the header, close. Raises OSError."""
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
        content = sniff(file.peek(HEAD_BYTES)[:HEAD_BYTES])
        size = pixels(file) if content.what == "picture" else None
    return Look(content, status.st_size, version_of(status), size)


def check_supported(name: str, content: Content) -> None:
    """Raise UnsupportedImage for a picture in a format that is known but not read."""
    if content.what == "unsupported":
        raise UnsupportedImage(f"{name!r} is a picture in the format {content.words}, which is not read here")


def read_file(ref: ImageRef, caps: Caps) -> tuple[ImageRef, bytes]:
    """The bytes of a listed file, and the reference with the version that was read.

    Raises UnreadableImage, ImageTooLarge and UnsupportedImage.
    """
    name = repr(ref.name)
    try:
        with open_regular(ref.locator.path) as file:
            return _read(file, ref, caps)
    except FileNotFoundError as error:
        raise UnreadableImage(f"{name} is gone since it was listed; copy it back and run again") from error
    except OSError as error:
        raise UnreadableImage(f"{name} cannot be read: {why(error)}; mend that and run again") from error
    except MemoryError as error:
        raise ImageTooLarge(f"{name} does not fit into memory; shrink it") from error


def _read(file: BufferedReader, ref: ImageRef, caps: Caps) -> tuple[ImageRef, bytes]:
    before = os.fstat(file.fileno())
    if (size := before.st_size) > caps.file_bytes:
        raise ImageTooLarge(f"{ref.name!r} has {size:,} bytes; at most {caps.file_bytes:,} are read")
    check_supported(ref.name, sniff(file.peek(HEAD_BYTES)[:HEAD_BYTES]))
    data = file.read(size)
    if version_of(os.fstat(file.fileno())) != version_of(before):
        raise UnreadableImage(f"{ref.name!r} changed while it was read; run again when it is finished")
    return replace(ref, version=version_of(before), size=size), data
