"""What a person names is found: by its id, the beginning of it, or its name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import Connection, update

from manyeyes.model.errors import SettingsError
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.finding import PictureRecord, find_portfolio_or_picture, find_run, find_run_or_picture
from manyeyes.store.reports import RunSummary
from manyeyes.store.sql import SqlStore
from manyeyes.store.tables import portfolios
from manyeyes.store.values import Opening, RunRecord
from store_samples import OPENING, RECIPE, bought, picture

T = TypeVar("T")


def with_store(test: Callable[[SqlStore], Awaitable[T]]) -> T:
    async def main() -> T:
        async with SqlStore("sqlite://") as store:
            return await test(store)

    return asyncio.run(main())


async def furnish(store: SqlStore) -> RunRecord:
    """Two portfolios with ids that are easy to tell, a run of the first, and its pictures 1 and 2."""
    run = await store.open_run(OPENING)
    await store.open_run(Opening(("/more",), "more", RECIPE))
    await store.save(bought(run, 1))
    await store.save(bought(run, 2))
    return run


def rename(connection: Connection) -> None:
    """Give every id a beginning that shows what it is, and two pictures the same."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    connection.exec_driver_sql("UPDATE outcomes SET picture = 'pp' || position")
    connection.exec_driver_sql("UPDATE pictures SET id = 'pp' || substr(name, 1, 1)")


def test_a_run_is_found_by_its_id_the_beginning_of_it_or_as_the_latest() -> None:
    async def test(store: SqlStore) -> None:
        run = await furnish(store)
        for text in (run.id, run.id[:9]):
            found = await store.carry_out(partial(find_run, text=text))
            assert found.id == run.id
        latest = await store.carry_out(find_run)
        assert latest.portfolio.name == "more"
        assert await store.carry_out(find_run_or_picture) == latest

    with_store(test)


def test_a_picture_is_found_by_its_name_its_id_or_the_beginning_of_it() -> None:
    async def test(store: SqlStore) -> None:
        run = await furnish(store)
        image = picture(2)
        id_ = run.portfolio.picture_id(image.locator)
        for text in (image.name, id_, id_[:10]):
            found = await store.carry_out(partial(find_run_or_picture, text=text))
            assert isinstance(found, PictureRecord)
            assert (found.id, found.name, found.locator, found.size) == (id_, "2.jpg", image.locator, 1002)
            assert found.portfolio == run.portfolio

    with_store(test)


def test_a_portfolio_is_found_by_its_name_or_its_id() -> None:
    async def test(store: SqlStore) -> None:
        run = await furnish(store)
        for text in ("photos", run.portfolio.id, run.portfolio.id[:9]):
            assert await store.carry_out(partial(find_portfolio_or_picture, text=text)) == run.portfolio

    with_store(test)


def test_what_could_be_several_things_is_told_apart_by_more_of_the_id() -> None:
    async def test(store: SqlStore) -> None:
        await furnish(store)
        await store.carry_out(rename)
        with pytest.raises(SettingsError) as caught:
            await store.carry_out(partial(find_run_or_picture, text="pp"))
        said = str(caught.value)
        assert "'pp' could mean picture pp1 ('1.jpg' of 'photos'); picture pp2 ('2.jpg' of 'photos')" in said
        assert "give more of the id" in said
        found = await store.carry_out(partial(find_run_or_picture, text="pp1"))
        assert isinstance(found, PictureRecord)

    with_store(test)


def test_of_many_things_that_could_be_meant_a_few_are_named() -> None:
    async def test(store: SqlStore) -> None:
        for number in range(9):
            await store.open_run(Opening((str(number),), "alike", RECIPE))
        with pytest.raises(SettingsError, match=r"portfolio .* and 4 more: give more of the id"):
            await store.carry_out(partial(find_portfolio_or_picture, text="alike"))

    with_store(test)


def test_a_whole_name_goes_before_the_beginning_of_an_id() -> None:
    async def test(store: SqlStore) -> None:
        await furnish(store)
        await store.carry_out(rename)
        await store.carry_out(lambda c: c.execute(update(portfolios).values(name="pp")))
        await store.carry_out(
            lambda c: c.execute(update(portfolios).where(portfolios.c.origin != '["/more"]').values(name="x"))
        )
        found = await store.carry_out(partial(find_portfolio_or_picture, text="pp"))
        assert isinstance(found, Portfolio)

    with_store(test)


@pytest.mark.parametrize("text", ["nothing", "%", "_", "", "*", "caf\udce9", "' OR 1=1 --"])
def test_what_names_nothing_is_a_wrong_setting(text: str) -> None:
    async def test(store: SqlStore) -> None:
        await furnish(store)
        for find in (find_run, find_run_or_picture, find_portfolio_or_picture):
            with pytest.raises(SettingsError, match="manyeyes runs"):
                await store.carry_out(partial(find, text=text))

    with_store(test)


def test_an_empty_store_has_no_latest_run() -> None:
    async def test(store: SqlStore) -> RunSummary:
        return await store.carry_out(find_run)

    with pytest.raises(SettingsError, match="holds no run yet"):
        with_store(test)
