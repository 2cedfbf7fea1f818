"""Stores of every version become stores of today."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from gallery_samples import bring_in, shown
from manyeyes.model.errors import SettingsError
from manyeyes.model.ticket import Key
from manyeyes.store.database import open_engine
from manyeyes.store.gallery import Filters
from manyeyes.store.migrations import STEPS, Step, bring_up_to_date
from manyeyes.store.reports import list_runs, pages
from manyeyes.store.sql import SqlStore
from manyeyes.store.tables import metadata
from manyeyes.store.values import Purchase
from store_samples import ANSWER, OPENING, key
from test_store_contract import POSTGRES, own_schema

#: A store as the first version made it, with a run of one picture; never to be changed.
FIRST = (Path(__file__).parent / "store_version_1.sql").read_text("utf-8")

Shape = dict[str, object]


def shape(engine: Engine) -> Shape:
    """Everything that can be asked of the tables."""
    asked = inspect(engine)
    return {
        table: (
            [
                (column["name"], str(column["type"]), column["nullable"])
                for column in asked.get_columns(table)
            ],
            asked.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (key["constrained_columns"], key["referred_table"], str(key["options"]))
                for key in asked.get_foreign_keys(table)
            ),
            sorted((str(index["name"]), index["column_names"]) for index in asked.get_indexes(table)),
            sorted(unique["column_names"] for unique in asked.get_unique_constraints(table)),
        )
        for table in sorted(asked.get_table_names())
        # What holds the words is made by SQLite itself, in several tables.
        if not table.startswith("words")
    }


def first_version(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(FIRST)


def version(file: Path) -> object:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT version FROM manyeyes_store").fetchall()


def test_a_store_of_the_first_version_gets_the_tables_of_a_fresh_one(tmp_path: Path) -> None:
    first_version(tmp_path / "old.db")
    old = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    fresh = open_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    assert shape(old) == shape(fresh)
    assert set(shape(fresh)) == set(metadata.tables)
    assert version(tmp_path / "old.db") == version(tmp_path / "fresh.db") == [(len(STEPS) + 1,)]


def test_an_answer_of_the_first_version_is_not_bought_again(tmp_path: Path) -> None:
    first_version(tmp_path / "old.db")

    async def main() -> None:
        async with SqlStore(f"sqlite:///{tmp_path / 'old.db'}") as store:
            run = await store.open_run(OPENING)
            recipe = await store.carry_out(
                lambda c: c.execute(text("SELECT recipe FROM answers")).scalar_one()
            )
            assert await store.begin(Purchase(run.id, Key(key(1).sha256, recipe), 300.0)) == ANSWER

    asyncio.run(main())


def test_a_run_of_the_first_version_still_shows_its_answer(tmp_path: Path) -> None:
    first_version(tmp_path / "old.db")

    async def main() -> None:
        async with SqlStore(f"sqlite:///{tmp_path / 'old.db'}") as store:
            (run,) = await store.carry_out(list_runs)
            kept = [one async for page in pages(store, run.id, raw=True) for one in page]
            assert [one.raw for one in kept] == [ANSWER.raw]

    asyncio.run(main())


def test_the_gallery_shows_what_a_store_of_the_first_version_holds(tmp_path: Path) -> None:
    first_version(tmp_path / "old.db")

    async def main() -> None:
        async with SqlStore(f"sqlite:///{tmp_path / 'old.db'}") as store:
            (run,) = await store.carry_out(list_runs)
            assert await bring_in(store, run.portfolio.id) == 1
            (card,) = await shown(store, run.portfolio.id, Filters(text="emaille quote"))
            assert (card.name, card.descriptor) == ("1.jpg", ANSWER.descriptor)

    asyncio.run(main())


def first_version_on_a_server(engine: Engine) -> None:
    """The same store in the words of PostgreSQL, a table after those that it refers to."""
    spelt = FIRST.replace("BLOB", "BYTEA").replace("WHERE closed = 0", "WHERE NOT closed")
    spelt = re.sub("X'([0-9A-F]*)'", r"'\\x\1'", spelt)
    spelt = spelt.replace(",300.0,'',1)", ",300.0,'',true)").replace("01',0,1,2.5", "01',false,1,2.5")
    order = [
        "recipes",
        "portfolios",
        "pictures",
        "runs",
        "answers",
        "claims",
        "intents",
        "outcomes",
        "tickets",
        "manyeyes_store",
    ]
    statements = [part for part in spelt.split(";\n") if part.strip()]
    with engine.begin() as connection:
        for statement in sorted(statements, key=lambda part: _place(part, order)):
            connection.exec_driver_sql(statement)


def _place(statement: str, order: Sequence[str]) -> tuple[int, int]:
    made = re.search(r"CREATE TABLE (\w+)", statement)
    filled = re.search(r'INSERT INTO "(\w+)"', statement)
    if made:
        return 0, order.index(made[1])
    return (1, order.index(filled[1])) if filled else (2, 0)


@pytest.mark.skipif(POSTGRES is None, reason="MANYEYES_TEST_POSTGRES names no PostgreSQL database")
def test_a_store_on_a_server_gets_the_tables_of_a_fresh_one() -> None:
    assert POSTGRES is not None
    with own_schema(POSTGRES) as of_old, own_schema(POSTGRES) as of_fresh:
        raw = create_engine(of_old)
        first_version_on_a_server(raw)
        raw.dispose()
        old, fresh = open_engine(of_old, read_only=True), open_engine(of_fresh)
        assert shape(old) == shape(fresh)
        assert set(shape(fresh)) == set(metadata.tables)
        old.dispose()
        fresh.dispose()

        async def main() -> None:
            async with SqlStore(of_old) as store:
                (run,) = await store.carry_out(list_runs)
                await bring_in(store, run.portfolio.id)
                (card,) = await shown(store, run.portfolio.id, Filters(text="emaille quote"))
                assert card.descriptor == ANSWER.descriptor

        asyncio.run(main())


def recipe_of_the_answer(connection: Connection) -> str:
    recipe: str = connection.execute(text("SELECT recipe FROM answers")).scalar_one()
    return recipe


def test_opening_a_store_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    before = shape(open_engine(url))
    assert shape(open_engine(url)) == before
    assert version(tmp_path / "store.db") == [(len(STEPS) + 1,)]


def test_a_store_of_a_later_manyeyes_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with open_engine(url).begin() as connection:
        connection.execute(text("UPDATE manyeyes_store SET version = 99"))
    with pytest.raises(
        SettingsError, match=r"of a later manyeyes \(version 99, this one knows 5\).*update manyeyes"
    ):
        open_engine(url)


# How steps are carried out


def adding(name: str) -> Step:
    """A step that adds a table."""

    def step(connection: Connection) -> None:
        connection.execute(text(f"CREATE TABLE {name} (id INTEGER)"))

    return step


def migrated(engine: Engine, steps: Sequence[Step]) -> set[str]:
    """The tables once these steps are known."""
    with engine.begin() as connection:
        bring_up_to_date(connection, steps)
    names = {name for name in inspect(engine).get_table_names() if not name.startswith("words")}
    return names - set(metadata.tables)


def test_only_the_steps_that_are_missing_are_carried_out_in_order() -> None:
    engine = create_engine("sqlite://")
    assert migrated(engine, []) == set()
    assert migrated(engine, [adding("second")]) == {"second"}
    # Carried out a second time, the first step would fail: its table is there.
    assert migrated(engine, [adding("second"), adding("third"), adding("fourth")]) == {
        "second",
        "third",
        "fourth",
    }
    assert migrated(engine, [adding("second"), adding("third"), adding("fourth")]) == {
        "second",
        "third",
        "fourth",
    }


def test_a_fresh_store_needs_no_steps() -> None:
    engine = create_engine("sqlite://")
    assert migrated(engine, [adding("second")]) == set()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM manyeyes_store")).scalar_one() == 2


def test_a_step_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    def fails(_: Connection) -> None:
        raise ZeroDivisionError

    engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    before = shape(engine)
    with pytest.raises(ZeroDivisionError):
        migrated(engine, [*STEPS, adding("second"), fails])
    assert shape(engine) == before
    assert version(tmp_path / "store.db") == [(len(STEPS) + 1,)]
    assert migrated(engine, [*STEPS, adding("second")]) == {"second"}
