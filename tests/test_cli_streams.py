"""Streams that cannot be written: a run goes on to its end, and its exit code is that of its outcome."""

from __future__ import annotations

import errno
import io
import os
import subprocess
from pathlib import Path
from typing import TextIO, cast

import pytest

from command_line import MANYEYES, clean_environment, draw, journal, manyeyes, provider
from manyeyes.cli.faults import reason, sentence
from manyeyes.cli.streams import Steady, let_go
from reading_place import Place

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


class Narrow(io.StringIO):
    """Takes a few lines, and then has no room left."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._left = lines

    def write(self, text: str) -> int:
        """Write a line, or fail."""
        if not self._left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._left -= 1
        return super().write(text)


def unread() -> TextIO:
    """The writing end of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


def ended(
    *words: str, place: Path, out: TextIO | int, err: TextIO | int, **environment: str
) -> tuple[int, str]:
    """The exit code, and what was said on the stream that is a pipe."""
    done = subprocess.run(
        [*MANYEYES, *words],
        cwd=place,
        env=clean_environment(place, **environment),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, (done.stdout or "") + (done.stderr or "")


def test_a_stream_that_has_no_room_falls_silent_and_remembers_why() -> None:
    inner = Narrow(2)
    stream = Steady(inner)
    for line in ("one\n", "two\n", "three\n", "four\n"):
        assert stream.write(line) == len(line)
    stream.flush()
    assert inner.getvalue() == "one\ntwo\n"
    assert stream.fault is not None
    assert stream.fault.errno == errno.ENOSPC


def test_a_stream_is_otherwise_the_one_it_stands_for() -> None:
    stream = Steady(cast(TextIO, io.TextIOWrapper(io.BytesIO(), "latin-1")))
    assert stream.encoding == "latin-1"
    assert not stream.isatty()
    with pytest.raises(TypeError):
        stream.write(cast(str, b"bytes"))


def test_what_a_stream_cannot_bring_out_is_given_up() -> None:
    with unread() as stream:
        stream.write("nobody reads this")
        let_go(stream)
        stream.write("nor this")
        stream.flush()


@pytest.mark.parametrize("style", ["plain", "json", "rich", "none"])
def test_a_paid_run_goes_on_when_whoever_reads_its_progress_goes_away(tmp_path: Path, style: str) -> None:
    draw(tmp_path / "shop", 6)
    with provider(tmp_path) as there, unread() as nobody:
        code, said = ended(
            *("analyze", "shop", "--analyzer", "replicate", "--progress", style, "--json"),
            place=tmp_path,
            out=subprocess.PIPE,
            err=nobody,
            **there,
        )
    assert code == 0
    assert '"analyzed": 6' in said
    assert len(journal(tmp_path, "create")) == 6


@needs_full
def test_failures_count_though_they_cannot_be_told(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    (tmp_path / "shop/broken.png").write_bytes((tmp_path / "shop/picture-1.png").read_bytes()[:60])
    with FULL.open("w") as full:
        code, said = ended("analyze", "shop", "--json", place=tmp_path, out=subprocess.PIPE, err=full)
    assert code == 3
    assert '"failed": 1' in said


@needs_full
def test_a_log_that_cannot_be_written_is_told_of_once_and_stops_nothing(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 3)
    done = manyeyes("analyze", "shop", "--log-file", "/dev/full", "--log-level", "debug", place=tmp_path)
    assert done.code == 0
    says = "the log '/dev/full' could not be written to its end: no space left on device"
    assert done.err.splitlines().count(says) == 1
    assert "Complete! Analyzed 3 images." in done.err


@needs_full
@pytest.mark.parametrize("flags", [["--json"], []])
def test_a_complete_run_whose_output_cannot_be_printed_is_kept_and_says_so(
    tmp_path: Path, flags: list[str]
) -> None:
    draw(tmp_path / "shop", 2)
    with FULL.open("w") as full:
        code, said = ended("analyze", "shop", *flags, place=tmp_path, out=full, err=subprocess.PIPE)
    assert code == 1
    last = said.splitlines()[-1]
    assert last.startswith("manyeyes: the run is complete and kept, but what it came to could not be printed")
    assert "(no space left on device): `manyeyes show " in last
    assert "Errno" not in said
    assert Place(tmp_path).manyeyes("runs", "--json").object[0]["state"] == "complete"


def test_whoever_ends_a_pipe_hears_no_word_of_it(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 1)
    manyeyes("analyze", "shop", place=tmp_path)
    for command in ("runs", "show", "export"):
        with unread() as nobody:
            assert ended(command, place=tmp_path, out=nobody, err=subprocess.PIPE) == (1, "")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_only_a_full_disk_is_answered_with_free_some_space(number: int) -> None:
    assert "free some space" in sentence(OSError(number, os.strerror(number)))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "'x.db': permission denied: give yourself the right to it, or choose another place"),
        (errno.ENOENT, "'x.db': no such file or directory: see whether it is still there"),
        (errno.EMFILE, "'x.db': too many open files: close other programs, or allow more with `ulimit -n`"),
        (errno.EIO, "'x.db': input/output error: run the same command again once that is mended"),
    ],
)
def test_every_other_fault_has_a_sentence_of_its_own(number: int, said: str) -> None:
    assert sentence(OSError(number, os.strerror(number), "x.db")) == said


def test_a_fault_without_a_number_is_told_in_its_own_words() -> None:
    assert reason(OSError("The reader broke")) == "the reader broke"
