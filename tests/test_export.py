"""Result lines: one for each picture, to be read back exactly, and no formulas in spreadsheets."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.model.ask import Usage
from manyeyes.model.descriptor import StyleDescriptor, as_json
from manyeyes.model.portfolio import Portfolio
from manyeyes.portrait.export import FORMATS, encoded, result_line
from manyeyes.portrait.sheet import COLUMNS
from manyeyes.store.reports import Kept
from manyeyes.store.values import RunRecord
from store_samples import ANSWER, DESCRIPTOR, analyzed, bought, failed, picture

RUN = RunRecord("r" * 26, Portfolio("p" * 26, "photos"), 0.0)
ANALYZED = Kept(bought(RUN, 1).outcome, ANSWER.raw)
FAILED = Kept(replace(failed(RUN, 2, "broken", "reset, again"), attempts=5, seconds=9.87654))


async def paged(kept: Iterable[Kept]) -> AsyncIterator[Sequence[Kept]]:
    for one in kept:
        yield [one]


def named(name: str) -> Kept:
    return Kept(analyzed(RUN, 1, image=replace(picture(1), name=name)))


def lines(*kept: Kept, raw: bool = False) -> bytes:
    return written(".jsonl", kept, raw)


def table(*kept: Kept, raw: bool = False) -> list[dict[str, str]]:
    text = written(".csv", kept, raw).decode("utf-8", "surrogateescape")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def written(ending: str, kept: Sequence[Kept], raw: bool) -> bytes:
    async def main() -> bytes:
        return b"".join([piece async for piece in encoded(paged(kept), FORMATS[ending], raw=raw)])

    return asyncio.run(main())


# JSON lines


def test_a_line_has_these_fields_in_this_order() -> None:
    line = json.loads(lines(ANALYZED))
    assert list(line.items()) == [
        ("name", "1.jpg"),
        ("id", ANALYZED.outcome.id),
        ("status", "analyzed"),
        ("descriptor", as_json(DESCRIPTOR)),
        ("error", None),
        ("reused", False),
        ("attempts", 1),
        ("seconds", 2.5),
        ("usage", {"input_tokens": 263, "output_tokens": 214}),
    ]


def test_a_failed_picture_has_an_error_and_no_descriptor() -> None:
    line = json.loads(lines(FAILED))
    assert line["status"] == "failed"
    assert line["descriptor"] is None
    assert line["error"] == {"kind": "broken", "message": "reset, again"}
    assert (line["attempts"], line["seconds"], line["usage"]) == (5, 9.877, None)


def test_what_was_possibly_paid_twice_is_said_only_where_it_was() -> None:
    twice = Kept(replace(ANALYZED.outcome, possibly_paid_twice=2), ANSWER.raw)
    assert list(json.loads(lines(twice)).items())[-1] == ("possibly_paid_twice", 2)
    assert "possibly_paid_twice" not in json.loads(lines(ANALYZED))
    assert [row["possibly_paid_twice"] for row in table(twice, ANALYZED)] == ["2", ""]
    assert list(table(ANALYZED)[0])[-2:] == ["possibly_paid_twice", "corrected"]


def test_what_was_corrected_by_hand_is_said_only_where_it_was() -> None:
    fixed = replace(ANALYZED, corrected=("fabric", "lighting.type"))
    assert list(json.loads(lines(fixed)).items())[-1] == ("corrected", ["fabric", "lighting.type"])
    assert "corrected" not in json.loads(lines(ANALYZED))
    assert [row["corrected"] for row in table(fixed, ANALYZED)] == ["fabric; lighting.type", ""]


def test_half_a_usage_is_told_as_far_as_it_is_known() -> None:
    outcome = replace(ANALYZED.outcome, usage=Usage(None, 7))
    assert result_line(Kept(outcome))["usage"] == {"input_tokens": None, "output_tokens": 7}


def test_the_models_own_words_stand_at_the_end_where_they_are_asked_for() -> None:
    assert list(json.loads(lines(ANALYZED, raw=True)).items())[-1] == ("raw", ANSWER.raw)
    assert json.loads(lines(FAILED, raw=True))["raw"] is None
    assert "raw" not in json.loads(lines(ANALYZED))


def test_what_people_write_is_written_as_they_write_it() -> None:
    assert "Émaillé, 🧵".encode() in lines(named("Émaillé, 🧵.jpg"))


names = st.binary(min_size=1).map(lambda name: name.replace(b"\0", b"?").decode("utf-8", "surrogateescape"))


@given(names)
def test_every_name_can_be_read_back_from_json(name: str) -> None:
    data = lines(named(name), FAILED)
    first, second = data.decode("utf-8").splitlines()
    assert os.fsencode(json.loads(first)["name"]) == os.fsencode(name)
    assert json.loads(second)["name"] == "2.jpg"


# CSV


def test_a_row_has_the_same_in_flat_columns() -> None:
    (row,) = table(ANALYZED)
    assert tuple(row) == COLUMNS
    told = {column: value for column, value in row.items() if value != ""}
    assert told == {
        "name": "1.jpg",
        "id": ANALYZED.outcome.id,
        "status": "analyzed",
        "garment_type": "dress",
        "color_palette.name": "navy; white",
        "color_palette.hex": "#1b2a41; ",
        "color_palette.share": "0.7; ",
        "embellishments": "buttons; lace",
        "lighting.type": "soft",
        "style_labels.name": "casual",
        "style_labels.score": "0.9",
        "is_garment": "true",
        "reasoning": "Émaillé, 🧵 and a ‘quote’",
        "unrecognized": '{"color_palette[2].hex": "blueish", "extra": [1, {"deep": null}]}',
        "reused": "false",
        "attempts": "1",
        "seconds": "2.5",
        "usage.input_tokens": "263",
        "usage.output_tokens": "214",
    }


def test_a_failed_row_has_its_error_and_the_same_columns() -> None:
    (row,) = table(FAILED)
    assert tuple(row) == COLUMNS
    assert (row["status"], row["garment_type"]) == ("failed", "")
    assert (row["error.kind"], row["error.message"]) == ("broken", "reset, again")


def test_every_field_of_the_descriptor_has_a_column() -> None:
    for name in as_json(StyleDescriptor()):
        assert any(column == name or column.startswith(f"{name}.") for column in COLUMNS), name


def test_the_models_own_words_have_the_last_column() -> None:
    assert list(table(ANALYZED, raw=True)[0].items())[-1] == ("raw", ANSWER.raw)


def test_an_empty_run_is_a_title_row_or_nothing() -> None:
    assert written(".csv", [], False).decode() == ",".join(COLUMNS) + "\r\n"
    assert written(".jsonl", [], False) == b""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''-1"])
def test_no_cell_is_a_formula_and_one_apostrophe_taken_away_gives_the_text_back(text: str) -> None:
    descriptor = replace(DESCRIPTOR, background=text, embellishments=(text, "lace"))
    image = replace(picture(1), name=text)
    outcome = analyzed(RUN, 1, image=image, descriptor=descriptor)
    (row,) = table(Kept(outcome, text), raw=True)
    assert {row[column] for column in ("name", "background", "raw")} == {"'" + text}
    assert row["embellishments"] == f"'{text}; lace"


def test_an_apostrophe_that_begins_no_formula_is_left_alone() -> None:
    (row,) = table(named("'tis a dress.jpg"))
    assert row["name"] == "'tis a dress.jpg"


@given(names)
def test_every_name_can_be_read_back_from_csv(name: str) -> None:
    first, second = table(named(name), FAILED)
    text = first["name"]
    if text.lstrip("'")[:1] in tuple("=+-@\t\r") and text.startswith("'"):
        text = text[1:]
    assert os.fsencode(text) == os.fsencode(name)
    assert second["name"] == "2.jpg"
