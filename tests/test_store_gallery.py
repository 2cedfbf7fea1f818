"""The gallery and what pages keep, in every database there is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from finding_contract import FindingContract
from gallery_contract import GalleryContract
from gallery_samples import bring_in, counts, keep, looked_at, names
from manyeyes.model.errors import StoreError
from manyeyes.store.gallery import Filters
from manyeyes.store.latest import latest
from manyeyes.store.portfolios import portfolio_summary
from manyeyes.store.sql import SqlStore
from pages_contract import PagesContract
from portfolios_contract import PortfoliosContract
from store_samples import OPENING
from test_store_contract import POSTGRES, own_schema


class Contracts(GalleryContract, FindingContract, PortfoliosContract, PagesContract):
    """All of them, over the database at `url`."""

    url: str

    def opened(self) -> AbstractAsyncContextManager[SqlStore]:
        return SqlStore(self.url)

    def test_a_store_that_is_only_read_shows_what_the_gallery_has(self) -> None:
        async def main() -> None:
            async with self.opened() as store:
                run = await store.open_run(OPENING)
                await keep(store, looked_at(run, 0, "a.jpg", fabric="silk", reasoning="it shines"))
                await store.save(looked_at(run, 1, "b.jpg"))
            portfolio = run.portfolio.id
            async with SqlStore(self.url, create=False, read_only=True) as reader:
                found = Filters({"fabric": frozenset({"silk"})}, text="shine")
                assert await names(reader, portfolio, found) == ["a.jpg"]
                assert await counts(reader, portfolio, "fabric") == {"silk": 1}
                summary = await reader.carry_out(partial(portfolio_summary, portfolio=portfolio))
                assert summary is not None
                assert summary.analyzed == 2
                every = [kept.outcome.name async for page in latest(reader, portfolio) for kept in page]
                assert every == ["a.jpg", "b.jpg"]
                with pytest.raises(StoreError):
                    await bring_in(reader, portfolio)

        asyncio.run(main())


class TestSqlite(Contracts):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.url = f"sqlite:///{tmp_path / 'store.db'}"


if POSTGRES is None:

    @pytest.mark.skip(reason="MANYEYES_TEST_POSTGRES names no PostgreSQL database")
    def test_postgresql_keeps_the_contracts() -> None:
        """Stands for the tests of the class below."""

else:

    class TestPostgresql(Contracts):
        @pytest.fixture(autouse=True)
        def schema(self) -> Iterator[None]:
            assert POSTGRES is not None
            with own_schema(POSTGRES) as self.url:
                yield
