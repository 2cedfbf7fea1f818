"""The commands that read the store, as their users meet them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from command_line import MANYEYES, clean_environment
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Opening
from reading_place import HOSTILE, Place, default_store, fill, furnish, on_a_terminal
from store_samples import ANSWER, RECIPE, bought


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder whose default store holds two runs of one portfolio; the newer has two failures."""
    furnish(tmp_path, fill)
    return Place(tmp_path)


# runs


def test_runs_are_listed_newest_first(place: Place) -> None:
    done = place.manyeyes("runs", "--json")
    newest, oldest = done.object
    assert (done.code, done.err) == (0, "")
    assert newest["portfolio"]["name"] == "photos"
    assert {**newest, "run": "", "portfolio": "", "started": "", "ended": ""} == {
        **dict.fromkeys(("run", "portfolio", "started", "ended"), ""),
        "state": "complete",
        "stopped": None,
        "analyzer": "scripted",
        "model": "eyes-1",
        "total": 4,
        "analyzed": 2,
        "failed": 2,
        "reused": 1,
    }
    assert (oldest["model"], oldest["failed"]) == ("eyes-2", 1)
    assert newest["started"] > oldest["started"]


def test_a_list_of_runs_on_a_pipe_has_a_line_each_and_tabs_between(place: Place) -> None:
    titles, newest, _ = place.manyeyes("runs").out.splitlines()
    assert titles.split("\t")[0] == "run"
    assert newest.split("\t")[2:] == ["photos", "scripted eyes-1", "complete", "4", "2", "2", "1"]
    assert place.run_ids()[0].startswith(newest.split("\t")[0])


def test_a_list_of_runs_on_a_terminal_is_a_table(place: Place) -> None:
    code, shown = on_a_terminal("runs", place=place.folder)
    assert code == 0
    assert "\t" not in shown
    assert re.search(r"photos +scripted eyes-1 +complete +4 +2 +2 +1", shown)


# show


def test_the_newest_run_is_shown_where_none_is_named(place: Place) -> None:
    done = place.manyeyes("show")
    assert done.code == 0
    assert place.run_ids()[0] in done.out
    assert "4 of 4: 2 analyzed, 1 of them reused, 2 failed" in done.out
    assert "Colours   navy #1b2a41" in done.out
    assert re.search(r"^1\.jpg\tanalyzed\tdress\t\tnavy #1b2a41 70%, white$", done.out, re.MULTILINE)
    assert "2.jpg\tfailed\t\t\tis truncated after 200 bytes" in done.out


def test_a_run_is_shown_by_the_beginning_of_its_id(place: Place) -> None:
    oldest = place.run_ids()[1]
    shown = place.manyeyes("show", oldest[:9], "--json").object
    assert shown["run"] == oldest
    assert shown["palette"] == []


def test_colours_are_shown_as_colours_where_the_terminal_can(place: Place) -> None:
    code, shown = on_a_terminal("show", "1.jpg", place=place.folder)
    assert code == 0
    assert "\x1b[48;2;27;42;65m" in shown
    assert "navy #1b2a41 70%" in shown


def test_the_pictures_of_a_run_have_blocks_and_names_on_a_terminal_and_everything_on_a_pipe(
    place: Place,
) -> None:
    _, shown = on_a_terminal("show", place=place.folder)
    row = next(line for line in shown.splitlines() if line.startswith("1.jpg"))
    assert "\x1b[48;2;27;42;65m" in row
    assert "navy" in row
    assert "#1b2a41" not in row
    assert "navy #1b2a41 70%, white" in place.manyeyes("show").out


def test_a_picture_is_shown_with_its_whole_descriptor_and_its_runs(place: Place) -> None:
    done = place.manyeyes("show", "1.jpg")
    assert done.code == 0
    for said in (
        r"garment_type +dress",
        r"color_palette +navy #1b2a41 70%, white",
        r"embellishments +buttons, lace",
        r"lighting +type: soft",
        r"style_labels +casual 0\.9",
        r"is_garment +yes",
        r"scripted eyes-2\tfailed: '1\.jpg' had no answer",
    ):
        assert re.search(said, done.out), said
    assert ANSWER.raw not in done.out
    assert "silhouette" not in done.out
    assert ANSWER.raw in place.manyeyes("show", "1.jpg", "--raw").out


def test_a_picture_is_shown_as_one_object(place: Place) -> None:
    shown = place.manyeyes("show", "1.jpg", "--json", "--raw").object
    newest, oldest = shown["outcomes"]
    assert (shown["name"], shown["path"]) == ("1.jpg", "/photos/1.jpg")
    assert newest["descriptor"]["color_palette"][0]["hex"] == "#1b2a41"
    assert (newest["status"], newest["raw"], newest["attempts"]) == ("analyzed", ANSWER.raw, 1)
    assert (oldest["status"], oldest["error"]["kind"], oldest["model"]) == ("failed", "out_of_time", "eyes-2")
    assert "raw" not in place.manyeyes("show", "1.jpg", "--json").object["outcomes"][0]


@pytest.mark.parametrize("words", [("show",), ("show", HOSTILE), ("runs",), ("failures",)])
def test_no_name_reaches_the_terminal_as_it_is(place: Place, words: tuple[str, ...]) -> None:
    done = place.manyeyes(*words)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "\udcff" not in done.out
    if words[0] == "show":
        assert r"\x1b[2J\u202egpj.\n\udcff" in done.out


# failures


def test_failures_are_grouped_by_cause_each_with_its_remedy(place: Place) -> None:
    done = place.manyeyes("failures")
    assert done.code == 0
    assert "2 failed: … is truncated after … bytes" in done.out
    assert "2.jpg, 3.jpg" in done.out
    assert "Put right what is wrong with the file" in done.out
    assert "Run " not in done.out


def test_failures_of_an_earlier_run_are_one_object(place: Place) -> None:
    newest, oldest = place.run_ids()
    shown = place.manyeyes("failures", oldest, "--json").object
    assert (shown["run"], shown["failed"]) == (oldest, 1)
    assert [(cause["kind"], cause["count"]) for cause in shown["causes"]] == [("out_of_time", 1)]
    assert (shown["state"], shown["stopped"]) == ("complete", None)
    assert "--deadline" in shown["causes"][0]["remedy"]
    assert newest != oldest


# export


def test_results_go_to_stdout_one_line_each(place: Place) -> None:
    done = place.manyeyes("export")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert (done.code, done.err) == (0, "")
    assert [line["status"] for line in lines] == ["analyzed", "failed", "failed", "analyzed"]
    assert os.fsencode(lines[3]["name"]) == os.fsencode(HOSTILE)
    assert "raw" not in lines[0]


def test_results_go_to_stdout_as_csv(place: Place) -> None:
    done = place.manyeyes("export", place.run_ids()[0], "--format", "csv", "--raw")
    first, *_ = csv.DictReader(io.StringIO(done.out))
    assert (first["name"], first["garment_type"], first["raw"]) == ("1.jpg", "dress", ANSWER.raw)


def test_results_go_to_a_file(place: Place) -> None:
    done = place.manyeyes("export", "--out", "out.jsonl")
    assert (done.code, done.out) == (0, "")
    assert "Wrote 4 results to out.jsonl." in done.err
    assert (place.folder / "out.jsonl").read_text("utf-8") == place.manyeyes("export").out


def test_a_reader_that_goes_away_is_no_fault(place: Place) -> None:
    furnish(place.folder, many)
    shell = f"{' '.join(MANYEYES)} export | head -n 1"
    done = subprocess.run(
        ["sh", "-c", shell],
        cwd=place.folder,
        env=clean_environment(place.folder),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["name"] == "0.jpg"
    assert done.stderr == b""


async def many(store: SqlStore) -> None:
    run = await store.open_run(Opening(("/many",), "many", RECIPE))
    await asyncio.gather(*[store.save(bought(run, number)) for number in range(1000)])


# What cannot be


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nothing"), "'nothing' names no run or picture of this store"),
        (("failures", "nothing"), "'nothing' names no run of this store"),
        (("export", "1.jpg"), "'1.jpg' names no run of this store"),
        (("forget", "nothing", "--yes"), "'nothing' names no portfolio or picture of this store"),
        (("export", "--out", "out.txt"), "must end in .jsonl, .csv or .parquet"),
        (("export", "--out", "nowhere/out.csv"), "No such file or directory"),
        (("export", "--out", "out.csv", "--format", "csv"), "--format is for stdout"),
        (("export", "--format", "xml"), "xml"),
        (("runs", "--store", "sqlite:///typo.db"), "there is no store at 'typo.db' yet"),
        (("runs", "--store", "runs.db"), "'runs.db' is no store"),
        (("show", "--store", "sqlite:///notes.txt"), "file is not a database"),
    ],
)
def test_what_cannot_be_is_said_and_ends_with_2(place: Place, words: tuple[str, ...], said: str) -> None:
    (place.folder / "notes.txt").write_text("Dear diary,\n" * 400)
    done = place.manyeyes(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not (place.folder / "typo.db").exists()


@pytest.mark.parametrize("command", ["runs", "show", "failures", "export"])
def test_before_the_first_run_it_is_said_how_to_make_one(place: Place, command: str) -> None:
    default_store(place.folder).unlink()
    done = place.manyeyes(command)
    assert done.code == 2
    assert "`manyeyes analyze` makes one" in done.err


def test_the_store_is_the_one_that_flag_environment_or_file_name(place: Place) -> None:
    other = f"sqlite:///{place.folder / 'other.db'}"

    async def main() -> None:
        async with SqlStore(other) as store:
            await store.open_run(Opening(("/more",), "more", RECIPE))

    asyncio.run(main())
    assert len(place.run_ids()) == 2
    assert len(place.manyeyes("runs", "--json", "--store", other).object) == 1
    assert len(place.manyeyes("runs", "--json", MANYEYES_STORE=other).object) == 1
    (place.folder / ".env").write_text(f"MANYEYES_STORE={other}\n")
    assert len(place.run_ids()) == 1
