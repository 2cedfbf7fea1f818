"""`manyeyes bench` as its users meet it: in front of its own stand-in, and of a service that costs money."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest

from command_line import MANYEYES, Done, begin, clean_environment, draw, end, journal, manyeyes, provider
from manyeyes.cli.beside import stand_in
from manyeyes.model.errors import SettingsError

#: A few pictures, answered in tens of milliseconds.
QUICK = ("bench", "--images", "4", "--median", "0.2", "--concurrency", "2,batch:3,auto")
PAID = ("bench", "shop", "--analyzer", "replicate", "--concurrency", "2,3", "--store", "sqlite:///kept.db")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def done(place: Path) -> Done:
    """A benchmark without anything but its numbers."""
    return manyeyes(*QUICK, place=place, MANYEYES_ANALYZER="replicate", ANALYSIS_RPM="6000")


def test_row_12_it_prints_a_table_and_a_recommendation(done: Done) -> None:
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "4 pictures; a stand-in works on 20 at once and takes 0.2 s by the median"
    assert lines[1] == "(cv 0.5). It runs 10 times faster than that: 1 s below stands for 10 s."
    names = [line[2:16].strip() for line in lines[3:8]]
    assert names == ["way", "sequential", "continuous 2", "batch 3", "auto"]
    assert any(line.startswith("Recommended: --concurrency ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_on_a_pipe_each_trial_is_a_line_beside_the_table(done: Done) -> None:
    assert "Drawing 4 pictures...\n1 of 4: sequential took 0." in done.err
    assert "\n4 of 4: auto took 0." in done.err
    assert "nothing of this is kept for real runs" in done.err


def test_the_picture_is_drawn_and_it_is_said_where(done: Done, place: Path) -> None:
    picture = place / "manyeyes-bench.svg"
    assert f"The picture of it: {picture}" in done.err
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    assert "stand-in: 20 slots, median 0.2 s, 10 × faster" in picture.read_text("utf-8")
    assert sorted(path.name for path in place.iterdir()) == ["manyeyes-bench.svg"]


def test_for_programs_it_prints_one_object_and_keeps_to_the_rate(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 9)
    words = (
        "bench",
        "shop",
        "--images",
        "8",
        "--median",
        "0.1",
        "--rpm",
        "60",
        "--concurrency",
        "8",
        "--json",
    )
    done = manyeyes(*words, "--plot", "new.svg", place=tmp_path)
    told = done.object
    assert (done.code, told["images"], told["stopped"]) == (0, 8, None)
    assert told["plot"] == str(tmp_path / "new.svg")
    assert [(way["way"], way["theory"]) for way in told["ways"]] == [("sequential", 1), ("continuous 8", 8)]
    for way in told["ways"]:
        # Ten times faster, the last of eight starts 7 × 0.1 s after the first.
        assert way["seconds"] >= 0.7
        assert (way["rejections"], way["failed"]) == (0, 0)


def test_row_3_the_number_in_the_environment_is_tried_as_well(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    words = ("bench", "shop", "--analyzer", "local", "--json")
    done = manyeyes(*words, place=tmp_path, ANALYSIS_CONCURRENCY="7")
    assert [way["way"] for way in done.object["ways"]][-2:] == ["continuous 7", "auto"]


# What cannot be


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--median", "0"), "--median must be more than 0, not 0"),
        (("--time-factor", "nan"), "--time-factor must be more than 0, not nan"),
        (("--cv", "-1"), "--cv must be 0 or more, not -1"),
        (("--slots", "0"), "--slots must be a whole number from 1 up"),
        (("--images", "1"), "--images must be a whole number from 2 up"),
        (("--concurrency", "3,many"), "--concurrency takes numbers from 1 to 9999"),
        (("--plot", "bench.png"), "--plot 'bench.png' must end in .svg"),
        (("--plot", "none/bench.svg"), "--plot 'none/bench.svg' cannot be written (No such file"),
        (("--plot", "."), "--plot '.' must end in .svg"),
        (("--analyzer", "replicate"), "REPLICATE_API_TOKEN is not set"),
        (("--analyzer", "oracle"), "--analyzer 'oracle' is unknown"),
        (("--analyzer", "local", "--slots", "3"), "--slots has no meaning with --analyzer"),
        (("--model", "some/model"), "--model needs --analyzer"),
        (("nowhere",), "'nowhere' does not exist"),
        (("empty",), "no pictures in 'empty'"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "empty").mkdir()
    done = manyeyes("bench", *words, place=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"manyeyes: {said}")
    assert done.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_stand_in_that_cannot_start_says_why() -> None:
    async def start() -> None:
        async with stand_in({"median": -1}):
            pass

    with pytest.raises(
        SettingsError, match=r"the stand-in did not start: median is -1\.0; it takes 0 or more"
    ):
        asyncio.run(start())


def test_the_local_analyzer_is_told_to_go_by_the_cores(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 4)
    done = manyeyes("bench", "shop", "--analyzer", "local", "--concurrency", "2", place=tmp_path)
    assert (done.code, done.out.splitlines()[0]) == (0, "4 pictures by measured-1 (local).")
    assert "Recommended: --concurrency auto, which is the number of this machine's cores" in done.out
    assert not list(tmp_path.glob("**/*.db"))


# A service that costs money


def test_without_a_yes_nothing_is_bought(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 4)
    with provider(tmp_path, median=0.01) as there:
        done = manyeyes(*PAID, place=tmp_path, **there)
    assert (done.code, done.out, journal(tmp_path, "create")) == (2, "", [])
    assert "(4 pictures, 3 trials: 12 calls, at most 60 (5 tries each)): say --yes" in done.err


def test_what_was_found_of_a_real_service_is_where_the_next_run_starts(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 4)
    with provider(tmp_path, median=0.02, cv=0.0) as there:
        done = manyeyes(*PAID, "--yes", "--json", place=tmp_path, **there)
        assert len(journal(tmp_path, "create")) == 12
    assert done.code == 0
    assert "Runs with google/gemini-2.5-flash start from what was found here." in done.err
    with sqlite3.connect(tmp_path / "kept.db") as store:
        ((name, text),) = store.execute("SELECT name, text FROM lessons").fetchall()
        (answers,) = store.execute("SELECT count(*) FROM answers").fetchone()
    store.close()
    assert json.loads(name)[:3] == ["replicate", there["REPLICATE_BASE_URL"], "google/gemini-2.5-flash"]
    assert json.loads(text)["limit"] == done.object["recommended"]
    assert answers == 0


def test_a_service_that_lets_nobody_in_ends_it(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    with provider(tmp_path, median=0.01) as there:
        wrong = {**there, "REPLICATE_API_TOKEN": "wrong"}
        done = manyeyes(*PAID, "--yes", "--json", place=tmp_path, **wrong)
    assert (done.code, done.object["ways"], done.object["plot"]) == (1, [], None)
    assert done.object["stopped"].startswith("sequential: ")
    assert "before anything was measured" in done.err
    assert not (tmp_path / "manyeyes-bench.svg").exists()


def test_at_a_terminal_whoever_pays_is_asked(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    with provider(tmp_path, median=0.01) as there:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*MANYEYES, *PAID],
            cwd=tmp_path,
            env=clean_environment(tmp_path, **there),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        os.write(ours, b"n\n")
        said = b""
        with suppress(OSError):
            while piece := os.read(ours, 4096):
                said += piece
        os.close(ours)
        assert process.wait(10) == 1
    assert b"2 pictures, 3 trials: 6 calls, at most 30 (5 tries each). They go to google/" in said
    assert b"Nothing was asked and nothing was bought." in said
    assert journal(tmp_path, "create") == []


# Interrupts


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """Those that a process has started and that go on."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
    return [int(pid) for pid in listed.split()]


def is_there(pid: int) -> bool:
    """Whether a process goes on; one that has ended and waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@on_linux
def test_an_interrupt_tells_what_was_measured_and_ends_the_stand_in(tmp_path: Path) -> None:
    words = ("bench", "--images", "4", "--median", "5", "--cv", "0", "--concurrency", "batch:1")
    process = begin(*words, place=tmp_path)
    assert process.stderr is not None
    while "1 of 2" not in (line := process.stderr.readline()):
        assert line, "it ended before its first trial did"
    (child,) = children_of(process)
    process.send_signal(signal.SIGINT)
    done = end(process, seconds=10)
    assert done.code == 130
    assert [line.split()[0] for line in done.out.splitlines()[3:5]] == ["way", "sequential"]
    assert "Stopped (interrupted); this is what was measured by then." in done.err
    assert not is_there(child)
    assert list(tmp_path.iterdir()) == []


def test_a_stand_in_outlives_nobody_who_holds_its_input(tmp_path: Path) -> None:
    # Here that is at its end from the start.
    done = end(begin("provider", "--port", "0", "--ends-with-input", place=tmp_path), seconds=20)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("replicate stands in at http://127.0.0.1:")
