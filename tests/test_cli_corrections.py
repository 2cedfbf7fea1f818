"""What is corrected by hand, as the commands that read the store tell it."""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path

import pytest

from manyeyes.store.corrections import correct
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Result
from reading_place import Place, furnish
from store_samples import ANSWER, OPENING, bought, failed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder whose default store holds a picture that was corrected, one that was not, and one failed."""

    async def fill(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        for number in (1, 2):
            await store.save(bought(run, number))
        await store.save(Result(run, failed(run, 3)))
        id_ = bought(run, 1).outcome.id
        for field, value in (("garment_type", "coat"), ("lighting.type", "hard")):
            await store.carry_out(partial(correct, picture=id_, field=field, value=value))

    furnish(tmp_path, fill)
    return Place(tmp_path)


def test_a_run_shows_which_of_its_pictures_were_corrected(place: Place) -> None:
    rows = [line.split("\t")[:3] for line in place.manyeyes("show").out.splitlines()[-3:]]
    assert rows == [
        ["1.jpg", "analyzed, corrected", "coat"],
        ["2.jpg", "analyzed", "dress"],
        ["3.jpg", "failed", ""],
    ]


def test_a_picture_shows_what_was_corrected_and_with_raw_what_the_model_said(place: Place) -> None:
    said = place.manyeyes("show", "1.jpg").out
    assert "garment_type    coat" in said
    assert "Corrected by hand: garment_type, lighting.type" in said
    assert "Corrected" not in place.manyeyes("show", "2.jpg").out
    assert ANSWER.raw in place.manyeyes("show", "1.jpg", "--raw").out
    (outcome,) = place.manyeyes("show", "1.jpg", "--json", "--raw").object["outcomes"]
    assert outcome["descriptor"]["garment_type"] == "coat"
    assert outcome["corrected"] == ["garment_type", "lighting.type"]
    assert outcome["raw"] == ANSWER.raw


def test_an_export_holds_the_corrections_and_with_raw_what_the_model_said(place: Place) -> None:
    text = place.manyeyes("export", "--format", "csv", "--raw").out
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    told = [(row["garment_type"], row["lighting.type"], row["corrected"], row["raw"]) for row in rows]
    assert told == [
        ("coat", "hard", "garment_type; lighting.type", ANSWER.raw),
        ("dress", "soft", "", ANSWER.raw),
        ("", "", "", ""),
    ]
