"""One contract, over every store there is."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from manyeyes.store.memory import MemoryStore
from manyeyes.store.sql import SqlStore
from store_claims_contract import ClaimsContract
from store_contract import StoreContract

POSTGRES = os.environ.get("MANYEYES_TEST_POSTGRES")


class TestMemoryStore(StoreContract, ClaimsContract):
    def opened(self) -> AbstractAsyncContextManager[MemoryStore]:
        return MemoryStore()


class TestSqliteFile(StoreContract, ClaimsContract):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.url = f"sqlite:///{tmp_path / 'store.db'}"

    def opened(self) -> AbstractAsyncContextManager[SqlStore]:
        return SqlStore(self.url)


class TestSqliteInMemory(StoreContract, ClaimsContract):
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

    class TestPostgresql(StoreContract, ClaimsContract):
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
