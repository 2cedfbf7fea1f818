"""Result lines as a spreadsheet reads them: one flat row each, and no formulas."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields

from manyeyes.model.descriptor import PaletteColor, StyleDescriptor, StyleLabel, as_json

Line = Mapping[str, object]

#: Between the parts of a list in one cell.
JOINT = "; "

#: A cell that begins so would be carried out as a formula (OWASP, "CSV Injection"), and names and
#: answers come from strangers. It gets an apostrophe in front; so does one that has apostrophes before
#: such a beginning, so that taking one away always gives the text back.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")

_LISTS = {"color_palette": PaletteColor, "style_labels": StyleLabel}


def _descriptor_columns() -> Iterator[str]:
    for name, value in as_json(StyleDescriptor()).items():
        if name in _LISTS:
            yield from (f"{name}.{part.name}" for part in fields(_LISTS[name]))
        elif isinstance(value, dict) and value:
            yield from (f"{name}.{part}" for part in value)
        else:
            yield name


#: The title row; the descriptor's fields stand without a prefix.
COLUMNS = (
    *("name", "id", "status"),
    *_descriptor_columns(),
    *("error.kind", "error.message", "reused", "attempts", "seconds"),
    *("usage.input_tokens", "usage.output_tokens", "possibly_paid_twice", "corrected"),
)


def title_row(raw: bool) -> bytes:
    """The names of the columns."""
    return _encode([(*COLUMNS, "raw") if raw else COLUMNS])


def rows(lines: Sequence[Line], raw: bool) -> bytes:
    """Rows in UTF-8; bytes of names that are not UTF-8 are written as they are (PEP 383)."""
    columns = (*COLUMNS, "raw") if raw else COLUMNS
    flat = ({column: _cell(value) for column, value in _flat(line)} for line in lines)
    return _encode([row.get(column, "") for column in columns] for row in flat)


def _encode(table: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _flat(line: Line) -> Iterator[tuple[str, object]]:
    for name, value in line.items():
        if name == "descriptor" and isinstance(value, Mapping):
            yield from _flat(value)
        elif name in _LISTS and isinstance(value, list):
            for part in fields(_LISTS[name]):
                yield f"{name}.{part.name}", [item[part.name] for item in value]
        elif isinstance(value, Mapping) and name != "unrecognized":
            yield from ((f"{name}.{part}", inner) for part, inner in value.items())
        else:
            yield name, value


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str():
            return "'" + value if _FORMULA.match(value) else value
        case list():
            return _cell(JOINT.join("" if part is None else str(part) for part in value))
        case Mapping():
            return json.dumps(value, ensure_ascii=False) if value else ""
        case _:
            return str(value)
