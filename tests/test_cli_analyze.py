"""`manyeyes analyze` with the analyzer in the box."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from command_line import begin, begin_on_a_full_disk, draw, end, manyeyes


def test_a_folder_is_analyzed_and_every_name_has_a_line(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 12)
    done = end(begin("analyze", "shop", "--out", "out.jsonl", "--json", place=tmp_path))
    assert done.code == 0
    assert done.object | {"run": "", "seconds": 0} == {
        "run": "",
        "total": 12,
        "analyzed": 12,
        "failed": 0,
        "reused": 0,
        "seconds": 0,
    }
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["name"] for line in lines] == [f"picture-{index}.png" for index in range(1, 13)]
    assert list(lines[0]) == [
        *("name", "id", "status", "descriptor", "error", "reused", "attempts", "seconds", "usage")
    ]
    assert all(line["status"] == "analyzed" and line["descriptor"]["color_palette"] for line in lines)
    assert len({line["id"] for line in lines}) == 12
    assert not (tmp_path / "out.jsonl.part").exists()


def test_running_again_asks_for_nothing_and_says_so(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 5)
    manyeyes("analyze", "shop", place=tmp_path)
    again = manyeyes("analyze", "shop", "--json", "--out", "out.jsonl", place=tmp_path)
    assert (again.object["analyzed"], again.object["reused"]) == (5, 5)
    assert all(json.loads(line)["reused"] for line in (tmp_path / "out.jsonl").read_text().splitlines())
    shutil.copytree(tmp_path / "shop", tmp_path / "copy")
    copied = manyeyes("analyze", "copy", "--json", place=tmp_path)
    assert (copied.object["analyzed"], copied.object["reused"]) == (5, 5)
    fresh = manyeyes("analyze", "shop", "--fresh", "--json", place=tmp_path)
    assert (fresh.object["analyzed"], fresh.object["reused"]) == (5, 0)


def test_the_same_bytes_twice_are_two_lines_and_the_second_is_reused(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 3)
    shutil.copy(tmp_path / "shop/picture-1.png", tmp_path / "shop/z.png")
    done = manyeyes("analyze", "shop", "--json", "--out", "out.jsonl", place=tmp_path)
    assert (done.object["total"], done.object["analyzed"], done.object["reused"]) == (4, 4, 1)
    rows = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    lines = {row["name"]: row for row in rows}
    assert lines["z.png"]["descriptor"] == lines["picture-1.png"]["descriptor"]


def test_row_4_progress_is_written_after_every_picture_and_nothing_else(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 7)
    (tmp_path / "shop/broken.png").write_bytes((tmp_path / "shop/picture-1.png").read_bytes()[:60])
    (tmp_path / "shop/notes.jpg").write_text("not a picture")
    done = manyeyes("analyze", "shop", "--progress", "json", place=tmp_path)
    assert done.code == 3
    assert [row["current"] for row in done.progress] == list(range(1, 9))
    assert [row["percentage"] for row in done.progress] == [13, 25, 38, 50, 63, 75, 88, 100]
    assert {row["total"] for row in done.progress} == {8}
    assert all(row["current"] == row["analyzed"] + row["failed"] for row in done.progress)
    assert [row["currentImage"] for row in done.progress if "error" in row] == ["broken.png"]


def test_row_5_the_messages_are_these_exactly(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 3)
    done = manyeyes("analyze", "shop", place=tmp_path)
    said = done.err.splitlines()
    assert said[0] == "Starting analysis..."
    assert said[1:5] == [
        *("Analyzing image 1 of 3...", "Analyzing image 2 of 3...", "Analyzing image 3 of 3..."),
        "Complete! Analyzed 3 images.",
    ]
    (tmp_path / "shop/broken.png").write_bytes((tmp_path / "shop/picture-1.png").read_bytes()[:60])
    failing = manyeyes("analyze", "shop", "--progress", "none", place=tmp_path)
    assert failing.err.splitlines()[0] == "Complete! Analyzed 3 of 4 images, 1 failed."
    assert "broken.png" in failing.err


def test_row_6_the_log_has_a_line_for_each_batch(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 44)
    for strategy in ("batch", "continuous"):
        log = tmp_path / f"{strategy}.log"
        words = ("--strategy", strategy, "--concurrency", "5", "--fresh", "--log-file", str(log))
        assert manyeyes("analyze", "shop", *words, place=tmp_path).code == 0
        lines = re.findall(r"Batch complete \{.*\}", log.read_text())
        assert lines[0] == "Batch complete { batchIndex: 1, totalBatches: 9, processed: 5, total: 44 }"
        assert lines[8] == "Batch complete { batchIndex: 9, totalBatches: 9, processed: 44, total: 44 }"
        assert len(lines) == 9


def test_row_6_the_log_can_be_read_by_machines(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    words = ("--log-file", "run.log", "--log-format", "json", "--log-level", "debug")
    manyeyes("analyze", "shop", *words, place=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "run.log").read_text().splitlines()]
    assert {row["event"] for row in rows} >= {"Run started", "Image analyzed", "Batch complete", "Run ended"}


@pytest.mark.parametrize("value", ["abc", "0", "-1", "2.5"])
def test_row_3_a_bad_concurrency_ends_with_2_and_names_variable_and_file(tmp_path: Path, value: str) -> None:
    draw(tmp_path / "shop", 1)
    flag = manyeyes("analyze", "shop", f"--concurrency={value}", place=tmp_path)
    variable = manyeyes("analyze", "shop", place=tmp_path, ANALYSIS_CONCURRENCY=value)
    (tmp_path / ".env").write_text(f"ANALYSIS_CONCURRENCY={value}\n")
    file = manyeyes("analyze", "shop", place=tmp_path)
    assert (flag.code, variable.code, file.code) == (2, 2, 2)
    assert "--concurrency" in flag.err
    assert "ANALYSIS_CONCURRENCY in the environment" in variable.err
    assert f"ANALYSIS_CONCURRENCY in {tmp_path / '.env'}" in file.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "nowhere"),
        (("empty",), "no pictures in 'empty'"),
        (("texts",), "no pictures in 'texts' (1 other files were passed over)"),
        (("shop", "--analyzer", "oracle"), "--analyzer 'oracle' is unknown"),
        (("shop", "--analyzer", "replicate"), "REPLICATE_API_TOKEN is not set"),
        (("shop", "--store", "sqlite:///text.txt"), "text.txt"),
        (("shop", "--store", "no url"), "'no url' is no store"),
        (("shop", "--out", "result.xml"), "must end in .jsonl, .csv or .parquet"),
        (("shop", "--out", "missing/out.csv"), "missing"),
        (("shop", "--log-file", "missing/log.txt"), "missing"),
        (("shop", "--limit", "0"), "--limit"),
        (("https://example.com/a.jpg",), "example.com"),
    ],
)
def test_what_is_not_usable_ends_with_2_and_a_sentence(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    draw(tmp_path / "shop", 1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/a.txt").write_text("words")
    (tmp_path / "text.txt").write_text("not a database, but long enough to look at " * 50)
    done = manyeyes("analyze", *words, "--progress", "none", place=tmp_path)
    assert done.code == 2, done
    assert said in done.err.replace("\n", " ").replace("  ", " ")


def test_names_of_any_bytes_come_back_from_the_results(tmp_path: Path) -> None:
    shop = draw(tmp_path / "shop", 1)
    names = [b'new\nline "quoted".png', "emoji-\U0001f457.png".encode(), b"not-utf8-\xff\xfe.png"]
    for index, name in enumerate(names):
        picture = (shop / "picture-1.png").read_bytes() + bytes([index])
        Path(os.fsdecode(os.fsencode(shop) + b"/" + name)).write_bytes(picture)
    (shop / "picture-1.png").unlink()
    done = manyeyes("analyze", "shop", "--out", "out.jsonl", place=tmp_path)
    assert done.code == 0
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert {os.fsencode(json.loads(line)["name"]) for line in lines} == set(names)
    assert manyeyes("analyze", "shop", "--out", "out.csv", place=tmp_path).code == 0
    assert b"not-utf8-\xff\xfe.png" in (tmp_path / "out.csv").read_bytes()


def test_a_zip_and_a_folder_go_together(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    draw(tmp_path / "more", 4)
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for path in sorted((tmp_path / "more").iterdir()):
            archive.write(path, f"front/{path.name}")
        archive.writestr("../escaped.png", (tmp_path / "shop/picture-1.png").read_bytes())
    done = manyeyes("analyze", "shop", "more.zip", "--json", place=tmp_path)
    assert (done.object["total"], done.object["reused"]) == (6, 2)
    assert "escaped.png" in done.err
    assert not (tmp_path.parent / "escaped.png").exists()


def test_a_trial_run_reads_nothing_and_keeps_nothing(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 3)
    done = manyeyes("analyze", "shop", "--dry-run", place=tmp_path)
    assert done.code == 0
    assert "3 pictures: 3 to be analyzed." in done.out
    assert manyeyes("runs", "--json", place=tmp_path).out.strip() in ("", "[]")


def test_the_first_so_many_are_taken_by_limit(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 9)
    done = manyeyes("analyze", "shop", "--limit", "4", "--json", place=tmp_path)
    assert done.object["total"] == 4


def test_results_that_cannot_be_replaced_leave_the_old_ones(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 1)
    (tmp_path / "out.jsonl").write_text("old\n")
    (tmp_path / "empty").mkdir()
    assert manyeyes("analyze", "empty", "--out", "out.jsonl", place=tmp_path).code == 2
    assert (tmp_path / "out.jsonl").read_text() == "old\n"
    assert manyeyes("analyze", "shop", "--out", "out.jsonl", place=tmp_path).code == 0
    assert json.loads((tmp_path / "out.jsonl").read_text())["name"] == "picture-1.png"


def test_a_full_disk_stops_the_run_and_says_so(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 60)
    assert manyeyes("analyze", "shop", "--limit", "3", place=tmp_path, MANYEYES_STORE=STORE).code == 0
    # No file may grow beyond what the store has now, and a little.
    most = (tmp_path / "runs.db").stat().st_size + 40_000
    words = ("analyze", "shop", "--json")
    done = end(begin_on_a_full_disk(most, *words, place=tmp_path, MANYEYES_STORE=STORE))
    assert done.code == 1
    assert "the store" in done.err
    assert done.object["analyzed"] < 60
    again = manyeyes("analyze", "shop", "--json", place=tmp_path, MANYEYES_STORE=STORE)
    assert (again.code, again.object["analyzed"]) == (0, 60)
    assert again.object["reused"] >= done.object["analyzed"]


STORE = "sqlite:///runs.db"


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("cut.jpg", lambda path: path.write_bytes(_jpeg()[:-800])),
        ("torn.jpg", lambda path: path.write_bytes(_jpeg()[:300] + bytes(200) + _jpeg()[500:600])),
        ("vast.png", lambda path: path.write_bytes(_vast_png())),
    ],
)
def test_a_damaged_or_vast_picture_fails_and_the_others_go_on(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    draw(tmp_path / "shop", 2)
    make(tmp_path / "shop" / name)
    done = manyeyes("analyze", "shop", "--json", place=tmp_path)
    assert (done.code, done.object["analyzed"], done.object["failed"]) == (3, 2, 1)
    assert name in done.err


def _jpeg() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(file, "JPEG")
    return file.getvalue()


def _vast_png() -> bytes:
    """The beginning of a PNG of 30000 × 30000 pixels."""
    head = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def test_a_picture_deleted_between_listing_and_reading_fails(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 80)
    process = begin("analyze", "shop", "--progress", "json", "--concurrency", "1", place=tmp_path)
    assert process.stderr is not None
    # A page of lines that nobody has read, and the run stands still: it cannot get to the last picture.
    fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4_096)
    first = json.loads(process.stderr.readline())
    (tmp_path / "shop/picture-80.png").unlink()
    done = end(process)
    assert first["current"] == 1
    assert done.code == 3
    assert done.progress[-1]["failed"] == 1


def test_reading_only_the_beginning_of_the_output_is_no_fault(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    process = begin("analyze", "shop", place=tmp_path)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait() in (0, 1)
    assert "fault" not in said
    assert "Traceback" not in said
