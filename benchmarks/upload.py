"""A large ZIP uploaded: how much the server's memory rises, and how long it takes. Linux only.

2,000 pictures of noise, 1 MB each, stored and not deflated, are drawn into a temporary folder that goes
again; there must be room for twice that. A picture is kept as soon as it is taken out of the ZIP.

    python benchmarks/upload.py [--pictures 2000] [--rounds 1] [--folder FOLDER]

Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from machine import machine, spread
from web_world import MEGA, Server, archive_of, serving

#: Megabytes by which the server's memory may rise.
GOAL = 100.0
#: Noise of so many pixels comes to about 1 MB.
SIZE = (640, 1000)
#: What a picture and its copy take on disk, with some to spare.
ROOM = 2.3


def noise(count: int) -> Iterator[tuple[str, bytes]]:
    """Pictures of pure noise, which nothing packs."""
    rng = np.random.default_rng(1)
    for number in range(count):
        pixels = rng.integers(0, 256, size=(SIZE[1], SIZE[0], 3), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=85, subsampling=0)
        yield f"noise-{number + 1:05}.jpg", buffer.getvalue()


def check_room(folder: Path, pictures: int) -> None:
    """Raise SystemExit where the disk is too full."""
    needed, free = pictures * ROOM * MEGA, shutil.disk_usage(folder).free
    if free < needed + 1000 * MEGA:
        sys.exit(
            f"{folder} has {free / MEGA:.0f} MB free and needs {needed / MEGA:.0f}: name another --folder"
        )


def uploaded(server: Server, archive: Path, pictures: int) -> tuple[float, float]:
    """Seconds of one upload, and by how many megabytes memory rose at most."""
    portfolio = server.ask("POST", "/api/portfolios", {"name": "noise"})["id"]
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")
    before, begun = server.megabytes(), time.monotonic()
    receipt = server.upload(portfolio, archive)
    taken, rise = time.monotonic() - begun, server.megabytes("VmHWM") - before
    if len(receipt["added"]) != pictures or receipt["refused"]:
        raise RuntimeError(f"{len(receipt['added'])} of {pictures} taken: {receipt['refused'][:5]}")
    server.ask("DELETE", f"/api/portfolios/{portfolio}")
    return taken, rise


def main() -> int:
    """Print the figures; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where there is room; else the system's temporary folder")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        place = Path(folder)
        check_room(place, options.pictures)
        archive = archive_of(place / "noise.zip", noise(options.pictures))
        size = archive.stat().st_size / MEGA
        with serving(place) as server:
            idle = server.megabytes()
            rounds = [uploaded(server, archive, options.pictures) for _ in range(options.rounds)]
    seconds, rises = map(list, zip(*rounds, strict=True))
    print("| upload | server idle | memory rose by | goal | took | a second |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {size:.0f} MB, {options.pictures:,} pictures | {idle:.0f} MB | {spread(rises)} MB | "
        f"{GOAL:.0f} MB | {spread(seconds)} s | {size / sorted(seconds)[len(seconds) // 2]:.0f} MB |"
    )
    return int(max(rises) >= GOAL)


if __name__ == "__main__":
    sys.exit(main())
