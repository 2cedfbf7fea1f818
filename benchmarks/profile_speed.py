"""CPU seconds of the style profile of 10,000 made-up answers, and its memory beside four times as many.

python benchmarks/profile_speed.py
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from random import Random

from machine import calibration, machine, spread
from manyeyes.model.descriptor import Camera, Lighting, PaletteColor, StyleDescriptor, StyleLabel
from manyeyes.model.image import ImageRef, Locator
from manyeyes.model.outcome import Analyzed
from manyeyes.model.vocabulary import WORDS
from manyeyes.portrait.plots import plots_of
from manyeyes.portrait.profile import profile_of
from manyeyes.store.reports import Kept

#: CPU seconds for `PICTURES`.
GOAL = 1.0
PICTURES = 10_000
#: Four times the pictures may take so many times the memory.
MOST_GROWTH = 1.5
ROUNDS = 7
_PAGE = 200


def described(rng: Random) -> StyleDescriptor:
    """One made-up answer: usual values often, others seldom, and colours of all kinds."""

    def word(path: str) -> str | None:
        words = WORDS[path]
        return None if rng.random() < 0.1 else words[min(int(rng.expovariate(0.5)), len(words) - 1)]

    simple = [path for path in WORDS if "." not in path]
    return StyleDescriptor(
        **{path: word(path) for path in simple},  # type: ignore[arg-type]
        color_palette=tuple(
            PaletteColor(f"colour {rng.randrange(60)}", f"#{rng.randrange(1 << 24):06x}", 0.3)
            for _ in range(3)
        ),
        embellishments=("buttons", f"bead {rng.randrange(200)}"),
        lighting=Lighting(word("lighting.type"), word("lighting.direction")),
        camera=Camera(word("camera.angle"), word("camera.height")),
        background="a plain grey studio wall",
        style_labels=(StyleLabel("casual", rng.random()), StyleLabel("boho", rng.random())),
        confidence=rng.random(),
    )


async def answers(count: int, seed: int) -> AsyncIterator[Sequence[Kept]]:
    """Pages of so many answers, made as they are asked for."""
    rng = Random(seed)
    for start in range(0, count, _PAGE):
        yield [
            Kept(Analyzed(_image(number), f"{number:024x}", number, "", described(rng)))
            for number in range(start, min(start + _PAGE, count))
        ]


def _image(number: int) -> ImageRef:
    return ImageRef(f"{number}.jpg", Locator(f"/photos/{number}.jpg"), "1", 1)


async def _drawn_from(kept: Sequence[Sequence[Kept]]) -> AsyncIterator[Sequence[Kept]]:
    for page in kept:
        yield page


async def _collected(seed: int) -> list[Sequence[Kept]]:
    return [page async for page in answers(PICTURES, seed)]


def seconds(seed: int) -> tuple[float, float]:
    """CPU seconds of the profile, and of drawing its plots; making up the answers is not counted."""
    kept = asyncio.run(_collected(seed))
    started = time.process_time()
    profile = asyncio.run(profile_of(_drawn_from(kept)))
    done = time.process_time()
    plots = plots_of(profile)
    assert profile.analyzed == PICTURES
    assert sum(len(plot.svg) for plot in plots.values()) > 0
    return done - started, time.process_time() - done


def peak(count: int) -> float:
    """The most megabytes that were held at once while so many answers streamed by."""
    tracemalloc.start()
    asyncio.run(profile_of(answers(count, 1)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main() -> int:
    """Print the figures; 1 where a goal is missed."""
    print(machine())
    rounds = [seconds(seed) for seed in range(ROUNDS)]
    print(f"profile of {PICTURES:,} answers: {spread([one for one, _ in rounds])} s of CPU; goal: {GOAL} s")
    print(f"drawing its plots: {spread([one for _, one in rounds])} s of CPU")
    small, large = peak(PICTURES), peak(4 * PICTURES)
    growth = large / small
    print(f"held at once: {small:.1f} MB for {PICTURES:,}, {large:.1f} MB for {4 * PICTURES:,}")
    print(f"growth: {growth:.2f} times; goal: {MOST_GROWTH} times for four times the pictures")
    print(f"fixed loop of 3,000,000 rounds: {spread([calibration() for _ in rounds])} s")
    return int(statistics.median(one for one, _ in rounds) > GOAL or growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
