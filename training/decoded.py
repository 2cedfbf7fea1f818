"""The photographs decoded once, as one array on disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Pixels = NDArray[np.uint8]
#: What the analyzer in the box is given: the picture upright, its longest edge 384 pixels.
LONGEST_EDGE = 384
#: Nearly nothing to a network that sees 127 as 0.
_GREY = (127, 127, 127)


def framed(path: Path, edge: int, framing: str) -> Pixels:
    """The picture at `path` as `edge` × `edge` × 3 pixels: `squeezed` into them, or `padded` with grey."""
    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.BICUBIC)
    if framing == "squeezed":
        return np.asarray(picture.resize((edge, edge), Image.Resampling.BICUBIC))
    if framing == "padded":
        return np.asarray(ImageOps.pad(picture, (edge, edge), Image.Resampling.BICUBIC, _GREY))
    raise SystemExit(f"A picture is squeezed or padded, not {framing!r}.")


def decoded(folder: Path, images: Sequence[str], edge: int, framing: str, cache: Path) -> Pixels:
    """`folder`/images/<image>.jpg, each `framed`: N × edge × edge × 3, mapped from a file in `cache`."""
    kept = cache / f"pixels-{framing}-{edge}-{len(images)}.npy"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        paths = [folder / "images" / f"{image}.jpg" for image in images]
        with ThreadPoolExecutor() as threads:
            pixels = np.stack(list(threads.map(lambda path: framed(path, edge, framing), paths)))
        part = kept.with_suffix(f".{os.getpid()}.npy")
        np.save(part, pixels)
        part.replace(kept)
    mapped: Pixels = np.load(kept, mmap_mode="r")
    return mapped
