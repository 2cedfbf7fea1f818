"""Results as Parquet: the JSON lines again, with types."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

from pyarrow import parquet

from manyeyes.portrait.parquet import GROUP, ParquetLines
from manyeyes.portrait.sheet import Line
from manyeyes.store.reports import Kept
from test_export import ANALYZED, FAILED, named, written


def table(*kept: Kept, raw: bool = False) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read(written(".parquet", kept, raw)).to_pylist()
    return rows


def read(data: bytes) -> Any:
    return parquet.read_table(io.BytesIO(data))


def as_lines(kept: Sequence[Kept], raw: bool) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(".jsonl", kept, raw).splitlines()]


def test_rows_hold_what_the_json_lines_hold() -> None:
    rows = table(ANALYZED, FAILED, raw=True)
    for row, line in zip(rows, as_lines([ANALYZED, FAILED], raw=True), strict=True):
        if line["descriptor"] is not None:
            told = line["descriptor"].pop("unrecognized")
            assert json.loads(row["descriptor"].pop("unrecognized") or "{}") == told
        assert {name: row[name] for name in line} == line


def test_the_models_words_are_there_only_where_they_were_asked_for() -> None:
    assert "raw" in table(ANALYZED, raw=True)[0]
    assert "raw" not in table(ANALYZED)[0]


def test_a_run_without_pictures_is_a_file_with_columns_and_no_rows() -> None:
    empty = read(written(".parquet", [], raw=False))
    assert empty.num_rows == 0
    assert empty.column_names[:4] == ["name", "id", "status", "descriptor"]


def test_bytes_of_a_name_that_are_no_utf_8_are_shown_as_escapes() -> None:
    assert table(named("bild-\udcfc.jpg"))[0]["name"] == "bild-\\udcfc.jpg"


def test_long_results_come_piece_by_piece_in_groups_of_rows() -> None:
    encoder = ParquetLines(raw=False)
    line: Line = {"name": "a.jpg", "id": "1", "status": "failed", "descriptor": None}
    pieces = [encoder.begin(), encoder.encode([line] * GROUP), encoder.encode([line] * 7)]
    assert len(pieces[1]) > 0 == len(pieces[2])
    file = parquet.ParquetFile(io.BytesIO(b"".join([*pieces, encoder.end()])))
    assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == [GROUP, 7]
