"""`manyeyes forget`: says what goes, asks, and leaves nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reading_place import Place, default_store, fill, furnish, on_a_terminal


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder whose default store holds two runs of one portfolio; the newer has two failures."""
    furnish(tmp_path, fill)
    return Place(tmp_path)


def answers(place: Place) -> int:
    with closing(sqlite3.connect(default_store(place.folder))) as connection:
        (count,) = connection.execute("SELECT count(*) FROM answers").fetchone()
    return int(count)


def test_nothing_is_deleted_where_nobody_can_be_asked(place: Place) -> None:
    done = place.manyeyes("forget", "photos")
    assert done.code == 2
    assert "Portfolio 'photos' goes, with 4 pictures and 2 runs, and 1 answer." in done.err
    assert "--yes" in done.err
    assert answers(place) == 1


def test_a_portfolio_is_deleted_with_its_answers(place: Place) -> None:
    done = place.manyeyes("forget", "photos", "--yes")
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith("Deleted.\n")
    assert answers(place) == 0
    assert place.manyeyes("runs", "--json").object == []
    assert b"garment_type" not in default_store(place.folder).read_bytes()


def test_a_picture_whose_bytes_another_shares_goes_without_its_answer(place: Place) -> None:
    done = place.manyeyes("forget", "1.jpg", "--yes")
    assert done.code == 0
    assert "Picture '1.jpg' of portfolio 'photos' goes, and 0 answers." in done.err
    assert "Kept: 1 answer on bytes that other pictures share." in done.err
    assert answers(place) == 1
    assert place.manyeyes("show", "1.jpg").code == 2


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("\n", 1, 1)])
def test_at_a_terminal_it_asks_first(place: Place, typed: str, code: int, left: int) -> None:
    ended, shown = on_a_terminal("forget", "photos", place=place.folder, typed=typed)
    assert "Delete it for good? [y/N]" in shown
    assert (ended, answers(place)) == (code, left)
