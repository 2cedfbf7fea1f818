"""Result files: replaced when they are whole, and never half."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from manyeyes.model.errors import SettingsError, StoreError
from manyeyes.portrait.export import check_out, write_out
from manyeyes.store.reports import Kept
from source_files import ROOT
from test_export import ANALYZED, FAILED, paged, written


def write(path: Path, *kept: Kept) -> int:
    return asyncio.run(write_out(paged(kept), path))


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "OUT.CSV"])
def test_results_replace_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")
    check_out(path)
    assert path.read_text() == "old"
    assert write(path, ANALYZED, FAILED) == 2
    assert path.read_bytes() == written(path.suffix.lower(), [ANALYZED, FAILED], False)
    assert list(tmp_path.iterdir()) == [path]


def test_until_all_is_written_the_old_file_stands_and_a_part_grows_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    async def pages() -> AsyncIterator[Sequence[Kept]]:
        yield [ANALYZED]
        assert path.read_text() == "old"
        assert (tmp_path / "out.jsonl.part").exists()
        yield [FAILED]

    assert asyncio.run(write_out(pages(), path)) == 2
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    async def pages() -> AsyncIterator[Sequence[Kept]]:
        yield [ANALYZED]
        raise StoreError("the store is gone")

    with pytest.raises(StoreError, match="the store is gone"):
        asyncio.run(write_out(pages(), path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="there is no /dev/full, a disk that is always full"
)
def test_a_full_disk_leaves_the_old_file_and_says_how_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    (tmp_path / "out.jsonl.part").symlink_to("/dev/full")
    with pytest.raises(StoreError) as caught:
        write(path, ANALYZED)
    assert os.strerror(errno.ENOSPC) in str(caught.value)
    assert "they are in the store" in str(caught.value)
    assert "manyeyes export" in str(caught.value)
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["out", "out.txt", "out.json", ".jsonl", "out.jsonl.gz"])
def test_a_file_with_another_ending_is_refused_before_anything_is_bought(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"must end in \.jsonl, \.csv or \.parquet"):
        check_out(tmp_path / name)


def test_a_folder_that_is_not_there_is_refused_before_anything_is_bought(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file or directory"):
        check_out(tmp_path / "nowhere" / "out.csv")


def test_a_folder_by_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(SettingsError, match="is a folder"):
        check_out(tmp_path / "out.csv")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="there is no /proc, where not even root may write")
def test_a_folder_that_may_not_be_written_is_refused_before_anything_is_bought() -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        check_out(Path("/proc/out.csv"))


#: Writes many lines and prints by how many MiB the peak of its memory grew.
WRITER = """
import asyncio, resource, sys
from pathlib import Path
from manyeyes.portrait.export import write_out
from test_export import ANALYZED

async def pages(count):
    for _ in range(count):
        yield [ANALYZED] * 200

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

asyncio.run(write_out(pages(5), Path(sys.argv[1])))
before = peak()
asyncio.run(write_out(pages(150), Path(sys.argv[1])))
print((peak() - before) / 1024)
"""


def test_memory_does_not_grow_with_the_number_of_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path / "out.csv")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "out.csv").stat().st_size > 7_000_000
    assert float(done.stdout) < 4
