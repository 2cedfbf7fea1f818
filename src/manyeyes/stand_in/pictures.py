"""What a stand-in sees in a picture: its size and its colours, decoded for real."""

from __future__ import annotations

import hashlib
import io
import math
import re
import warnings
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import pybase64
from PIL import Image, ImageStat

_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w-]+=[^;,]*)*(;base64)?,", re.ASCII)

#: Pixels above which a picture is not decoded.
MAX_PIXELS = 100_000_000

RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was sent."""

    sha256: str
    data: bytes

    @classmethod
    def of(cls, data: bytes) -> Picture:
        """The picture with these bytes."""
        return cls(hashlib.sha256(data).hexdigest(), data)


@dataclass(frozen=True, slots=True)
class Sight:
    """What decoding it showed."""

    width: int
    height: int
    #: Mean colour of the middle quarter.
    subject: RGB
    #: Mean colour of the frame around it.
    background: RGB
    #: Standard deviation of the middle's lightness, 0 to 127.
    contrast: float

    @property
    def tokens(self) -> int:
        """258 where both sides are at most 384 pixels, else 258 for each tile of 768 (Gemini 2.5)."""
        if max(self.width, self.height) <= 384:
            return 258
        return 258 * math.ceil(self.width / 768) * math.ceil(self.height / 768)


def parse_data_uri(uri: str) -> bytes | None:
    """The bytes of a data URI; None where it is none or its base64 is broken."""
    head = _DATA_URI.match(uri)
    if head is None:
        return None
    payload = uri[head.end() :]
    if head.group(2) is None:
        return unquote_to_bytes(payload)
    try:
        return pybase64.b64decode(payload, validate=True)
    except ValueError:
        return None


class Eye:
    """Decodes each picture once, and remembers what it saw by sha256."""

    def __init__(self) -> None:
        self._seen: dict[str, Sight | None] = {}

    def look(self, picture: Picture) -> Sight | None:
        """What it shows; None where it is no picture that can be decoded."""
        if picture.sha256 not in self._seen:
            self._seen[picture.sha256] = _decode(picture.data)
        return self._seen[picture.sha256]


def _decode(data: bytes) -> Sight | None:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                return None
            image.draft("RGB", (64, 64))
            small = image.convert("RGB").resize((32, 32), Image.Resampling.BOX)
    # Pillow's plugins raise nearly anything at broken bytes; whatever it is, the model cannot see this one.
    except Exception:  # noqa: BLE001
        return None
    middle = small.crop((8, 8, 24, 24))
    frame = Image.new("L", small.size, 255)
    frame.paste(0, (3, 3, 29, 29))
    contrast = ImageStat.Stat(middle.convert("L")).stddev[0]
    return Sight(width, height, _mean(middle), _mean(small, frame), contrast)


def _mean(image: Image.Image, mask: Image.Image | None = None) -> RGB:
    red, green, blue = (round(value) for value in ImageStat.Stat(image, mask).mean)
    return red, green, blue
