"""A folder with a store in it, for the commands that read stores; and ways to call them."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from command_line import MANYEYES, Done, clean_environment, manyeyes
from manyeyes.model.image import Locator
from manyeyes.model.progress import Progress
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Beat, Opening, Result, RunRecord
from store_samples import OPENING, OTHER_RECIPE, SOURCES, analyzed, bought, failed, picture

#: A name that would clear the screen, pretend to be another, break lines, and is no UTF-8.
HOSTILE = b"\x1b[2J\xe2\x80\xaegpj.\n\xff'\".jpg".decode("utf-8", "surrogateescape")


def default_store(place: Path) -> Path:
    return place / "data" / "manyeyes" / "manyeyes.db"


def furnish(place: Path, work: Callable[[SqlStore], Awaitable[None]]) -> None:
    default_store(place).parent.mkdir(parents=True, exist_ok=True)

    async def main() -> None:
        async with SqlStore(f"sqlite:///{default_store(place)}") as store:
            await work(store)

    asyncio.run(main())


async def fill(store: SqlStore) -> None:
    first = await store.open_run(Opening(SOURCES, "photos", OTHER_RECIPE))
    await store.save(Result(first, failed(first, 1, "out_of_time", "'1.jpg' had no answer within 300 s")))
    await close(store, first, Progress(current=1, total=1, failed=1))
    second = await store.open_run(OPENING)
    await store.save(bought(second, 1))
    for number in (2, 3):
        message = f"'{number}.jpg' is truncated after {number}00 bytes"
        await store.save(Result(second, failed(second, number, "unreadable_image", message)))
    await store.save(hostile(second))
    await close(store, second, Progress(current=4, total=4, analyzed=2, failed=2, reused=1))


async def close(store: SqlStore, run: RunRecord, progress: Progress) -> None:
    await store.beat(Beat(run.id, replace(progress, finished=True), "complete"))


def hostile(run: RunRecord) -> Result:
    image = replace(picture(1), name=HOSTILE, locator=Locator(f"/photos/{HOSTILE}"))
    id_ = run.portfolio.picture_id(image.locator)
    return Result(run, analyzed(run, 1, 4, image=image, id=id_, reused=True, answer=f"{run.id}.1"))


@dataclass(frozen=True, slots=True)
class Place:
    """A folder in which commands are carried out."""

    folder: Path

    def manyeyes(self, *words: str, **environment: str) -> Done:
        """Carry out a command."""
        return manyeyes(*words, place=self.folder, **environment)

    def run_ids(self) -> list[str]:
        """The runs of the store, newest first."""
        return [run["run"] for run in self.manyeyes("runs", "--json").object]


def on_a_terminal(*words: str, place: Path, typed: str = "", **more: str) -> tuple[int, str]:
    """The exit code of a command at a terminal, and all that was shown there."""
    ours, theirs = pty.openpty()
    environment = {**clean_environment(place, **more), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(
        [*MANYEYES, *words], cwd=place, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        while piece := _read(ours):
            shown += piece
    os.close(ours)
    return process.returncode, shown.decode("utf-8", "surrogateescape")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:
        # Linux says so when nobody is at the other end any more.
        return b""
