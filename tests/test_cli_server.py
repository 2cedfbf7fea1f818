"""Commands that do their work at a server, against one that `manyeyes serve` has opened."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from command_line import Done, begin, end, manyeyes

TOKEN = "a-token-for-the-tests"
SLOW = ("--analyzer", "modelled", "--concurrency", "1")


@dataclass(slots=True)
class Place:
    """A machine with pictures, and a server beside it."""

    path: Path
    address: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def here(self) -> Path:
        """Where the commands are carried out."""
        return self.path / "here"

    def manyeyes(self, *words: str, **environment: str) -> Done:
        """Carry out a command that asks the server."""
        return manyeyes(*words, place=self.here, **self._environment(environment))

    def begin(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start it as a process of its own."""
        return begin(*words, place=self.here, **self._environment(environment))

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return {"MANYEYES_SERVER": self.address, "MANYEYES_TOKEN": TOKEN} | more

    def start(self) -> None:
        """Open the server, at the same address as before."""
        port = self.address.rpartition(":")[2] or "0"
        self.process = begin("serve", "--port", port, place=self.path / "there", MANYEYES_TOKEN=TOKEN)
        assert self.process.stderr is not None
        found = re.search(r"http://[^\s/]+", self.process.stderr.readline())
        assert found is not None
        self.address = found[0]

    def kill(self) -> None:
        """The server's machine loses its power."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def runs(self) -> list[dict[str, Any]]:
        """The runs at the server, newest first."""
        listed: list[dict[str, Any]] = self.manyeyes("runs", "--json").object
        return listed


@contextmanager
def opened(path: Path) -> Iterator[Place]:
    """A place whose server is open."""
    place = Place(path)
    for name in ("here", "there"):
        (path / name).mkdir()
    place.start()
    try:
        yield place
    finally:
        place.kill()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server for the tests that leave it as it is; a folder of twelve pictures beside it."""
    with opened(tmp_path_factory.mktemp("remote")) as found:
        drawn(found.here / "shop", 12)
        yield found


def drawn(folder: Path, count: int) -> Path:
    """So many pictures that are in no other folder."""
    folder.mkdir(exist_ok=True)
    for index in range(count):
        size = (40 + index, 20 + sum(folder.name.encode()) % 97)
        Image.new("RGB", size, (index * 37 % 256, 90, 150)).save(folder / f"picture-{index + 1}.png")
    return folder


def wait_for(process: subprocess.Popen[str], words: str) -> list[str]:
    """The lines on stderr up to the one that holds these words."""
    assert process.stderr is not None
    lines: list[str] = []
    while not lines or words not in lines[-1]:
        lines.append(process.stderr.readline())
        assert lines[-1], f"it ended without {words!r}: {lines}"
    return lines


def test_pictures_are_analyzed_there_and_told_of_as_here(place: Place) -> None:
    there = place.manyeyes("analyze", "shop", "--out", "there.jsonl", "--portfolio", "alike")
    here = manyeyes("analyze", "shop", "--out", "here.jsonl", place=place.here)
    assert (there.code, here.code) == (0, 0)
    assert there.err.splitlines()[-1] == here.err.splitlines()[-1] == "Complete! Analyzed 12 images."
    assert there.out.splitlines()[1] == here.out.splitlines()[1]
    assert "Starting analysis..." in there.err
    written = [
        sorted(
            (line["name"], json.dumps(line["descriptor"]))
            for line in map(json.loads, file.read_text().splitlines())
        )
        for file in (place.here / "there.jsonl", place.here / "here.jsonl")
    ]
    assert written[0] == written[1]
    assert len(written[0]) == 12


def test_the_same_pictures_are_sent_once(place: Place) -> None:
    drawn(place.here / "twice", 5)
    first = place.manyeyes("analyze", "twice", "--json")
    again = place.manyeyes("analyze", str(place.here / "twice"), "--json")
    drawn(place.here / "twice", 6)
    more = place.manyeyes("analyze", "twice")
    assert "Uploaded 5 of 5 images.\n" in first.err
    assert "Uploaded 0 of 5 images, 5 were there already.\n" in again.err
    assert "Uploaded 1 of 6 images, 5 were there already.\n" in more.err
    assert (first.object["reused"], again.object["reused"], again.object["analyzed"]) == (0, 5, 5)
    portfolios = {run["portfolio"]["id"] for run in place.runs() if run["portfolio"]["name"] == "twice"}
    assert len(portfolios) == 1


def test_a_portfolio_is_found_by_its_name_from_anywhere(place: Place) -> None:
    drawn(place.here / "left", 2)
    drawn(place.here / "right", 3)
    for folder in ("left", "right"):
        assert place.manyeyes("analyze", folder, "--portfolio", "both sides").code == 0
    found = [run["portfolio"]["id"] for run in place.runs() if run["portfolio"]["name"] == "both sides"]
    assert len(found) == 2
    assert len(set(found)) == 1
    by_id = place.manyeyes("analyze", "left", "--portfolio", found[0])
    assert "2 were there already" in by_id.err


def test_a_zip_goes_picture_by_picture_and_what_is_none_is_named(place: Place) -> None:
    drawn(place.here / "loose", 3)
    with zipfile.ZipFile(place.here / "look.zip", "w") as archive:
        for file in sorted((place.here / "loose").iterdir()):
            archive.write(file, f"spring/{file.name}")
        archive.writestr("notes.txt", "not a picture")
    done = place.manyeyes("analyze", "look.zip", "--out", "look.csv")
    assert done.code == 0
    assert "Passed over notes.txt" in done.err
    assert "Complete! Analyzed 3 images." in done.err
    assert "Passed over: 1" in done.out
    assert "spring/picture-1.png" in (place.here / "look.csv").read_text()


def test_a_picture_that_is_not_taken_is_named_and_ends_the_command_with_3(place: Place) -> None:
    folder = drawn(place.here / "torn", 2)
    (folder / "torn.png").write_bytes((folder / "picture-1.png").read_bytes()[:60])
    done = place.manyeyes("analyze", "torn")
    assert done.code == 3
    assert "torn.png" in done.err
    assert "Traceback" not in done.err


def test_progress_is_told_as_json_as_of_a_run_here(place: Place) -> None:
    drawn(place.here / "told", 4)
    done = place.manyeyes("analyze", "told", "--progress", "json", "--json")
    assert done.object["analyzed"] == 4
    assert done.progress[-1]["current"] == done.progress[-1]["total"] == 4
    assert done.progress[-1]["message"] == "Analyzing image 4 of 4..."


def test_runs_pictures_failures_and_results_are_read_there(place: Place) -> None:
    drawn(place.here / "read", 3)
    run = place.manyeyes("analyze", "read", "--json").object["run"]
    assert place.runs()[0]["run"] == run
    shown = place.manyeyes("show", run[:8], "--json").object
    assert (shown["state"], shown["total"], shown["portfolio"]["name"]) == ("complete", 3, "read")
    assert shown["palette"]
    assert "picture-2.png" in place.manyeyes("show").out
    lines = place.manyeyes("export", run).out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [f"picture-{n}.png" for n in (1, 2, 3)]
    picture = place.manyeyes("show", json.loads(lines[0])["id"], "--json", "--raw").object
    assert picture["outcomes"][0]["status"] == "analyzed"
    assert picture["outcomes"][0]["raw"]
    assert place.manyeyes("export", run, "--out", "read.csv").err == "Wrote the results to read.csv.\n"
    assert place.manyeyes("failures", "--json").object["causes"] == []
    profile = place.manyeyes("profile", "read", "--json").object
    assert profile["portfolio"]["name"] == "read"
    assert profile["profile"]["pictures"] == 3


def test_an_older_run_is_told_there_as_it_would_be_here(place: Place) -> None:
    drawn(place.here / "grows", 2)
    (place.here / "grows" / "torn.png").write_bytes(
        (place.here / "grows" / "picture-1.png").read_bytes()[:200]
    )
    older = place.manyeyes("analyze", "grows", "--json").object["run"]
    drawn(place.here / "grows", 4)
    newer = place.manyeyes("analyze", "grows", "--json").object["run"]
    assert older != newer
    for words in (
        ("export", older),
        ("export", older, "--format", "csv", "--raw"),
        ("failures", older, "--json"),
    ):
        there, here = place.manyeyes(*words), manyeyes(*words, place=place.path / "there")
        assert (here.code, there.out) == (0, here.out)
    assert len(place.manyeyes("export", older).out.splitlines()) < 4
    assert len(place.manyeyes("export", newer).out.splitlines()) >= 4


def test_what_nothing_there_is_called_is_named(place: Place) -> None:
    for words in (("show", "nothing"), ("export", "nothing"), ("pause", "nothing"), ("profile", "nothing")):
        done = place.manyeyes(*words)
        assert done.code == 2
        assert "'nothing' names no run" in done.err
        assert place.address in done.err
    unknown = place.manyeyes("show", "0" * 24)
    assert (unknown.code, place.manyeyes("failures", "0" * 26).code) == (2, 2)
    assert "there is no such picture" in unknown.err


def test_a_run_there_is_paused_resumed_and_stopped_from_here(place: Place) -> None:
    drawn(place.here / "slow", 30)
    process = place.begin("analyze", "slow", *SLOW)
    wait_for(process, "Analyzing image 1 of 30...")
    paused, resumed, stopped = (place.manyeyes(act) for act in ("pause", "resume", "stop"))
    assert (paused.code, resumed.code, stopped.code) == (0, 0, 0)
    assert " is paused" in paused.err
    assert " goes on." in resumed.err
    done = end(process)
    assert done.code == 1
    assert "Stopped (" in done.err
    assert "nothing is lost" in done.err
    assert place.manyeyes("stop").code == 2


@pytest.mark.takes_long
def test_ctrl_c_leaves_the_run_to_the_server_and_the_same_command_watches_it_again(place: Place) -> None:
    drawn(place.here / "left alone", 4)
    process = place.begin("analyze", "left alone", *SLOW)
    wait_for(process, "Analyzing image 1 of 4...")
    process.send_signal(signal.SIGINT)
    left = end(process)
    run = place.runs()[0]["run"]
    assert left.code == 130
    assert f"run {run[:8]} goes on at {place.address}" in left.err
    assert f"manyeyes stop {run[:8]} --server {place.address}" in left.err
    again = place.manyeyes("analyze", "left alone", "--json", *SLOW)
    assert again.code == 0
    assert f"Run {run[:8]} of this portfolio is under way already" in again.err
    assert (again.object["run"], again.object["analyzed"]) == (run, 4)


@pytest.mark.takes_long
def test_a_server_that_is_killed_takes_the_run_up_again_while_it_is_watched(tmp_path: Path) -> None:
    with opened(tmp_path) as place:
        drawn(place.here / "shop", 5)
        process = place.begin("analyze", "shop", "--json", *SLOW)
        wait_for(process, "Analyzing image 2 of 5...")
        place.kill()
        wait_for(process, "nobody answers at")
        place.start()
        done = end(process, 90)
        assert done.code == 0
        assert " is back." in done.err
        assert "The server took the run up again" in done.err
        assert (done.object["analyzed"], done.object["failed"]) == (5, 0)
        assert done.object["reused"] >= 1
        assert len(place.runs()) == 2


@pytest.mark.parametrize(
    ("environment", "code", "says"),
    [
        ({"MANYEYES_TOKEN": ""}, 2, "asks for its token: set MANYEYES_TOKEN to it"),
        ({"MANYEYES_TOKEN": "another-token-altogether"}, 2, "MANYEYES_TOKEN is not the token of http"),
        ({"MANYEYES_SERVER": "eyes"}, 2, "'eyes' is no address"),
        ({"MANYEYES_SERVER": "http://127.0.0.1:1"}, 1, "nobody answers at http://127.0.0.1:1"),
    ],
)
@pytest.mark.parametrize("words", [("runs",), ("analyze", "shop"), ("stop",)])
def test_what_is_wrong_is_said_in_one_sentence_and_never_the_token(
    place: Place, words: tuple[str, ...], environment: dict[str, str], code: int, says: str
) -> None:
    done = place.manyeyes(*words, **environment)
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert len(done.err.splitlines()) == 1
    assert TOKEN not in done.err
    assert "another-token" not in done.err


def test_a_token_that_others_could_read_is_warned_of(place: Place) -> None:
    done = place.manyeyes("runs", MANYEYES_SERVER="http://eyes.invalid")
    assert "MANYEYES_TOKEN goes to http://eyes.invalid unencrypted" in done.err
    told = place.manyeyes("analyze", "shop", "--progress", "json", MANYEYES_SERVER="http://eyes.invalid")
    assert json.loads(told.err.splitlines()[0])["warning"].startswith("MANYEYES_TOKEN goes to")
    assert TOKEN not in done.err + told.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--rpm", "50"), "--rpm is for runs of this machine"),
        (("--log-file", "run.log"), "--log-file is for runs of this machine"),
        (("--metrics-port", "9999"), "--metrics-port is for runs of this machine"),
        (("--store", "sqlite:///x.db", "--server", "http://127.0.0.1:1"), "leave --store away"),
        (
            (
                "--concurrency",
                "5000",
            ),
            "concurrency",
        ),
    ],
)
def test_what_a_server_does_not_heed_is_refused_and_not_passed_over(
    place: Place, words: tuple[str, ...], says: str
) -> None:
    done = place.manyeyes("analyze", "shop", *words)
    assert done.code in (1, 2)
    assert says in done.err


def test_a_flag_for_the_store_here_wins_over_a_server_in_the_environment(place: Place) -> None:
    done = place.manyeyes("analyze", "shop", "--store", "sqlite:///here.db", "--progress", "none")
    assert done.code == 0
    assert (place.here / "here.db").exists()


def test_a_portfolio_is_named_for_a_server_only(place: Place) -> None:
    done = manyeyes("analyze", "shop", "--portfolio", "x", place=place.here)
    assert done.code == 2
    assert "--portfolio needs --server" in done.err


def test_a_dry_run_sends_nothing(place: Place) -> None:
    before = place.runs()
    done = place.manyeyes("analyze", "shop", "--dry-run", "--portfolio", "dry")
    assert done.code == 0
    assert "12 pictures" in done.out
    assert place.runs() == before
    planned = place.manyeyes("analyze", "shop", "--dry-run", "--json").object
    assert planned["pictures"] == 12
