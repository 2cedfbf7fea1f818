"""What every database must know of portfolios: uploaded ones, their pictures, and what is forgotten.

Subclass `PortfoliosContract` as `Test…` in a test file, and give it `opened`.
"""

from __future__ import annotations

from functools import partial

import pytest

from gallery_samples import OpenedSql, arrived, bring_in, came_to_nothing, looked_at, names, shown
from manyeyes.model.errors import SettingsError
from manyeyes.model.image import Locator
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.store.finding import PictureRecord
from manyeyes.store.forget import forget
from manyeyes.store.orders import Order, keep_order, order_of
from manyeyes.store.portfolios import (
    add_pictures,
    create,
    held,
    list_portfolios,
    picture_of,
    portfolio_summary,
    rename,
    sources_of,
)
from manyeyes.store.shares import find_share, make_share
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Beat, Opening, RunRecord
from store_samples import RECIPE, key

FOLDER = "/data/portfolios/4f"


async def made(store: SqlStore, name: str = "Spring", folder: str = FOLDER) -> Portfolio:
    return await store.carry_out(partial(create, name=name, folder=folder))


class PortfoliosContract(OpenedSql):
    """The contract, as tests."""

    # Portfolios

    def test_a_run_of_an_uploaded_folder_is_a_run_of_its_portfolio(self) -> None:
        async def test(store: SqlStore, _: RunRecord) -> None:
            portfolio = await made(store, "Früh\udcff")
            again = await store.open_run(Opening((FOLDER,), "4f", RECIPE))
            assert again.portfolio == portfolio
            assert await store.carry_out(partial(sources_of, portfolio=portfolio.id)) == (FOLDER,)
            await store.carry_out(partial(rename, portfolio=portfolio.id, name="Summer"))
            summary = await store.carry_out(partial(portfolio_summary, portfolio=portfolio.id))
            assert summary is not None
            assert summary.portfolio == Portfolio(portfolio.id, "Summer")
            assert summary.folder == FOLDER
            assert summary.newest_run is not None
            assert summary.newest_run.id == again.id

        self.with_run(test)

    def test_what_nobody_knows_is_nothing(self) -> None:
        async def test(store: SqlStore, _: RunRecord) -> None:
            assert await store.carry_out(partial(portfolio_summary, portfolio="nobody's")) is None
            assert await store.carry_out(partial(picture_of, picture="nobody's")) is None
            with pytest.raises(SettingsError, match="is no portfolio of this store"):
                await store.carry_out(partial(sources_of, portfolio="nobody's"))

        self.with_run(test)

    def test_portfolios_are_listed_newest_first_a_page_at_a_time(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            ids = [(await made(store, str(n), f"/data/{n}")).id for n in range(5)]
            newest_first = [*reversed(ids), run.portfolio.id]
            listed = await store.carry_out(list_portfolios)
            assert [one.portfolio.id for one in listed] == newest_first
            read: list[str] = []
            after = None
            while page := await store.carry_out(partial(list_portfolios, after=after, most=4)):
                read += [one.portfolio.id for one in page]
                after = read[-1]
            assert read == newest_first

        self.with_run(test)

    def test_a_summary_counts_what_the_gallery_has_and_what_it_would_have(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            add = partial(add_pictures, portfolio=run.portfolio)
            names = ["a.jpg", "b.jpg", "c.jpg"]
            await store.carry_out(partial(add, arrived=[arrived(name, n) for n, name in enumerate(names)]))

            async def counted() -> tuple[int, ...]:
                one = await store.carry_out(partial(portfolio_summary, portfolio=run.portfolio.id))
                assert one is not None
                return one.pictures, one.analyzed, one.failed, one.waiting, one.bytes

            assert await counted() == (3, 0, 0, 3, 3000)
            await store.save(looked_at(run, 0, "a.jpg"))
            await store.save(came_to_nothing(run, 1, "b.jpg"))
            await store.save(looked_at(run, 3, "new.jpg"))
            again = await store.open_run(Opening(("/photos",), "photos", RECIPE))
            await store.save(came_to_nothing(again, 0, "a.jpg"))
            for _ in range(2):
                assert await counted() == (4, 2, 1, 1, 4000)
                await bring_in(store, run.portfolio.id)

        self.with_run(test)

    def test_a_portfolio_tells_which_bytes_it_holds_already(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            other = await made(store)
            add = partial(add_pictures, arrived=[arrived("a.jpg", 1), arrived("b.jpg", 2)])
            await store.carry_out(partial(add, portfolio=run.portfolio))
            asked = partial(held, hashes=[key(n).sha256 for n in (1, 2, 3)])
            assert await store.carry_out(partial(asked, portfolio=run.portfolio.id)) == {
                key(1).sha256: "a.jpg",
                key(2).sha256: "b.jpg",
            }
            assert await store.carry_out(partial(asked, portfolio=other.id)) == {}

        self.with_run(test)

    def test_a_picture_that_arrived_is_found_by_its_id_alone(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            (id_,) = await store.carry_out(
                partial(add_pictures, portfolio=run.portfolio, arrived=[arrived("a.jpg", 1, 5)])
            )
            found = await store.carry_out(partial(picture_of, picture=id_))
            place = Locator("/photos/a.jpg")
            assert found == PictureRecord(id_, "a.jpg", run.portfolio, place, 5, key(1).sha256)
            assert await store.carry_out(partial(picture_of, picture="a.jpg")) is None

        self.with_run(test)

    def test_a_picture_that_arrives_again_waits_only_where_its_bytes_are_others(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await store.save(looked_at(run, 0, "a.jpg", number=1))
            await bring_in(store, run.portfolio.id)
            add = partial(add_pictures, portfolio=run.portfolio)
            for number, status in ((1, "analyzed"), (2, "waiting")):
                await store.carry_out(partial(add, arrived=[arrived("a.jpg", number)]))
                assert [card.status for card in await shown(store, run.portfolio.id)] == [status]

        self.with_run(test)

    # Forgetting

    def test_a_forgotten_picture_is_found_by_nothing(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            for place, name in enumerate(("a.jpg", "b.jpg")):
                await store.save(looked_at(run, place, name, fabric="silk", pose=f"pose{place}"))
            await bring_in(store, run.portfolio.id)
            await store.beat(Beat(run.id, Progress(finished=True), "complete"))
            gone = await store.carry_out(
                partial(picture_of, picture=run.portfolio.picture_id(Locator("/photos/a.jpg")))
            )
            assert gone is not None
            await store.carry_out(partial(forget, target=gone))
            assert await names(store, run.portfolio.id) == ["b.jpg"]
            summary = await store.carry_out(partial(portfolio_summary, portfolio=run.portfolio.id))
            assert summary is not None
            assert summary.pictures == 1

        self.with_run(test)

    def test_a_forgotten_portfolio_takes_its_orders_and_links_along(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await store.carry_out(partial(keep_order, run=run.id, order=Order()))
            _, token = await store.carry_out(partial(make_share, portfolio=run.portfolio.id))
            await store.beat(Beat(run.id, Progress(finished=True), "complete"))
            await store.carry_out(partial(forget, target=run.portfolio))
            assert await store.carry_out(partial(order_of, run=run.id)) is None
            assert await store.carry_out(partial(find_share, token=token)) is None

        self.with_run(test)
