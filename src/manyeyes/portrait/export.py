"""Result lines: how the pictures of a run ended, written as JSON lines, CSV or Parquet."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

import orjson

from manyeyes.model.descriptor import as_json
from manyeyes.model.errors import SettingsError, StoreError
from manyeyes.model.outcome import Analyzed, Failed, Outcome
from manyeyes.portrait.sheet import Line, rows, title_row
from manyeyes.store.reports import Kept

#: Characters that some readers take for the end of a line, though JSON does not.
_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")


class Writer(Protocol):
    """Makes a file of lines, piece by piece; each method gives the bytes that follow."""

    def head(self) -> bytes:
        """How the file begins."""

    def encode(self, lines: Sequence[Line]) -> bytes:
        """Some lines more."""

    def tail(self) -> bytes:
        """How the file ends."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file of text: a title, and rows below it."""

    title: bytes
    rows: Callable[[Sequence[Line]], bytes]

    def head(self) -> bytes:
        """The title."""
        return self.title

    def encode(self, lines: Sequence[Line]) -> bytes:
        """Some rows more."""
        return self.rows(lines)

    def tail(self) -> bytes:
        """Nothing more."""
        return b""


#: A writer of lines that hold the model's own words, or not. Raises SettingsError where it is not installed.
Format = Callable[[bool], Writer]


def result_line(kept: Kept, *, raw: bool = False) -> Line:
    """What is written of one picture, in this order.

    `possibly_paid_twice` is there where it may have been, `corrected` where fields of the descriptor were
    corrected by hand; `raw` adds the model's own words at the end.
    """
    outcome, usage = kept.outcome, kept.outcome.usage
    spent = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    line: dict[str, object] = {
        "name": outcome.name,
        "id": outcome.id,
        **_end(outcome),
        "reused": outcome.reused,
        "attempts": outcome.attempts,
        "seconds": round(outcome.seconds, 3),
        "usage": None if set(spent.values()) == {None} else spent,
    }
    if outcome.possibly_paid_twice:
        line["possibly_paid_twice"] = outcome.possibly_paid_twice
    if kept.corrected:
        line["corrected"] = list(kept.corrected)
    return line | {"raw": kept.raw} if raw else line


def _end(outcome: Outcome) -> dict[str, object]:
    match outcome:
        case Analyzed(descriptor=descriptor):
            return {"status": "analyzed", "descriptor": as_json(descriptor), "error": None}
        case Failed() as failed:
            error = {"kind": failed.kind, "message": failed.message}
            return {"status": "failed", "descriptor": None, "error": error}


def json_line(value: object) -> bytes:
    r"""One line of JSON, UTF-8.

    A name that is not UTF-8 is written with `\udc80` to `\udcff` for the bytes that are not (PEP 383):
    Python's `os.fsencode` gives the name's bytes back.
    """
    try:
        line = orjson.dumps(value)
    except TypeError:
        line = json.dumps(value, separators=(",", ":")).encode()
    if _LINE_BREAKS.search(line.decode()):
        line = json.dumps(value, separators=(",", ":")).encode()
    return line + b"\n"


def _parquet(raw: bool) -> Writer:
    try:
        from manyeyes.portrait.parquet import ParquetLines  # noqa: PLC0415 - an extra, and slow to come
    except ImportError:
        raise SettingsError(
            "Parquet files need pyarrow: `pip install 'manyeyes[parquet]'` brings it"
        ) from None
    return ParquetLines(raw)


#: By the ending of a file's name.
FORMATS: Mapping[str, Format] = {
    ".jsonl": lambda _: Text(b"", lambda lines: b"".join(map(json_line, lines))),
    ".csv": lambda raw: Text(title_row(raw), partial(rows, raw=raw)),
    ".parquet": _parquet,
}


_ENDINGS = ", ".join(FORMATS).replace(", .parquet", " or .parquet")


def check_out(path: Path) -> None:
    """Make sure, before anything is bought, that results can be written to `path` in the end.

    Raises SettingsError.
    """
    format_of(path)(False)
    if path.is_dir():
        raise SettingsError(f"--out {str(path)!r} is a folder: name a file in it")
    part = part_of(path)
    try:
        part.open("ab").close()
        part.unlink()
    except OSError as error:
        raise SettingsError(
            f"--out {str(path)!r} cannot be written ({error.strerror}): choose a file in a folder of yours"
        ) from error


def format_of(path: Path) -> Format:
    """The format that the name's ending asks for. Raises SettingsError."""
    if (chosen := FORMATS.get(path.suffix.lower())) is None:
        raise SettingsError(f"--out {str(path)!r} must end in {_ENDINGS}")
    return chosen


async def write_out(
    pages: AsyncIterable[Sequence[Kept]], path: Path, *, raw: bool = False, whole: bool = True
) -> int:
    """Write a line for each picture to `path`, which is replaced when all are written; how many.

    Until then they are in `path` with `.part` added, and stay there where they are not `whole`. Raises
    StoreError, the old file untouched, where the disk does not take them.
    """
    count = 0
    writer = format_of(path)(raw)
    with _replacing(path, whole) as out:
        out.write(writer.head())
        async for page in pages:
            count += len(page)
            out.write(writer.encode([result_line(kept, raw=raw) for kept in page]))
        out.write(writer.tail())
    return count


async def write_pieces(pieces: AsyncIterable[bytes], path: Path, *, whole: bool = True) -> None:
    """The same for results that come as bytes."""
    with _replacing(path, whole) as out:
        async for piece in pieces:
            out.write(piece)


async def encoded(
    pages: AsyncIterable[Sequence[Kept]], chosen: Format, *, raw: bool = False
) -> AsyncIterator[bytes]:
    """The same bytes, for a pipe."""
    writer = chosen(raw)
    yield writer.head()
    async for page in pages:
        yield writer.encode([result_line(kept, raw=raw) for kept in page])
    yield writer.tail()


def part_of(path: Path) -> Path:
    """Where the results for `path` are until they are whole."""
    return path.with_name(path.name + ".part")


@contextmanager
def _replacing(path: Path, whole: bool) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` once it is whole and on the disk."""
    part, written = part_of(path), False
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        written = True
        if whole:
            part.replace(path)
    except OSError as error:
        raise StoreError(
            f"the results could not be written to {str(path)!r} ({error.strerror}); they are in the store: "
            f"free some space, then write them with `manyeyes export`"
        ) from error
    finally:
        if whole or not written:
            with suppress(OSError):
                part.unlink(missing_ok=True)
