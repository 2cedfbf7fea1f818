"""Memory and time that it takes to unpack and check an uploaded ZIP of 2 GB, in 2,000 pictures.

Idle means imports done and one picture taken. Linux only.

    python benchmarks/arriving.py [--pictures 2000] [--megabytes 1.0]

Exits 1 where memory rises by 100 MB or more, or a picture is not taken.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from machine import machine
from manyeyes.lab.sample import draw_garment

MOST_RISE = 100.0
MEGA = 1_000_000


def jpegs(megabytes: float) -> Sequence[bytes]:
    """A few pictures of that size: drawn, under grain as a camera's sensor makes it."""
    made = []
    for number in range(1, 5):
        grain = Image.effect_noise((2000, 1500), 60).convert("RGB")
        picture = Image.blend(draw_garment(number)[0].resize((2000, 1500)), grain, 0.4)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=90)
        # Cameras put films and second pictures behind the end, so that this is still one picture.
        made.append(file.getvalue() + bytes(max(0, int(megabytes * MEGA) - file.tell())))
    return made


def write_zip(path: Path, count: int, megabytes: float) -> None:
    """A ZIP of `count` pictures that differ by a comment."""
    originals = jpegs(megabytes)
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(count):
            jpeg, note = originals[index % len(originals)], f"picture {index}".encode()
            comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
            archive.writestr(f"looks/{index:05}.jpg", jpeg[:2] + comment + jpeg[2:])


def status(field: str) -> float:
    """A memory figure of this process, in MB."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found.group(1)) * 1024 / MEGA


def child(folder: Path) -> None:
    """Print pictures taken, seconds, idle and peak memory."""
    from manyeyes.imaging.thumbnail import check_decodes  # noqa: PLC0415 - the parent must not pay for it
    from manyeyes.intake.arriving import Arrivals  # noqa: PLC0415
    from manyeyes.model.arrival import Taken  # noqa: PLC0415

    place = folder / "portfolio"
    place.mkdir()
    arrivals = Arrivals(place, check_decodes, lambda _: None)
    assert len(list(arrivals.take(folder / "one.zip", "one.zip"))) == 1
    Path("/proc/self/clear_refs").write_text("5")
    idle, start = status("VmRSS"), time.perf_counter()
    taken = sum(isinstance(one, Taken) for one in arrivals.take(folder / "all.zip", "all.zip"))
    print(taken, time.perf_counter() - start, idle, status("VmHWM"))


def main() -> int:
    """Write, unpack in a process of its own, print; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--megabytes", type=float, default=1.0, help="of each picture")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        child(given.child)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_zip(place / "one.zip", 1, given.megabytes * 0.99)
        write_zip(place / "all.zip", given.pictures, given.megabytes)
        size = (place / "all.zip").stat().st_size / MEGA
        words = [sys.executable, __file__, "--child", folder]
        printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    taken, seconds, idle, peak = map(float, printed)
    print(machine())
    print(f"a ZIP of {size:,.0f} MB: {taken:.0f} of {given.pictures} pictures taken in {seconds:.0f} s")
    print(f"memory: {idle:.0f} MB idle, {peak:.0f} MB at most: {peak - idle:.0f} MB more")
    return int(peak - idle >= MOST_RISE or taken < given.pictures)


if __name__ == "__main__":
    sys.exit(main())
