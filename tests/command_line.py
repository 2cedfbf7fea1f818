"""The command line as its users meet it: its two streams and its exit code."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image

from manyeyes.cli.main import main
from manyeyes.stand_in.replicate import serve_replicate
from manyeyes.stand_in.world import world_from

MANYEYES = (sys.executable, "-m", "manyeyes")
#: Variables of the machine that runs the tests must not reach what is tested.
_OURS = ("ANALYSIS_", "MANYEYES_", "REPLICATE_", "OPENAI_")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        """No traceback ever reaches a user."""
        assert "Traceback" not in self.err, self.err

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


def manyeyes(*words: str, place: Path, **environment: str) -> Done:
    """Carry out a command in `place`, where its store is too.

    It is done in this very process, since to start one takes longer than most commands do.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    wanted = clean_environment(place, **environment)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for name in os.environ.keys() - wanted.keys():
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["manyeyes", *words])
        for name, stream in (("stdin", io.StringIO()), ("stdout", out), ("stderr", err)):
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as ended:
            main()
    return Done(int(ended.value.code or 0), _written(out), _written(err))


def _written(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8", "surrogateescape")


def begin(*words: str, place: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a command in `place` as a process of its own."""
    return _process([*MANYEYES, *words], clean_environment(place, **environment), place)


def begin_on_a_full_disk(most: int, *words: str, place: Path, **environment: str) -> subprocess.Popen[str]:
    """The same, but no file can grow beyond `most` bytes."""
    # A shell counts in blocks of 512 bytes, and then becomes the command.
    limited = ("sh", "-c", f'ulimit -f {most // 512}; exec "$@"', "sh")
    return _process([*limited, *MANYEYES, *words], clean_environment(place, **environment), place)


def _process(words: list[str], environment: Mapping[str, str], place: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        words,
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="surrogateescape",
    )


def end(process: subprocess.Popen[str], seconds: float = 60) -> Done:
    """Wait for a command's end."""
    out, err = process.communicate(timeout=seconds)
    return Done(process.returncode, out, err)


def draw(folder: Path, count: int) -> Path:
    """`count` small pictures, no two alike, in natural order."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        colour = (index * 37 % 256, index * 91 % 256, index * 53 % 256)
        Image.new("RGB", (64 + index % 7, 48), colour).save(folder / f"picture-{index + 1}.png")
    return folder


@contextmanager
def provider(place: Path, **world: object) -> Iterator[Mapping[str, str]]:
    """A stand-in for Replicate, on a thread beside; gives the environment that leads there.

    Its journal is `journal.jsonl`.
    """
    with asyncio.Runner() as runner:
        serving = serve_replicate(world_from(world), journal=place / "journal.jsonl")
        server = runner.run(serving.__aenter__())
        loop = runner.get_loop()
        beside = Thread(target=loop.run_forever)
        beside.start()
        try:
            yield _leading_to(server.origin)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            beside.join()
            runner.run(serving.__aexit__(None, None, None))


@contextmanager
def provider_process(place: Path, *words: str) -> Iterator[Mapping[str, str]]:
    """The same as `manyeyes provider` starts it."""
    process = begin("provider", "--port", "0", "--journal", str(place / "journal.jsonl"), *words, place=place)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield _leading_to(found.group())
    finally:
        process.send_signal(signal.SIGTERM)
        end(process)


def _leading_to(origin: str) -> Mapping[str, str]:
    openai = {"OPENAI_BASE_URL": origin, "OPENAI_API_KEY": "any"}
    return {"REPLICATE_BASE_URL": origin, "REPLICATE_API_TOKEN": "any"} | openai


def journal(place: Path, event: str) -> list[dict[str, Any]]:
    """What the stand-in wrote down under this event."""
    rows = map(json.loads, (place / "journal.jsonl").read_text().splitlines())
    return [row for row in rows if row["event"] == event]
