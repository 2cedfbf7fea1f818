"""How often the local analyzer is right about drawn garments whose colours and patterns are known.

    python benchmarks/drawn_garments.py [--count 500] [--seed 2025]

Exits 1 where a goal is missed: the dominant colour within CIEDE2000 10 for 95 %, the pattern right for
95 % of those answered, at least 70 % answered. The thresholds were set on seeds 101, 102 and 2024.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections import Counter
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from manyeyes.analyzers.local import Local
from manyeyes.analyzers.prompt import default_ask
from manyeyes.imaging.cielab import Floats, ciede2000, lab_of
from manyeyes.imaging.prepare import prepare
from manyeyes.lab.sample import DrawnGarment, draw_garment
from manyeyes.model.image import ImageRef, Locator, Original
from manyeyes.model.ticket import Intent, Key

#: Colours whose shares are as near as this to the largest share are dominant, too.
TIE = 0.1
NEAR = 10.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One drawn garment and what was said of it."""

    drawn: DrawnGarment
    #: CIEDE2000 between the dominant colour drawn and the first one answered.
    off: float
    pattern: str | None


def _lab(code: str) -> Floats:
    return lab_of(np.frombuffer(bytes.fromhex(code[1:]), dtype=np.uint8))


async def judge(local: Local, number: int, seed: int) -> Judged:
    """Draws one garment, asks the analyzer for it, and compares."""
    picture, drawn = draw_garment(number, seed)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=72 + number * 7 % 23)
    data = buffer.getvalue()
    ref = ImageRef(drawn.name, Locator(drawn.name), "1", len(data))
    original = Original(ref, data, hashlib.sha256(data).hexdigest())
    ready = prepare(original, local.traits.preparation)
    intent = Intent("0" * 26, Key(original.sha256, "0" * 32), 0.0, 60.0)
    said = json.loads((await local.start(ready, default_ask(), intent)).text)
    first = _lab(said["color_palette"][0]["hex"])
    dominant = [code for code, share in drawn.colours if share > drawn.colours[0][1] - TIE]
    off = min(float(ciede2000(first, _lab(code))) for code in dominant)
    return Judged(drawn, off, said["pattern"])


def report(judged: list[Judged]) -> bool:
    """Prints the figures; True where all goals are met."""
    answered = [one for one in judged if one.pattern is not None]
    right = [one for one in answered if one.pattern == one.drawn.pattern]
    goals = (
        ("dominant colour within CIEDE2000 10", sum(one.off <= NEAR for one in judged), len(judged), 0.95),
        ("pattern right, of those answered", len(right), len(answered), 0.95),
        ("pattern answered", len(answered), len(judged), 0.70),
    )
    for what, hits, of, goal in goals:
        print(f"{what:38} {hits:4} of {of:4} {hits / of:7.1%}   goal {goal:.0%}")
    print(f"\n{'drawn':14} answered")
    said = Counter((one.drawn.pattern, one.pattern or "nothing") for one in judged)
    for pattern in sorted({one.drawn.pattern for one in judged}):
        answers = ", ".join(f"{word} {n}" for (drawn, word), n in said.most_common() if drawn == pattern)
        print(f"{pattern:14} {answers}")
    return all(hits >= goal * of for _, hits, of, goal in goals)


async def main() -> int:
    """The process's exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--count", type=int, default=500)
    words.add_argument("--seed", type=int, default=2025)
    given = words.parse_args()
    async with Local(1) as local:
        judged = [await judge(local, number, given.seed) for number in range(1, given.count + 1)]
    print(f"{given.count} garments, seed {given.seed}\n")
    return 0 if report(judged) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
