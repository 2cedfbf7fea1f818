"""How fast the gallery of a large portfolio is shown, filtered and brought up to date, in a SQLite file.

    python benchmarks/gallery.py [--pictures 10000]

Timed are calls of the store from start to end, its thread and transaction included: medians of the rounds.
The descriptors say as much as a vision model does. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from machine import machine, spread
from manyeyes.model.ask import Ask, Recipe
from manyeyes.model.descriptor import Camera, Lighting, PaletteColor, StyleDescriptor, StyleLabel
from manyeyes.model.image import ImageRef, Locator, Preparation
from manyeyes.model.outcome import Analyzed, Answer
from manyeyes.model.ticket import Key
from manyeyes.model.vocabulary import WORDS
from manyeyes.store import gallery
from manyeyes.store.gallery import Filters
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Opening, Result, RunRecord

ROUNDS = 15
RECIPE = Recipe("modelled", "", "eyes", Ask("What is it?", "style/1"), Preparation(768))
COLOURS = (
    "navy",
    "white",
    "black",
    "red",
    "olive",
    "teal",
    "pink",
    "beige",
    "camel",
    "charcoal",
    "sage",
    "rust",
)
STYLES = (
    "casual",
    "formal",
    "boho",
    "minimal",
    "street",
    "retro",
    "sporty",
    "romantic",
    "classic",
    "workwear",
)
DETAILS = ("buttons", "lace", "zip", "bow", "pockets", "belt", "embroidery", "sequins")
#: Three fields, a colour, a word and how sure it was: more than most people ask for at once.
FILTERS = Filters(
    {
        "garment_type": frozenset({"dress", "coat", "skirt", "jacket"}),
        "color_palette": frozenset({"navy", "black"}),
        "fabric": frozenset({"silk", "wool", "cotton", "none"}),
    },
    text="fitted bod",
    below=0.9,
)
#: Milliseconds at most; pictures a second at least.
FIRST_PAGE, FILTERED, REFRESHED, CHUNK = 60.0, 250.0, 3_000.0, 30.0


def descriptor(number: int, rng: random.Random) -> StyleDescriptor:
    """What a model might say of a picture."""
    words: dict[str, Any] = {
        field: rng.choice(said) if rng.random() < 0.8 else None
        for field, said in WORDS.items()
        if "." not in field
    }
    colours = rng.sample(COLOURS, 3)
    return StyleDescriptor(
        **words,
        color_palette=tuple(PaletteColor(name, f"#{rng.randrange(1 << 24):06x}", 0.3) for name in colours),
        embellishments=tuple(rng.sample(DETAILS, 2)),
        lighting=Lighting(rng.choice(("soft", "hard", None)), "front"),
        camera=Camera("front", "eye level"),
        background="a plain studio backdrop in light gray",
        pose="standing, one hand in the pocket",
        style_labels=tuple(StyleLabel(name, 0.5) for name in rng.sample(STYLES, 2)),
        is_garment=True,
        confidence=round(rng.random(), 2),
        reasoning=f"A fitted bodice and a flared hem make it number {number} of the series.",
    )


def result(run: RunRecord, number: int, rng: random.Random) -> Result:
    """A picture's own call has answered it."""
    image = ImageRef(f"look-{number:05}.jpg", Locator(f"/photos/look-{number:05}.jpg"), "1", 1_000_000)
    key = Key(f"{rng.getrandbits(256):064x}", RECIPE.digest)
    answer = Answer(descriptor(number, rng), "x" * 1_200, id=f"{run.id}.{number}")
    id_ = run.portfolio.picture_id(image.locator)
    said = Analyzed(image, id_, number, key.sha256, answer.descriptor, attempts=1, answer=answer.id)
    return Result(run, said, key, answer)


async def timed(store: SqlStore, task: Callable[[Connection], object]) -> list[float]:
    """Milliseconds of a call, each round."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await store.carry_out(task)
        taken.append((time.perf_counter() - begun) * 1_000)
    return taken


async def brought_in(store: SqlStore, portfolio: str) -> tuple[int, float, list[float]]:
    """Pictures brought in, the seconds that took, and the milliseconds of each chunk."""
    count, begun = 0, time.perf_counter()
    chunks: list[float] = []
    while True:
        chunk_begun = time.perf_counter()
        some = await store.carry_out(partial(gallery.refresh, portfolio=portfolio))
        if not some:
            return count, time.perf_counter() - begun, chunks
        count += some
        chunks.append((time.perf_counter() - chunk_begun) * 1_000)


async def measure(url: str, pictures: int) -> bool:
    """Measure, print, judge; whether every goal was met."""
    rng = random.Random(4)
    async with SqlStore(url) as store:
        run = await store.open_run(Opening(("/photos",), "photos", RECIPE))
        for start in range(0, pictures, 100):
            some = [result(run, number, rng) for number in range(start, min(start + 100, pictures))]
            await asyncio.gather(*map(store.save, some))
        count, seconds, chunks = await brought_in(store, run.portfolio.id)
        assert count == pictures
        print(f"brought in             {count / seconds:,.0f} pictures/s, {spread(chunks)} ms a chunk")
        met = count / seconds >= REFRESHED and sorted(chunks)[len(chunks) // 2] <= CHUNK
        for name, filters, most in (
            ("no filter", Filters(), FIRST_PAGE),
            ("five filters", FILTERS, FILTERED),
        ):
            look: dict[str, Any] = {"portfolio": run.portfolio.id, "filters": filters}
            page = await timed(store, partial(gallery.page, **look))
            facets = await timed(store, partial(gallery.facets, **look))
            both = [one + other for one, other in zip(page, facets, strict=True)]
            print(f"{name:12} page      {spread(page)} ms")
            print(f"{name:12} facets    {spread(facets)} ms; both at most {most:.0f} ms")
            met &= sorted(both)[ROUNDS // 2] <= most
        for sort in ("latest", "confidence", "size"):
            taken = await timed(store, partial(gallery.page, portfolio=run.portfolio.id, sort=sort))
            print(f"no filter, by {sort:10} {spread(taken)} ms")
    return met


def main() -> int:
    """Measure in a new file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000)
    pictures = parser.parse_args().pictures
    print(f"{machine()}; {pictures:,} pictures, {ROUNDS} rounds, median (least to most)")
    with tempfile.TemporaryDirectory() as folder:
        met = asyncio.run(measure(f"sqlite:///{Path(folder) / 'runs.db'}", pictures))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
