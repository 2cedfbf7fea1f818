"""Result lines as a Parquet file: every field a column of its own type, the file made piece by piece."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from manyeyes.model.descriptor import StyleDescriptor

Line = Mapping[str, object]

_PALETTE = pa.list_(pa.struct([("name", pa.string()), ("hex", pa.string()), ("share", pa.float64())]))
_LABELS = pa.list_(pa.struct([("name", pa.string()), ("score", pa.float64())]))
#: Fields of the descriptor that are no text.
_KINDS: Mapping[str, pa.DataType] = {
    **dict.fromkeys(("is_patterned", "is_two_piece", "is_garment"), pa.bool_()),
    **dict.fromkeys(("confidence", "sharpness"), pa.float64()),
    "color_palette": _PALETTE,
    "style_labels": _LABELS,
    "embellishments": pa.list_(pa.string()),
    "lighting": pa.struct([("type", pa.string()), ("direction", pa.string())]),
    "camera": pa.struct([("angle", pa.string()), ("height", pa.string())]),
}
_DESCRIPTOR = [(part.name, _KINDS.get(part.name, pa.string())) for part in fields(StyleDescriptor)]
#: The columns; the descriptor's fields stand without a prefix, as in CSV.
_COLUMNS = [
    *((name, pa.string()) for name in ("name", "id", "status")),
    *_DESCRIPTOR,
    ("error", pa.struct([("kind", pa.string()), ("message", pa.string())])),
    ("reused", pa.bool_()),
    ("attempts", pa.int32()),
    ("seconds", pa.float64()),
    ("usage", pa.struct([("input_tokens", pa.int64()), ("output_tokens", pa.int64())])),
    ("possibly_paid_twice", pa.int32()),
    ("corrected", pa.list_(pa.string())),
]


class _Sink:
    """A file that hands out what was written since it was last asked."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._length += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._length

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class ParquetLines:
    """Lines as they become a Parquet file; each call gives the bytes that follow."""

    def __init__(self, raw: bool) -> None:
        self._schema = pa.schema([*_COLUMNS, ("raw", pa.string())] if raw else _COLUMNS)
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")

    def head(self) -> bytes:
        """How the file begins."""
        return self._sink.take()

    def encode(self, lines: Sequence[Line]) -> bytes:
        """A group of rows."""
        rows = [_row(line) for line in lines]
        self._writer.write_table(pa.Table.from_pylist(rows, schema=self._schema))
        return self._sink.take()

    def tail(self) -> bytes:
        """What readers look at first: where each group is."""
        self._writer.close()
        return self._sink.take()


def _row(line: Line) -> dict[str, object]:
    described = line["descriptor"]
    row = {**line, **(described if isinstance(described, Mapping) else {})}
    # Whatever the model said beyond the schema is of no one type.
    if said := row.get("unrecognized"):
        row["unrecognized"] = json.dumps(said, ensure_ascii=False)
    else:
        row["unrecognized"] = None
    return {name: _clean(value) for name, value in row.items()}


def _clean(value: object) -> object:
    """Parquet's texts are UTF-8: bytes of a name that are not become `\ufffd`."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return value
