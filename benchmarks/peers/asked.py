"""What every way of asking gets and gives: pictures, an address, a limit; how many were answered.

Runs in each peer's own environment, so it needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODEL, KEY, LONGEST_ANSWER = "gpt-4o-mini", "any", 1024
PROMPT = "Describe the main garment in this picture. Answer with one JSON object."


@dataclass(frozen=True)
class Asked:
    """One run."""

    base_url: str
    pictures: Sequence[Path]
    #: Calls at once; 0 where none is said.
    at_once: int
    #: Calls a minute that the client is told of; 0 where none is said.
    per_minute: int


def data_uri(picture: Path) -> str:
    """The picture as it lies there."""
    return "data:image/jpeg;base64," + base64.b64encode(picture.read_bytes()).decode()


def messages(picture: Path) -> list[Any]:
    """The question about a picture, as the wire has it."""
    image = {"type": "image_url", "image_url": {"url": data_uri(picture), "detail": "high"}}
    return [{"role": "user", "content": [{"type": "text", "text": PROMPT}, image]}]


def asked() -> Asked:
    """The run that the command line describes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--at-once", type=int, default=0)
    parser.add_argument("--per-minute", type=int, default=0)
    given = parser.parse_args()
    return Asked(given.base_url, sorted(given.folder.glob("*.jpg")), given.at_once, given.per_minute)


def tell(answers: Sequence[object]) -> None:
    """Print how many answers are texts, and what the others are."""
    texts = [answer for answer in answers if isinstance(answer, str) and answer]
    others = Counter(type(answer).__name__ for answer in answers if not isinstance(answer, str))
    print(json.dumps({"answered": len(texts), "others": dict(others)}))


def run(ask: Callable[[Asked], Awaitable[Sequence[object]]]) -> None:
    """Ask, and tell; errors stand among the answers."""
    tell(asyncio.run(ask(asked())))  # type: ignore[arg-type]  # every `ask` is a coroutine
