"""What preparing and measuring costs beside the least that Pillow can do: decode with `draft`, then LANCZOS.

    python benchmarks/local_speed.py [--all] [--threads 2] [--rounds 5]

Both go over the same photographs, in turns, with as many threads. Photographs are looked for in
MANYEYES_PHOTOS, or in ../shared/data/clothing beside the project; 400 of them unless --all is given.
Exits 1 where the rate is under half of Pillow's.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from manyeyes.analyzers.local import Local
from manyeyes.imaging.measure import measure
from manyeyes.imaging.prepare import prepare
from manyeyes.imaging.upright import fit
from manyeyes.imaging.threads import cores
from manyeyes.model.image import ImageRef, Locator, Original

PREPARATION = Local().traits.preparation
GOAL = 0.5


def bare(original: Original) -> None:
    """The floor: nothing checked, turned, converted or measured."""
    with Image.open(BytesIO(original.data)) as image:
        target = fit(image.size, PREPARATION.longest_edge)
        image.draft("RGB", target)
        image.resize(target, Image.Resampling.LANCZOS)


def local(original: Original) -> None:
    """What the local analyzer's pictures go through."""
    ready = prepare(original, PREPARATION)
    measure(np.frombuffer(ready.data, dtype=np.uint8).reshape(ready.height, ready.width, 3))


#: Pictures that one kind of work goes over before it is the other's turn: what else the machine is doing
#: then slows both alike.
TURN = 40


@dataclass(slots=True)
class Spent:
    """What one round over all pictures took."""

    seconds: float = 0.0
    #: Seconds of processor time, which other programs on the machine hardly change.
    cpu: float = 0.0

    def take(self, work: Callable[[Original], None], pictures: list[Original], pool: Executor) -> None:
        """Add what `work` takes for `pictures`."""
        started, used = time.perf_counter(), time.process_time()
        for _ in pool.map(work, pictures):
            pass
        self.seconds += time.perf_counter() - started
        self.cpu += time.process_time() - used


def one_round(pictures: list[Original], threads: int) -> tuple[Spent, Spent]:
    """Both kinds of work over all pictures, in turns."""
    floor, ours = Spent(), Spent()
    with ThreadPoolExecutor(threads) as pool:
        for at in range(0, len(pictures), TURN):
            some = pictures[at : at + TURN]
            floor.take(bare, some, pool)
            ours.take(local, some, pool)
    return floor, ours


def photographs(everything: bool) -> list[Original]:
    """The pictures, read beforehand: the disk is not measured."""
    beside = Path(__file__).parent.parent.parent / "shared" / "data" / "clothing"
    paths = sorted(Path(os.environ.get("MANYEYES_PHOTOS", beside)).rglob("*.jpg"))
    step = 1 if everything else max(1, len(paths) // 400)
    read = [(path.name, path.read_bytes()) for path in paths[::step]]
    return [
        Original(ImageRef(name, Locator(name), "1", len(data)), data, hashlib.sha256(data).hexdigest())
        for name, data in read
    ]


def main() -> int:
    """The process's exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--all", action="store_true")
    words.add_argument("--threads", type=int, default=cores())
    words.add_argument("--rounds", type=int, default=5)
    given = words.parse_args()
    pictures = photographs(given.all)
    if not pictures:
        print("no photographs found: set MANYEYES_PHOTOS to a folder of JPEG files")
        return 1
    rounds = [one_round(pictures, given.threads) for _ in range(given.rounds)]
    print(
        f"{len(pictures)} photographs, {PREPARATION.longest_edge} pixels, {given.threads} threads;", end=" "
    )
    print(f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}")
    for what, spent in zip(("draft + LANCZOS", "prepare + measure"), zip(*rounds, strict=True), strict=True):
        rates = [len(pictures) / one.seconds for one in spent]
        print(
            f"{what:18} {median(rates):7.1f} pictures/s (of {min(rates):.1f} to {max(rates):.1f}),", end=" "
        )
        print(f"{1000 * median(one.cpu for one in spent) / len(pictures):.2f} ms of processor time each")
    ratios = [floor.seconds / ours.seconds for floor, ours in rounds]
    print(f"ratio {median(ratios):.2f} (of {min(ratios):.2f} to {max(ratios):.2f}), goal {GOAL}")
    return 0 if median(ratios) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
