"""Peak memory over the idle process, with 12-megapixel JPEGs, by concurrency and portfolio size.

Idle means imports done and one picture analyzed. Each figure is of a process of its own. Linux only.

    python benchmarks/memory.py [--counts 100,1000,5000] [--analyzer local|replicate]
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from machine import machine
from manyeyes.lab.sample import draw_garment
from world import environment, provider

GOALS = {5: 25.0, 20: 100.0}
MOST_IN_ALL = 300.0
MOST_GROWTH = 1.10
MEGA = 1_000_000


def photographs() -> Sequence[bytes]:
    """A few pictures of 4000 × 3000 pixels: photographs where there are any, else drawn garments."""
    folder = Path(os.environ.get("MANYEYES_PHOTOS", "../shared/data/clothing")) / "images"
    files = sorted(folder.glob("*.jpg"))[:4] if folder.is_dir() else []
    drawn = [draw_garment(number)[0] for number in range(1, 5)] if not files else []
    return [_jpeg(image) for image in [*map(Image.open, files), *drawn]]


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.convert("RGB").resize((4000, 3000), Image.Resampling.BICUBIC).save(file, "JPEG", quality=88)
    return file.getvalue()


def write(folder: Path, originals: Sequence[bytes], count: int) -> None:
    """`count` files that differ by a comment, so that no two have the same bytes."""
    folder.mkdir()
    for index in range(count):
        jpeg, note = originals[index % len(originals)], f"picture {index}".encode()
        comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        (folder / f"{index:05}.jpg").write_bytes(jpeg[:2] + comment + jpeg[2:])


def status(field: str) -> float:
    """A memory figure of this process, in MB."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found.group(1)) * 1024 / MEGA


async def analyzed(source: Path, analyzer: str, concurrency: int, store: str) -> int:
    """Analyze `source`; how many pictures were answered by a call."""
    from manyeyes.library import analyze  # noqa: PLC0415 - the parent must not pay for it
    from manyeyes.settings import read_settings  # noqa: PLC0415

    settings = read_settings({"store": store})
    async with analyze(source, analyzer=analyzer, concurrency=concurrency, settings=settings) as run:
        return sum([outcome.attempts > 0 async for outcome in run])


def child(folder: Path, analyzer: str, concurrency: int) -> None:
    """Print idle and peak memory of one run, in MB."""
    files, store = sorted(folder.iterdir()), f"sqlite:///{folder}.db"
    assert asyncio.run(analyzed(files[0], analyzer, concurrency, store)) == 1
    Path("/proc/self/clear_refs").write_text("5")
    idle = status("VmRSS")
    assert asyncio.run(analyzed(folder, analyzer, concurrency, store)) == len(files) - 1
    print(idle, status("VmHWM"))


def figures(options: argparse.Namespace, origin: str) -> Iterator[tuple[int, int, float, float]]:
    """Concurrency, count, idle and peak of each run."""
    originals = photographs()
    for count in map(int, options.counts.split(",")):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "pictures"
            write(folder, originals, count)
            for concurrency in GOALS:
                Path(f"{folder}.db").unlink(missing_ok=True)
                words = [__file__, "--child", str(folder), options.analyzer, str(concurrency)]
                done = subprocess.run(
                    [sys.executable, *words],
                    env=environment(origin),
                    capture_output=True,
                    text=True,
                    check=True,
                )
                idle, peak = map(float, done.stdout.split())
                yield concurrency, count, idle, peak


def main() -> int:
    """Print a row for each run; 1 where a goal is missed."""
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="100,1000,5000")
    parser.add_argument("--analyzer", default="local", choices=["local", "replicate"])
    options = parser.parse_args()
    print(machine())
    over: dict[int, list[float]] = {concurrency: [] for concurrency in GOALS}
    peaks: dict[int, list[float]] = {concurrency: [] for concurrency in GOALS}
    journal = Path(tempfile.gettempdir()) / f"manyeyes-memory-{os.getpid()}.jsonl"
    with provider(journal, median=0.2) as origin:
        for concurrency, count, idle, peak in figures(options, origin):
            over[concurrency].append(peak - idle)
            peaks[concurrency].append(peak)
            print(
                f"{options.analyzer}, {concurrency} at once, {count} pictures: idle {idle:.0f} MB, "
                f"peak {peak:.0f} MB, over idle {peak - idle:.1f} MB (goal {GOALS[concurrency]:.0f})"
            )
    journal.unlink()
    missed = [c for c, values in over.items() if max(values) > GOALS[c] or max(peaks[c]) > MOST_IN_ALL]
    grown = [c for c, values in peaks.items() if max(values) > MOST_GROWTH * min(values)]
    return int(bool(missed or grown))


if __name__ == "__main__":
    sys.exit(main())
