"""What lists look like: on a terminal they fit, elsewhere nothing is left out."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from manyeyes.cli.reading import shortened
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Opening, Result
from reading_place import Place, furnish, on_a_terminal
from store_samples import RECIPE, bought, picture

LONG = "2026-spring-collection-lookbook-final-export-for-print-back-view-{:03}.jpg"


async def many(store: SqlStore) -> None:
    """A run of 60 pictures, whose names differ at their ends."""
    run = await store.open_run(Opening(("/many",), "many", RECIPE))
    first = bought(run, 0)
    await store.save(first)
    for number in range(1, 60):
        image = replace(picture(number), name=LONG.format(number))
        await store.save(
            Result(run, replace(first.outcome, image=image, id=f"{number:024}", position=number))
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder whose store holds a run of 60 pictures."""
    furnish(tmp_path, many)
    return Place(tmp_path)


def plain(shown: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", shown).replace("\r", "")


def test_a_terminal_gets_the_first_pictures_and_is_told_how_to_see_the_rest(place: Place) -> None:
    _, shown = on_a_terminal("show", place=place.folder)
    said = plain(shown)
    run = place.run_ids()[0]
    assert f"and 10 more: `manyeyes show {run[:8]} --all` lists them" in said
    assert LONG.format(49) in said
    assert LONG.format(50) not in said
    _, shown = on_a_terminal("show", run[:8], "--all", place=place.folder)
    assert LONG.format(59) in plain(shown)
    assert "more:" not in plain(shown)


def test_a_pipe_gets_every_picture_with_its_whole_name(place: Place) -> None:
    done = place.manyeyes("show", COLUMNS="40")
    assert all(f"{LONG.format(number)}\t" in done.out for number in range(1, 60))
    assert "more:" not in done.out


def test_on_a_narrow_terminal_names_keep_their_ends_and_rows_their_line(place: Place) -> None:
    _, shown = on_a_terminal("show", "--all", place=place.folder, COLUMNS="80")
    lines = plain(shown).splitlines()
    rows = [line for line in lines if line.startswith("2026-")]
    assert len(rows) == 59
    assert all(f"-{number:03}.jpg  analyzed" in row for number, row in enumerate(rows, 1))
    assert max(map(cell_len, lines)) <= 80


def test_on_a_narrow_terminal_a_run_has_one_line(place: Place) -> None:
    _, shown = on_a_terminal("runs", place=place.folder, COLUMNS="80")
    assert len(plain(shown).splitlines()) == 2
    assert "analyzer" not in shown
    assert "analyzer" in place.manyeyes("runs", COLUMNS="80").out


@pytest.mark.parametrize(
    ("text", "columns", "short"),
    [
        ("short", 5, "short"),
        ("abcdefghij", 7, "abc…hij"),
        ("abcdefghij", 6, "ab…hij"),
        ("日本語日本語", 7, "日…語"),
    ],
)
def test_a_text_is_shortened_in_its_middle(text: str, columns: int, short: str) -> None:
    assert shortened(text, columns) == short


@given(st.text(max_size=40), st.integers(1, 50))
def test_a_shortened_text_fits_and_begins_and_ends_as_the_whole(text: str, columns: int) -> None:
    short = shortened(text, columns)
    assert cell_len(short) <= columns
    if short != text:
        head, _, tail = short.partition("…")
        assert text.startswith(head)
        assert text.endswith(tail)
