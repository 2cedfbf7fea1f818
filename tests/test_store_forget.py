"""What is forgotten is gone: rows, answers, names, and the bytes in the file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from gallery_samples import bring_in, counts, names
from manyeyes.model.errors import SettingsError
from manyeyes.model.outcome import Answer
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Go, Ticket
from manyeyes.model.vitals import Flight, Vitals
from manyeyes.store.corrections import correct
from manyeyes.store.corrections import of as corrections_of
from manyeyes.store.database import scrub
from manyeyes.store.finding import find_portfolio_or_picture
from manyeyes.store.forget import Forgotten, Target, forget, weigh
from manyeyes.store.gallery import Filters
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Beat, Opening, Result, RunRecord
from store_samples import (
    ANSWER,
    DESCRIPTOR,
    EVER,
    OPENING,
    RECIPE,
    SOURCES,
    analyzed,
    bought,
    failed,
    key,
    picture,
    purchase,
)

SECRET = "a-secret-that-was-said"
#: Its words as they stand beside each other in the table of words.
WORDS_TOLD = ("ana in red jpg", "secret that was", "unutterable")
T = TypeVar("T")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def with_store(file: Path, test: Callable[[SqlStore], Awaitable[T]]) -> T:
    async def main() -> T:
        async with SqlStore(f"sqlite:///{file}") as store:
            return await test(store)

    return asyncio.run(main())


def rows(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


async def a_run(store: SqlStore, *numbers: int, sources: tuple[str, ...] = SOURCES) -> RunRecord:
    """A complete run that bought an answer for each of these pictures."""
    run = await store.open_run(Opening(sources, sources[0].strip("/"), RECIPE))
    for number in numbers:
        begun = await store.begin(purchase(run, number))
        if isinstance(begun, Go):
            await store.keep_ticket(Ticket(begun.intent, f"r8_{number}"))
            await store.save(bought(run, number))
        else:
            assert isinstance(begun, Answer)
            await store.save(Result(run, analyzed(run, number, reused=True, answer=begun.id)))
    await store.beat(Beat(run.id, Progress(current=len(numbers), finished=True), "complete"))
    return run


async def forgotten(store: SqlStore, text: str) -> Forgotten:
    target: Target = await store.carry_out(partial(find_portfolio_or_picture, text=text))
    weight = await store.carry_out(partial(weigh, target=target))
    gone = await store.carry_out(partial(forget, target=target))
    assert gone == weight
    return gone


def test_a_portfolio_goes_with_its_pictures_runs_and_answers(file: Path) -> None:
    async def test(store: SqlStore) -> Forgotten:
        await a_run(store, 1, 2)
        await a_run(store, 1, 3)
        await a_run(store, 7, sources=("/more",))
        return await forgotten(store, "photos")

    assert with_store(file, test) == Forgotten(pictures=3, runs=2, answers=3, shared=0)
    for table in ("portfolios", "pictures", "runs", "outcomes", "answers", "intents", "tickets"):
        assert rows(file, table) == 1, table


def test_a_picture_goes_with_its_answer_and_leaves_its_runs_standing(file: Path) -> None:
    async def test(store: SqlStore) -> Forgotten:
        await a_run(store, 1, 2)
        return await forgotten(store, "1.jpg")

    assert with_store(file, test) == Forgotten(pictures=1, runs=0, answers=1, shared=0)
    for table in ("portfolios", "runs", "pictures", "outcomes", "answers", "intents", "tickets"):
        assert rows(file, table) == 1, table


def test_the_next_run_looks_at_a_forgotten_picture_as_if_for_the_first_time(file: Path) -> None:
    async def test(store: SqlStore) -> None:
        run = await a_run(store, 1)
        await forgotten(store, "1.jpg")
        assert await store.known(run.portfolio, [picture(1)], RECIPE.digest, EVER) == [None]
        again = await store.open_run(OPENING)
        assert isinstance(await store.begin(purchase(again, 1)), Go)

    with_store(file, test)


def test_an_answer_stays_for_another_picture_with_the_same_bytes(file: Path) -> None:
    async def test(store: SqlStore) -> None:
        await a_run(store, 1, 2)
        other = await a_run(store, 1, sources=("/more",))
        gone = await forgotten(store, "photos")
        assert gone == Forgotten(pictures=2, runs=1, answers=1, shared=1)
        assert await store.look_up(purchase(other, 1)) == ANSWER
        assert await forgotten(store, "more") == Forgotten(pictures=1, runs=1, answers=1, shared=0)
        assert await store.look_up(purchase(other, 1)) is None

    with_store(file, test)


def test_an_answer_on_what_the_file_held_before_goes_too(file: Path) -> None:
    async def test(store: SqlStore) -> Forgotten:
        run = await a_run(store, 1)
        changed = analyzed(run, 2, 1, image=picture(1, version="2"), id=bought(run, 1).outcome.id)
        later = await store.open_run(OPENING)
        await store.save(Result(later, changed, key(2), ANSWER))
        await store.beat(Beat(later.id, Progress(finished=True), "complete"))
        return await forgotten(store, "1.jpg")

    assert with_store(file, test) == Forgotten(pictures=1, runs=0, answers=2, shared=0)
    assert rows(file, "answers") == 0


def test_a_portfolio_that_is_being_analyzed_is_not_forgotten(file: Path) -> None:
    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        await store.save(bought(run, 1))
        for text in ("photos", "1.jpg"):
            with pytest.raises(
                SettingsError, match=f"is being analyzed now \\(run {run.id}\\): stop that run"
            ):
                await forgotten(store, text)
        await store.beat(Beat(run.id, Progress(finished=True), "stopped"))
        await forgotten(store, "photos")

    with_store(file, test)
    assert rows(file, "answers") == 0


def test_corrections_go_with_the_last_picture_that_has_those_bytes(file: Path) -> None:
    async def test(store: SqlStore) -> None:
        run = await a_run(store, 1)
        await a_run(store, 1, sources=("/more",))
        id_ = run.portfolio.picture_id(picture(1).locator)
        await store.carry_out(partial(correct, picture=id_, field="pose", value="sitting"))
        await forgotten(store, "photos")
        assert list(await store.carry_out(partial(corrections_of, hashes=[key(1).sha256]))) == [key(1).sha256]
        await forgotten(store, "more")
        assert await store.carry_out(partial(corrections_of, hashes=[key(1).sha256])) == {}

    with_store(file, test)


def test_a_forgotten_picture_leaves_the_gallery_and_its_counts(file: Path) -> None:
    async def test(store: SqlStore) -> None:
        run = await a_run(store, 1, 2, 3)
        await bring_in(store, run.portfolio.id)
        await forgotten(store, "2.jpg")
        assert await names(store, run.portfolio.id) == ["1.jpg", "3.jpg"]
        assert await counts(store, run.portfolio.id, "garment_type") == {"dress": 2}
        found = Filters(text="casual dress")
        assert await names(store, run.portfolio.id, found) == ["1.jpg", "3.jpg"]
        await forgotten(store, "photos")

    with_store(file, test)
    for table in ("gallery", "facets", "words"):
        assert rows(file, table) == 0, table


def traces(file: Path, *words: str) -> list[str]:
    """Which words stand somewhere in the store's files."""
    data = b"".join(path.read_bytes() for path in file.parent.iterdir())
    return [word for word in words if word.encode() in data]


def secret(run: RunRecord, number: int, name: str) -> Result:
    """A picture with a name of its own, whose answer says too much."""
    said = replace(
        ANSWER, descriptor=replace(DESCRIPTOR, reasoning=f"unutterable {SECRET}" * 50), raw=SECRET * 500
    )
    result = bought(run, number, said)
    image = replace(picture(number), name=name)
    return replace(result, outcome=replace(result.outcome, image=image))


@pytest.mark.parametrize("what", ["photos", "ana-in-red.jpg"])
def test_no_byte_of_what_was_forgotten_stays_in_the_file(file: Path, what: str) -> None:
    async def keep(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        await asyncio.gather(*[store.save(bought(run, number)) for number in range(60)])
        await store.save(secret(run, 70, "ana-in-red.jpg"))
        await store.save(secret(run, 70, "ana-in-red.jpg"))
        await bring_in(store, run.portfolio.id)
        id_ = secret(run, 70, "").outcome.id
        await store.carry_out(partial(correct, picture=id_, field="pose", value=SECRET * 20))
        await bring_in(store, run.portfolio.id)
        await asyncio.gather(*[store.save(bought(run, number)) for number in range(71, 120)])
        # The same bytes under another name failed once, and were spoken of by the first name.
        spoken = failed(run, 121, message="'ana-in-red.jpg' had no answer")
        await store.save(Result(run, spoken))
        stopped = "10 of the first 20 calls failed: 'ana-in-red.jpg' had no answer"
        last = Progress(current_image="ana-in-red.jpg", error="'ana-in-red.jpg' broke", stopped=stopped)
        flights = Vitals(flights=(Flight("ana-in-red.jpg", 3.0), Flight("other.jpg", 2.0)))
        await store.beat(Beat(run.id, replace(last, finished=True), "stopped", flights))
        await bring_in(store, run.portfolio.id)

    with_store(file, keep)
    assert traces(file, SECRET, "ana-in-red") == [SECRET, "ana-in-red"]
    assert traces(file, *WORDS_TOLD) == [*WORDS_TOLD]
    with_store(file, lambda store: forgotten(store, what))
    assert scrub(f"sqlite:///{file}")
    assert traces(file, SECRET, "ana-in-red", *WORDS_TOLD) == []
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_is_deleted_is_overwritten_even_before_the_file_is_rewritten(file: Path) -> None:
    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        await store.save(secret(run, 1, "ana.jpg"))
        await store.beat(Beat(run.id, Progress(finished=True), "complete"))
        await forgotten(store, "ana.jpg")

    with_store(file, test)
    assert traces(file, SECRET) == []


def test_a_store_in_use_is_not_rewritten_and_that_is_told(file: Path) -> None:
    with_store(file, lambda store: a_run(store, 1))
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM answers").fetchone()
        assert not scrub(f"sqlite:///{file}", busy_seconds=0.01)
    assert scrub(f"sqlite:///{file}")
