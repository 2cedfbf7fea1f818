"""How well near-duplicates of drawn garments are told from other garments, and how fast many are searched.

    python benchmarks/likeness.py [--count 200] [--others 1000] [--seed 2026]

Exits 1 where a goal is missed: of resized and recompressed pictures 99 % nearer than `SAME`, of those with
2 % cut off each edge 95 %; no more than one in 10,000 pairs of different garments that near; and the nearest
of 100,000 found within 25 ms. `SAME` was set on seed 101.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image

from machine import machine, spread
from manyeyes.imaging.cielab import Floats
from manyeyes.imaging.likeness import LENGTH, SAME, Crowd, distance, features
from manyeyes.lab.sample import draw_garment


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file."""
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def cut(picture: Image.Image, share: float) -> Image.Image:
    """The picture with so much of its width and height cut off at each edge."""
    width, height = picture.size
    across, down = int(width * share), int(height * share)
    return picture.crop((across, down, width - across, height - down))


def reduced(picture: Image.Image, times: int) -> Image.Image:
    """The picture so many times smaller."""
    return picture.resize((picture.width // times, picture.height // times), Image.Resampling.LANCZOS)


#: What is done to a picture, and the share that must still be known for the same.
CHANGES: dict[str, tuple[Callable[[Image.Image], bytes], float]] = {
    "half the size": (lambda picture: encoded(reduced(picture, 2)), 0.99),
    "an eighth of the size": (lambda picture: encoded(reduced(picture, 8)), 0.99),
    "JPEG of quality 40": (lambda picture: encoded(picture, quality=40), 0.99),
    "JPEG of quality 15": (lambda picture: encoded(picture, quality=15), 0.99),
    "WebP of quality 50": (lambda picture: encoded(picture, "WEBP", quality=50), 0.99),
    "PNG": (lambda picture: encoded(picture, "PNG", compress_level=1), 0.99),
    "1 % cut off each edge": (lambda picture: encoded(cut(picture, 0.01)), 0.95),
    "2 % cut off each edge": (lambda picture: encoded(cut(picture, 0.02)), 0.95),
    "3 % cut off each edge": (lambda picture: encoded(cut(picture, 0.03)), 0.0),
    "5 % cut off each edge": (lambda picture: encoded(cut(picture, 0.05)), 0.0),
}


def told_apart(vectors: Floats) -> tuple[float, float]:
    """The share of pairs that are nearer than `SAME`, and the nearest of all pairs."""
    products = vectors @ vectors.T
    squares = np.diag(products)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * products, 0))
    pairs = apart[np.triu_indices(len(apart), 1)]
    return float((pairs < SAME).mean()), float(pairs.min())


def search_times(count: int, times: int = 30) -> list[float]:
    """Milliseconds to find the 20 nearest of so many."""
    crowd = Crowd.of(np.random.default_rng(1).normal(0, 20, (count, LENGTH)).astype(np.float32))
    taken = []
    for number in range(times):
        start = time.perf_counter()
        found = crowd.nearest(crowd.vectors[number] + 1, 20)
        taken.append(1000 * (time.perf_counter() - start))
        assert found[0][0] == number
    return taken


def main() -> int:
    """Draws, changes, measures, prints; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="garments that are changed")
    parser.add_argument("--others", type=int, default=1000, help="garments that are told apart")
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    print(machine())
    vectors: list[Floats] = []
    apart: dict[str, list[float]] = {name: [] for name in CHANGES}
    for number in range(given.others):
        picture, _ = draw_garment(number, given.seed)
        vectors.append(features("garment", encoded(picture, quality=90)))
        for name, (change, _) in CHANGES.items() if number < given.count else ():
            apart[name].append(distance(vectors[-1], features(name, change(picture))))
    missed = 0
    print(f"nearer than {SAME:g}, and distances (median, 99th percentile):")
    for name, (_, wanted) in CHANGES.items():
        share = statistics.mean(one < SAME for one in apart[name])
        missed += share < wanted
        print(f"  {name:24}{share:8.1%}{np.median(apart[name]):8.2f}{np.percentile(apart[name], 99):8.2f}")
    confused, least = told_apart(np.stack(vectors))
    print(f"  {'different garments':24}{confused:8.4%}  of pairs; the nearest two are {least:.2f} apart")
    taken = search_times(100_000)
    print(f"the 20 nearest of 100,000: {spread(taken)} ms")
    return int(missed > 0 or confused > 1e-4 or statistics.median(taken) > 25)


if __name__ == "__main__":
    sys.exit(main())
