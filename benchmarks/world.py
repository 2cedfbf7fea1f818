"""A portfolio of drawn pictures, a provider standing in beside it, and the command line between them."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

MANYEYES = (sys.executable, "-m", "manyeyes")


def draw_pictures(folder: Path, count: int, size: tuple[int, int] = (320, 240)) -> None:
    """`count` pictures, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        rng = random.Random(index)
        colour = tuple(rng.randrange(256) for _ in range(3))
        picture = Image.new("RGB", size, colour)
        draw = ImageDraw.Draw(picture)
        for _ in range(5):
            x, y = rng.randrange(size[0]), rng.randrange(size[1])
            fill = tuple(rng.randrange(256) for _ in range(3))
            draw.ellipse((x, y, x + size[0] // 4, y + size[1] // 4), fill=fill)
        picture.save(folder / f"picture-{index + 1:05}.jpg", quality=90)


@contextmanager
def provider(journal: Path, **settings: object) -> Iterator[str]:
    """A stand-in for Replicate in a process of its own; gives its origin."""
    words = [word for name, value in settings.items() for word in _option(name.replace("_", "-"), value)]
    process = subprocess.Popen(
        [*MANYEYES, "provider", "--port", "0", "--journal", str(journal), *words],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if found is None:
            raise RuntimeError(f"the provider did not start: {line!r}")
        yield found.group()
    finally:
        process.terminate()
        process.communicate()


def _option(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return (f"--{name}",) if value else (f"--no-{name}",)
    return f"--{name}", str(value)


def environment(origin: str, **more: str) -> Mapping[str, str]:
    """This process's environment, with the service standing in at `origin`."""
    return {**os.environ, "REPLICATE_BASE_URL": origin, "REPLICATE_API_TOKEN": "any", **more}


def analyze(folder: Path, store: Path, origin: str, *flags: str) -> dict[str, Any]:
    """`manyeyes analyze --json` with Replicate; the object it prints."""
    words = ["analyze", str(folder), "--analyzer", "replicate", "--store", f"sqlite:///{store}"]
    done = subprocess.run(
        [*MANYEYES, *words, "--progress", "none", "--json", *flags],
        env=environment(origin),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 3):
        raise RuntimeError(f"exit {done.returncode}: {done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def entries(journal: Path, event: str) -> list[dict[str, Any]]:
    """What the provider wrote down under this event."""
    rows = (json.loads(line) for line in journal.read_text().splitlines())
    return [row for row in rows if row["event"] == event]
