"""The store in a database: committed before it is told, its one thread, its settings, its plans."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError

from manyeyes.model.errors import SettingsError, StoreError
from manyeyes.model.image import Locator
from manyeyes.model.outcome import Answer
from manyeyes.model.ticket import Go, Ticket
from manyeyes.store.sql import SqlStore
from manyeyes.store.tables import metadata
from manyeyes.store.values import Result
from store_samples import (
    ANSWER,
    DESCRIPTOR,
    EVER,
    OPENING,
    RECIPE,
    analyzed,
    bought,
    failed,
    key,
    picture,
    purchase,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """What another process would read."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


# Committed before it is told


def test_what_a_method_returned_from_is_committed(file: Path) -> None:
    async def main() -> None:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
            assert rows(file, "SELECT id, state FROM runs") == [(run.id, "running")]
            begun = await store.begin(purchase(run, 1))
            assert isinstance(begun, Go)
            assert rows(file, "SELECT id, closed FROM intents") == [(begun.intent.id, 0)]
            assert rows(file, "SELECT run FROM claims") == [(run.id,)]
            await store.keep_ticket(Ticket(begun.intent, "r8"))
            assert rows(file, "SELECT intent, id FROM tickets") == [(begun.intent.id, "r8")]
            await store.save(bought(run, 1))
            assert rows(file, "SELECT raw FROM answers") == [(ANSWER.raw,)]
            assert rows(file, "SELECT closed FROM intents") == [(1,)]
            assert rows(file, "SELECT * FROM claims") == []

    asyncio.run(main())


def test_an_answer_outlives_its_process(file: Path) -> None:
    async def keep() -> None:
        async with SqlStore(url(file)) as store:
            await store.save(bought(await store.open_run(OPENING), 1))

    async def reuse() -> Answer:
        async with SqlStore(url(file)) as store:
            found = await store.begin(purchase(await store.open_run(OPENING), 1))
            assert isinstance(found, Answer)
            return found

    asyncio.run(keep())
    assert asyncio.run(reuse()) == ANSWER


def test_what_was_asked_for_is_kept_even_where_nobody_waits_for_it_any_more(file: Path) -> None:
    async def main() -> None:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
            saving = [asyncio.create_task(store.save(bought(run, number))) for number in range(20)]
            await asyncio.sleep(0)
            for task in saving:
                task.cancel()
            ended = await asyncio.gather(*saving, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ended)

    asyncio.run(main())
    assert rows(file, "SELECT count(*) FROM answers") == [(20,)]


def test_a_name_that_is_not_utf8_is_kept_byte_for_byte(file: Path) -> None:
    name = b"caf\xe9/\xff\n'\".jpg"
    ref = replace(picture(1), name=name.decode("utf-8", "surrogateescape"))
    ref = replace(ref, locator=Locator("/photos/" + ref.name, ref.name))

    async def main() -> None:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
            await store.save(Result(run, analyzed(run, 1, image=ref)))

    asyncio.run(main())
    assert rows(file, "SELECT name, path, entry FROM pictures") == [(name, b"/photos/" + name, name)]


@pytest.mark.parametrize("odd", ["half \ud83e of a pair", "a NUL \0 inside"])
def test_a_model_may_say_what_no_database_takes(file: Path, odd: str) -> None:
    said = Answer(replace(DESCRIPTOR, reasoning=odd, unrecognized={odd: odd}), odd)

    async def main() -> None:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
            await store.save(bought(run, 1, said))
            await store.save(Result(run, failed(run, 2, message=odd)))
            found = await store.look_up(purchase(run, 1))
            assert isinstance(found, Answer)
            assert found.descriptor == said.descriptor
            assert found.raw == odd.replace("\ud83e", "?").replace("\0", "?")

    asyncio.run(main())
    assert "?" in str(rows(file, "SELECT message FROM outcomes WHERE position = 2"))


# Settings and plans


def test_sqlite_is_set_to_lose_nothing(file: Path) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}

    def settings(connection: Connection) -> dict[str, object]:
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}

    async def main() -> dict[str, object]:
        async with SqlStore(url(file)) as store:
            return await store.carry_out(settings)

    assert asyncio.run(main()) == wanted


def test_no_statement_of_a_run_reads_a_whole_table(file: Path) -> None:
    asked: list[tuple[str, object]] = []

    def listen(connection: Connection) -> None:
        def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
            asked.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", note)

    def plans(connection: Connection) -> list[str]:
        told = [
            connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, _one(parameters))
            for statement, parameters in list(asked)
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
        ]
        return [str(row.detail) for plan in told for row in plan]

    async def main() -> list[str]:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
            await store.carry_out(listen)
            await asyncio.gather(*[store.begin(purchase(run, number)) for number in (1, 2, 3)])
            await store.known(run.portfolio, [picture(1), picture(2)], RECIPE.digest, EVER)
            await store.save(bought(run, 1))
            await store.let_go(key(2))
            return await store.carry_out(plans)

    told = asyncio.run(main())
    assert len(told) > 6
    assert [plan for plan in told if plan.startswith("SCAN ") and plan.split()[1] in metadata.tables] == []


def _one(parameters: object) -> tuple[object, ...]:
    first = parameters[0] if isinstance(parameters, list) else parameters
    assert isinstance(first, tuple)
    return first


# The thread


def store_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "manyeyes-store"]


def test_the_thread_ends_with_the_store(file: Path) -> None:
    async def main() -> None:
        async with SqlStore(url(file)):
            assert store_threads() == ["manyeyes-store"]
        assert store_threads() == []
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_the_thread_ends_when_whoever_uses_the_store_is_cancelled(file: Path) -> None:
    async def use(begun: asyncio.Event) -> None:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
            begun.set()
            await asyncio.gather(*[store.begin(purchase(run, number)) for number in range(50)])
            await asyncio.Event().wait()

    async def main() -> None:
        begun = asyncio.Event()
        using = asyncio.create_task(use(begun))
        await begun.wait()
        using.cancel()
        with pytest.raises(asyncio.CancelledError):
            await using
        assert store_threads() == []

    asyncio.run(main())


def test_the_thread_ends_where_there_is_no_store(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(SettingsError):
            async with SqlStore(f"sqlite:///{tmp_path}"):
                pass
        assert store_threads() == []

    asyncio.run(main())


def test_a_closed_store_says_so(file: Path) -> None:
    async def main() -> None:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
        with pytest.raises(StoreError, match="is closed"):
            await store.save(bought(run, 1))

    asyncio.run(main())


def test_a_bad_request_fails_alone(file: Path) -> None:
    async def main() -> Sequence[object]:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
            stranger = replace(run, id="nobody's")
            saving = [store.save(bought(run if number != 7 else stranger, number)) for number in range(20)]
            return await asyncio.gather(*saving, return_exceptions=True)

    ended = asyncio.run(main())
    assert isinstance(ended[7], StoreError)
    assert "forgotten meanwhile" in str(ended[7])
    assert isinstance(ended[7].__cause__, IntegrityError)
    assert [end for end in ended if end is not ended[7]] == [None] * 19
    assert rows(file, "SELECT count(*) FROM answers") == [(19,)]


def test_a_fault_of_ours_reaches_the_one_who_asked_and_nobody_else(file: Path) -> None:
    def faulty(_: Connection) -> None:
        raise ZeroDivisionError("what an oversight")

    async def main() -> Sequence[object]:
        async with SqlStore(url(file)) as store:
            run = await store.open_run(OPENING)
            asked = store.carry_out(faulty), store.save(bought(run, 1)), store.carry_out(_seven)
            return list(await asyncio.gather(*asked, return_exceptions=True))

    fault, saved, seven = asyncio.run(main())
    assert isinstance(fault, StoreError)
    assert "ZeroDivisionError: what an oversight" in str(fault)
    assert (saved, seven) == (None, 7)


def _seven(connection: Connection) -> int:
    seven: int = connection.execute(text("SELECT 7")).scalar_one()
    return seven


def test_a_store_may_serve_one_loop_after_another(file: Path) -> None:
    """As a notebook does that runs a cell, and then another, while a server keeps its store open."""

    async def enter() -> SqlStore:
        return await SqlStore(url(file)).__aenter__()

    store = asyncio.run(enter())
    assert asyncio.run(store.carry_out(_seven)) == 7
    asyncio.run(store.__aexit__())
    assert store_threads() == []


def test_what_is_given_up_in_a_group_stays_given_up(tmp_path: Path) -> None:
    async def main() -> None:
        async with SqlStore(f"sqlite:///{tmp_path / 'store.db'}") as store:
            one, other = await store.open_run(OPENING), await store.open_run(OPENING)
            await store.begin(purchase(other, 2))
            # All in one group; another run's giving up comes first, and must not draw this run's with it.
            await asyncio.gather(store.let_go(key(2)), store.begin(purchase(one, 1)), store.let_go(key(1)))
            assert isinstance(await store.begin(purchase(other, 1)), Go)

    asyncio.run(main())
