"""What is read from the store: runs, their pictures page by page, and whatever a person names."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, update

from manyeyes.model.image import Locator
from manyeyes.model.outcome import Analyzed, Outcome
from manyeyes.model.progress import Progress
from manyeyes.model.vitals import Flight, Vitals
from manyeyes.store import reports
from manyeyes.store.reports import history, list_runs, pages, run_summary
from manyeyes.store.sql import SqlStore
from manyeyes.store.tables import runs
from manyeyes.store.values import Beat, Opening, Result, RunRecord
from store_samples import ANSWER, OPENING, OTHER_RECIPE, SOURCES, analyzed, bought, failed, picture

T = TypeVar("T")


def with_store(test: Callable[[SqlStore], Awaitable[T]]) -> T:
    async def main() -> T:
        async with SqlStore("sqlite://") as store:
            return await test(store)

    return asyncio.run(main())


async def complete(store: SqlStore, run: RunRecord, progress: Progress) -> None:
    await store.beat(Beat(run.id, replace(progress, finished=True), "complete"))


# Runs


def test_runs_are_listed_newest_first_with_their_counts() -> None:
    async def test(store: SqlStore) -> None:
        first = await store.open_run(OPENING)
        await complete(store, first, Progress(current=44, total=44, analyzed=42, failed=2, reused=7))
        second = await store.open_run(Opening(("/more",), "more", OTHER_RECIPE))
        newest, oldest = await store.carry_out(list_runs)
        assert (newest.id, newest.portfolio, newest.model) == (second.id, second.portfolio, "eyes-2")
        assert (newest.state, newest.total, newest.ended) == ("running", None, None)
        assert (oldest.id, oldest.adapter, oldest.state) == (first.id, "scripted", "complete")
        assert (oldest.total, oldest.analyzed, oldest.failed, oldest.reused) == (44, 42, 2, 7)
        assert oldest.started == first.opened
        assert await store.carry_out(partial(list_runs, most=1)) == [newest]

    with_store(test)


def test_a_run_is_listed_whatever_the_name_of_its_latest_picture() -> None:
    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
        vitals = Vitals(flights=(Flight(name, 1.0),))
        await store.beat(Beat(run.id, Progress(current=1, total=9, current_image=name), vitals=vitals))
        assert [listed.total for listed in await store.carry_out(list_runs)] == [9]

    with_store(test)


def test_a_run_that_is_paused_is_listed_as_such_for_as_long_as_it_runs() -> None:
    async def paused(store: SqlStore, run: RunRecord) -> bool:
        summary = await store.carry_out(partial(run_summary, run=run.id))
        assert summary is not None
        return summary.paused

    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        assert not await paused(store, run)
        await store.beat(Beat(run.id, Progress(paused=True)))
        assert await paused(store, run)
        await complete(store, run, Progress(paused=True))
        assert not await paused(store, run)

    with_store(test)


def test_a_run_that_goes_on_is_counted_by_what_is_kept_of_it() -> None:
    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        await store.beat(Beat(run.id, Progress(current=1, total=9, analyzed=1)))
        await store.save(bought(run, 1))
        await store.save(Result(run, analyzed(run, 2, reused=True)))
        await store.save(Result(run, failed(run, 3)))
        summary = await store.carry_out(partial(run_summary, run=run.id))
        assert summary is not None
        assert (summary.total, summary.analyzed, summary.failed, summary.reused) == (9, 2, 1, 1)

    with_store(test)


def test_a_run_whose_process_is_gone_has_broken_off() -> None:
    def die(connection: Connection) -> None:
        owner = connection.execute(runs.select()).one().owner
        machine, *_ = owner.rsplit(":", 3)
        # Linux gives no process an id above 4194304.
        connection.execute(update(runs).values(owner=f"{machine}:4194305:1:ab"))

    async def test(store: SqlStore) -> None:
        await store.open_run(OPENING)
        await store.carry_out(die)
        (run,) = await store.carry_out(list_runs)
        assert (run.state, run.ended) == ("broken off", None)

    with_store(test)


def test_a_run_of_another_machine_has_broken_off_once_it_is_silent_for_its_lease() -> None:
    def move(silent: float, connection: Connection) -> None:
        connection.execute(update(runs).values(owner="elsewhere//:1:1:ab", heartbeat=time.time() - silent))

    async def test(store: SqlStore) -> None:
        await store.open_run(OPENING)
        await store.carry_out(partial(move, 50))
        assert (await store.carry_out(list_runs))[0].state == "running"
        await store.carry_out(partial(move, 70))
        assert (await store.carry_out(list_runs))[0].state == "broken off"

    with_store(test)


def test_a_run_that_nobody_knows_is_none() -> None:
    assert with_store(lambda store: store.carry_out(partial(run_summary, run="nobody's"))) is None


# Pictures, page by page


async def read(store: SqlStore, run: RunRecord, **how: bool) -> list[Outcome]:
    return [kept.outcome async for page in pages(store, run.id, **how) for kept in page]


def test_outcomes_come_back_as_they_were_saved_in_listing_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PAGE", 2)

    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        ended: list[Outcome] = []
        for number in (4, 0, 3, 1):
            result = bought(run, number)
            ended.append(replace(result.outcome, possibly_paid_twice=number))
            await store.save(replace(result, outcome=ended[-1]))
        first = f"{run.id}.4"
        ended.append(analyzed(run, 4, 2, reused=True, answer=first, image=_named(b"caf\xe9.jpg"), id="other"))
        ended.append(replace(failed(run, 5), attempts=5, seconds=9.25))
        for outcome in ended[-2:]:
            await store.save(Result(run, outcome))
        assert await read(store, run) == sorted(ended, key=lambda outcome: outcome.position)
        assert [len(page) async for page in pages(store, run.id)] == [2, 2, 2]

    with_store(test)


def _named(name: bytes) -> object:
    text = name.decode("utf-8", "surrogateescape")
    return replace(picture(4), name=text, locator=Locator(f"/photos/{text}"))


def test_only_failures_are_read_where_only_they_are_asked_for() -> None:
    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        await store.save(bought(run, 1))
        await store.save(Result(run, failed(run, 2)))
        assert [outcome.position for outcome in await read(store, run, only_failed=True)] == [2]

    with_store(test)


def test_the_models_own_words_come_where_they_are_asked_for() -> None:
    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        await store.save(bought(run, 1))
        assert [kept.raw async for page in pages(store, run.id) for kept in page] == [None]
        assert [kept.raw async for page in pages(store, run.id, raw=True) for kept in page] == [ANSWER.raw]

    with_store(test)


def test_a_run_shows_the_answers_it_got_also_when_there_are_newer_ones() -> None:
    async def test(store: SqlStore) -> None:
        first = await store.open_run(OPENING)
        await store.save(bought(first, 1))
        again = await store.open_run(replace(OPENING, fresh=True))
        newer = replace(ANSWER, descriptor=replace(ANSWER.descriptor, garment_type="coat"), raw="newer")
        await store.save(bought(again, 1, newer))
        for run, raw, garment in ((first, ANSWER.raw, "dress"), (again, "newer", "coat")):
            (kept,) = [one async for page in pages(store, run.id, raw=True) for one in page]
            assert (kept.raw, success(kept.outcome).descriptor.garment_type) == (raw, garment)

    with_store(test)


def success(outcome: Outcome) -> Analyzed:
    assert isinstance(outcome, Analyzed)
    return outcome


def test_each_run_reads_the_answers_of_its_own_recipe() -> None:
    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        other = await store.open_run(Opening(SOURCES, "photos", OTHER_RECIPE))
        await store.save(bought(run, 1))
        result = bought(other, 1)
        assert result.key is not None
        key = replace(result.key, recipe=OTHER_RECIPE.digest)
        coat = replace(ANSWER.descriptor, garment_type="coat")
        answer = replace(ANSWER, descriptor=coat, id=f"{other.id}.1")
        outcome = analyzed(other, 1, descriptor=coat, answer=answer.id)
        await store.save(Result(other, outcome, key, answer))
        garments = [
            outcome.descriptor.garment_type
            for one in (run, other)
            for outcome in await read(store, one)
            if isinstance(outcome, Analyzed)
        ]
        assert garments == ["dress", "coat"]
        looks = await store.carry_out(partial(history, picture=outcome.id))
        assert [(look.run, look.model) for look in looks] == [(other.id, "eyes-2"), (run.id, "eyes-1")]

    with_store(test)


def test_an_answer_that_is_gone_is_said_to_be_gone_and_not_made_up() -> None:
    async def test(store: SqlStore) -> None:
        run = await store.open_run(OPENING)
        await store.save(Result(run, analyzed(run, 1)))
        (outcome,) = await read(store, run)
        assert "no longer in the store" in getattr(outcome, "message", "")

    with_store(test)


def test_reading_many_outcomes_keeps_one_page_in_hand(tmp_path: Path) -> None:
    async def main() -> list[int]:
        async with SqlStore(f"sqlite:///{tmp_path / 'store.db'}") as store:
            run = await store.open_run(OPENING)
            await asyncio.gather(*[store.save(bought(run, number)) for number in range(450)])
            return [len(page) async for page in pages(store, run.id)]

    assert asyncio.run(main()) == [200, 200, 50]
