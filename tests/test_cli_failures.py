"""What is said of runs that stopped, and of pictures that were possibly paid twice."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from manyeyes.model.progress import Progress
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Beat, Opening, Result, RunRecord
from reading_place import Place, furnish
from store_samples import RECIPE, bought, failed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder in which there is no store yet."""
    return Place(tmp_path)


async def begun(store: SqlStore, name: str) -> RunRecord:
    """A run of a portfolio of this name."""
    return await store.open_run(Opening((f"/{name}",), name, RECIPE))


async def stop(store: SqlStore) -> None:
    run = await begun(store, "stopped")
    await store.save(bought(run, 1))
    progress = Progress(
        current=1, total=9, analyzed=1, finished=True, stopped="the token is wrong: set another"
    )
    await store.beat(Beat(run.id, progress, "stopped"))


async def leave(store: SqlStore) -> None:
    await begun(store, "left")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (
            stop,
            "stopped: the token is wrong: set another\n  1 of 9 pictures have ended. Run the same command",
        ),
        (leave, "was interrupted.\n  0 pictures have ended. Run the same command again to go on"),
    ],
)
def test_of_a_run_that_stopped_it_is_said_first_why_and_what_to_do(
    place: Place, work: Callable[[SqlStore], Awaitable[None]], said: str
) -> None:
    furnish(place.folder, work)
    done = place.manyeyes("failures")
    assert done.out.startswith(f"Run {place.run_ids()[0]} {said}")
    assert "No picture failed in run" in done.out
    if work is stop:
        shown = place.manyeyes("failures", "--json").object
        assert (shown["state"], shown["stopped"]) == ("stopped", "the token is wrong: set another")


async def pay_twice(store: SqlStore) -> None:
    run = await begun(store, "twice")
    one, other = bought(run, 1), failed(run, 2)
    await store.save(replace(one, outcome=replace(one.outcome, possibly_paid_twice=1)))
    await store.save(Result(run, replace(other, possibly_paid_twice=2)))


def test_a_picture_that_was_possibly_paid_twice_is_told_apart(place: Place) -> None:
    furnish(place.folder, pay_twice)
    shown = place.manyeyes("show").out
    assert "1.jpg\tanalyzed, possibly paid twice\t" in shown
    assert "2.jpg\tfailed, possibly paid twice\t" in shown
    lines = [json.loads(line) for line in place.manyeyes("export").out.splitlines()]
    assert [line["possibly_paid_twice"] for line in lines] == [1, 2]
    id_ = lines[0]["id"]
    assert "analyzed, possibly paid twice" in place.manyeyes("show", id_).out
    assert place.manyeyes("show", id_, "--json").object["outcomes"][0]["possibly_paid_twice"] == 1
