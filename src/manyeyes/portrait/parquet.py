"""Result lines as Parquet: the columns of the JSON lines, nested as they are, with their types."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from manyeyes.model.errors import SettingsError
from manyeyes.portrait.sheet import Line

#: Lines of a row group: readers skip and load by groups, and only one is held in memory.
GROUP = 5_000


def check_installed() -> None:
    """Raise SettingsError where this machine cannot write Parquet."""
    if find_spec("pyarrow") is None:
        raise SettingsError(
            "Parquet takes pyarrow, which is not installed: `pip install 'manyeyes[parquet]'`, "
            "or choose .jsonl or .csv"
        )


class ParquetLines:
    """Encodes lines; what it gives back is a whole file once `end` has been called.

    Raises SettingsError where pyarrow is not there.
    """

    def __init__(self, raw: bool) -> None:
        check_installed()
        # An extra, and slow to import: only who writes Parquet has it, and waits for it.
        import pyarrow  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415

        self._arrow = pyarrow
        self._schema = _schema(pyarrow, raw)
        self._sink = _Sink()
        self._writer = pyarrow.parquet.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._held: list[Line] = []

    def begin(self) -> bytes:
        """The first bytes of the file."""
        return self._sink.taken()

    def encode(self, lines: Sequence[Line]) -> bytes:
        """Lines; their bytes come when a group of them is full."""
        self._held += lines
        if len(self._held) >= GROUP:
            self._write()
        return self._sink.taken()

    def end(self) -> bytes:
        """The rest of the file."""
        self._write()
        self._writer.close()
        return self._sink.taken()

    def _write(self) -> None:
        if self._held:
            rows = [_row(line) for line in self._held]
            self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))
            self._held = []


class _Sink(io.RawIOBase):
    """A file that is taken away piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._at += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """All that was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _schema(arrow: Any, raw: bool) -> Any:
    text, flag, number, count = arrow.string(), arrow.bool_(), arrow.float64(), arrow.int64()

    def parts(**of: Any) -> Any:
        return arrow.struct(list(of.items()))

    words = dict.fromkeys(
        (
            "garment_type", "silhouette", "fit", "neckline", "sleeve_length", "fabric", "finish", "texture",
            "pattern",
        ),
        text,
    )  # fmt: skip
    descriptor = parts(
        **words,
        is_patterned=flag,
        color_palette=arrow.list_(parts(name=text, hex=text, share=number)),
        embellishments=arrow.list_(text),
        lighting=parts(type=text, direction=text),
        camera=parts(angle=text, height=text),
        background=text,
        pose=text,
        style_labels=arrow.list_(parts(name=text, score=number)),
        is_two_piece=flag,
        is_garment=flag,
        confidence=number,
        reasoning=text,
        sharpness=number,
        # Whatever an answer said beyond the schema has no type: JSON.
        unrecognized=text,
    )
    columns = {
        "name": text,
        "id": text,
        "status": text,
        "descriptor": descriptor,
        "error": parts(kind=text, message=text),
        "reused": flag,
        "attempts": count,
        "seconds": number,
        "usage": parts(input_tokens=count, output_tokens=count),
        "possibly_paid_twice": count,
        "corrected": arrow.list_(text),
    }
    return arrow.schema(list((columns | ({"raw": text} if raw else {})).items()))


def _row(line: Line) -> Mapping[str, Any]:
    row = dict(line)
    descriptor = row.get("descriptor")
    if isinstance(descriptor, Mapping):
        unrecognized = descriptor["unrecognized"]
        told = json.dumps(unrecognized) if unrecognized else None
        row["descriptor"] = {**descriptor, "unrecognized": told}
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Text in UTF-8, which is all that Parquet holds: bytes of names that are none become escapes."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case Mapping():
            return {name: _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return value
