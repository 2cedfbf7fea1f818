"""One contract, over every store there is."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from manyeyes.engine.seams import Store
from manyeyes.store.memory import MemoryStore
from manyeyes.store.sql import SqlStore
from manyeyes.store.steering import Wish, want
from store_claims_contract import ClaimsContract
from store_contract import StoreContract
from store_wishes_contract import WishesContract

POSTGRES = os.environ.get("MANYEYES_TEST_POSTGRES")


class TestMemoryStore(StoreContract, ClaimsContract, WishesContract):
    def opened(self) -> AbstractAsyncContextManager[MemoryStore]:
        return MemoryStore()

    async def want(self, store: Store, run: str, wish: Wish) -> None:
        assert isinstance(store, MemoryStore)
        store.want(run, wish)


class InDatabase(WishesContract):
    """Others ask by writing into the database."""

    async def want(self, store: Store, run: str, wish: Wish) -> None:
        assert isinstance(store, SqlStore)
        await store.carry_out(partial(want, run=run, wish=wish))


class TestSqliteFile(StoreContract, ClaimsContract, InDatabase):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.url = f"sqlite:///{tmp_path / 'store.db'}"

    def opened(self) -> AbstractAsyncContextManager[SqlStore]:
        return SqlStore(self.url)


class TestSqliteInMemory(StoreContract, ClaimsContract, InDatabase):
    @pytest.fixture(params=["sqlite://", "sqlite:///:memory:"], autouse=True)
    def spelt(self, request: pytest.FixtureRequest) -> None:
        self.url = request.param

    def opened(self) -> AbstractAsyncContextManager[SqlStore]:
        return SqlStore(self.url)


if POSTGRES is None:

    @pytest.mark.skip(reason="MANYEYES_TEST_POSTGRES names no PostgreSQL database")
    def test_postgresql_keeps_the_contract() -> None:
        """Stands for the tests of the class below."""

else:

    class TestPostgresql(StoreContract, ClaimsContract, InDatabase):
        @pytest.fixture(autouse=True)
        def schema(self) -> Iterator[None]:
            assert POSTGRES is not None
            with own_schema(POSTGRES) as self.url:
                yield

        def opened(self) -> AbstractAsyncContextManager[SqlStore]:
            return SqlStore(self.url)


@contextmanager
def own_schema(url: str) -> Iterator[str]:
    """A URL that leads to an empty schema of its own, dropped in the end."""
    name = f"manyeyes_test_{secrets.token_hex(4)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
        try:
            yield f"{url}?options=-csearch_path%3D{name}"
        finally:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()
