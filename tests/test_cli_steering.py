"""A run of another process is paused, let go on and stopped from the command line."""

from __future__ import annotations

import asyncio
import subprocess
import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from command_line import Done, begin, draw, end, manyeyes
from manyeyes.cli import steered
from manyeyes.model.progress import Progress
from manyeyes.store.sql import SqlStore
from manyeyes.store.steering import Standing, standing_of
from manyeyes.store.tables import runs
from manyeyes.store.values import Beat, RunRecord
from store_samples import OPENING

STORE = "sqlite:///runs.db"


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """Wait for a line of stderr that holds these words."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended without a word of {words!r}")


def asked(command: str, place: Path, run: str = "latest") -> Done:
    return manyeyes(command, run, "--store", STORE, place=place)


def test_a_run_of_another_process_is_paused_resumed_and_stopped(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 300)
    words = ("--analyzer", "modelled", "--concurrency", "2", "--progress", "plain", "--store", STORE)
    process = begin("analyze", "shop", *words, place=tmp_path)
    line_with(process, "Analyzing image 1 of 300")
    done = asked("pause", tmp_path)
    assert (done.code, done.out) == (0, "")
    assert "is paused: what is in flight is finished and saved" in done.err
    assert line_with(process, "Paused").startswith("Paused")
    assert "running, paused" in manyeyes("show", "--store", STORE, place=tmp_path).out
    assert "\tpaused\t" in manyeyes("runs", "--store", STORE, place=tmp_path).out
    assert manyeyes("runs", "--json", "--store", STORE, place=tmp_path).object[0]["paused"] is True
    assert asked("pause", tmp_path).err.endswith("is paused already.\n")
    done = asked("resume", tmp_path)
    assert (done.code, done.err[-9:]) == (0, "goes on.\n")
    assert line_with(process, "Going on") == "Going on after the pause.\n"
    assert asked("resume", tmp_path).err.endswith("is not paused.\n")
    done = asked("stop", tmp_path)
    assert done.code == 0
    assert "is stopping: what is in flight is finished and saved" in done.err or "has ended" in done.err
    ended = end(process)
    assert ended.code == 1
    assert "Stopped (on request from elsewhere)." in ended.err


def with_run(place: Path, state: str = "running") -> RunRecord:
    """A run in the store at `place`; one that is `running` broke off, its process being gone."""

    async def main() -> RunRecord:
        async with SqlStore(f"sqlite:///{place / 'runs.db'}") as store:
            run = await store.open_run(OPENING)
            if state == "running":
                gone = {"owner": "elsewhere//:1:1:ab", "heartbeat": time.time() - 3600.0}
                await store.carry_out(partial(_change, run=run.id, values=gone))
            else:
                await store.beat(Beat(run.id, Progress(finished=True), state))
            return run

    return asyncio.run(main())


def _change(connection: Connection, run: str, values: dict[str, object]) -> None:
    connection.execute(update(runs).where(runs.c.id == run).values(**values))


@pytest.mark.parametrize("command", ["pause", "resume", "stop"])
def test_a_run_that_has_ended_cannot_be_steered(tmp_path: Path, command: str) -> None:
    run = with_run(tmp_path, "complete")
    done = asked(command, tmp_path, run.id[:12])
    assert done.code == 2
    assert f"run {run.id[:8]} has ended (complete), so there is nothing to {command}" in done.err


@pytest.mark.parametrize("command", ["pause", "resume", "stop"])
def test_a_run_whose_process_is_gone_is_said_to_have_broken_off(tmp_path: Path, command: str) -> None:
    run = with_run(tmp_path)
    done = asked(command, tmp_path)
    assert done.code == 2
    assert f"run {run.id[:8]} broke off, so nobody is there to {command} it" in done.err
    assert "run the same `manyeyes analyze` again" in done.err


def test_a_run_that_nobody_knows_is_named(tmp_path: Path) -> None:
    with_run(tmp_path, "complete")
    done = asked("pause", tmp_path, "zzz")
    assert (done.code, "'zzz' names no run" in done.err) == (2, True)


def test_a_run_that_does_not_answer_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steered, "HEARS_WITHIN", 0.0)

    async def main() -> tuple[Done, Standing | None]:
        # Alive, since this very process has opened it; but nobody carries it out.
        async with SqlStore(f"sqlite:///{tmp_path / 'runs.db'}") as store:
            run = await store.open_run(OPENING)
            done = await asyncio.to_thread(asked, "pause", tmp_path)
            return done, await store.carry_out(partial(standing_of, run=run.id))

    done, standing = asyncio.run(main())
    assert done.code == 1
    assert "has not answered for 0 s, and will pause when it comes to it" in done.err
    assert standing == Standing("running", None, paused=False, wanted="pause")
