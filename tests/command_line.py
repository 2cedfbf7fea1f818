"""The command line as its users meet it: a process, its two streams and its exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

MANYEYES = (sys.executable, "-m", "manyeyes")
#: Variables of the machine that runs the tests must not reach what is tested.
_OURS = ("ANALYSIS_", "MANYEYES_", "REPLICATE_")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        """What `--json` printed: one object, and nothing else."""
        return json.loads(self.out)

    @property
    def progress(self) -> list[dict[str, Any]]:
        """What `--progress json` wrote: an object a line, and nothing else."""
        return [json.loads(line) for line in self.err.splitlines()]


def clean_environment(place: Path, **more: str) -> Mapping[str, str]:
    """An environment in which everything is kept below `place`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "XDG_DATA_HOME": str(place / "data"), "HOME": str(place), "COLUMNS": "200", **more}


def begin(*words: str, place: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a command in `place`, where its store is too."""
    return begin_after(None, *words, place=place, **environment)


def begin_after(
    first: Callable[[], None] | None, *words: str, place: Path, **environment: str
) -> subprocess.Popen[str]:
    """Start a command in whose process `first` runs before it."""
    return subprocess.Popen(
        [*MANYEYES, *words],
        cwd=place,
        preexec_fn=first,  # noqa: PLW1509 - these tests start no threads
        env=clean_environment(place, **environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="surrogateescape",
    )


def end(process: subprocess.Popen[str], seconds: float = 60) -> Done:
    """Wait for a command's end. No traceback ever reaches a user."""
    out, err = process.communicate(timeout=seconds)
    assert "Traceback" not in err, err
    return Done(process.returncode, out, err)


def manyeyes(*words: str, place: Path, **environment: str) -> Done:
    """Carry out a command."""
    return end(begin(*words, place=place, **environment))


def draw(folder: Path, count: int) -> Path:
    """`count` small pictures, no two alike, in natural order."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        colour = (index * 37 % 256, index * 91 % 256, index * 53 % 256)
        Image.new("RGB", (64 + index % 7, 48), colour).save(folder / f"picture-{index + 1}.png")
    return folder


@contextmanager
def provider(place: Path, *words: str) -> Iterator[Mapping[str, str]]:
    """A stand-in for Replicate; gives the environment that leads there. Its journal is `journal.jsonl`."""
    journal = str(place / "journal.jsonl")
    process = begin("provider", "--port", "0", "--journal", journal, *words, place=place)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield {"REPLICATE_BASE_URL": found.group(), "REPLICATE_API_TOKEN": "any"}
    finally:
        process.send_signal(signal.SIGTERM)
        end(process)


def journal(place: Path, event: str) -> list[dict[str, Any]]:
    """What the stand-in wrote down under this event."""
    rows = map(json.loads, (place / "journal.jsonl").read_text().splitlines())
    return [row for row in rows if row["event"] == event]
