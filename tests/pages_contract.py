"""What every database must keep for pages and the API: orders, wishes, requests and links.

Subclass `PagesContract` as `Test…` in a test file, and give it `opened`.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection, update

from gallery_samples import OpenedSql
from manyeyes.model.errors import SettingsError
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.store.once import Remembered, keep_answer, let_try_again, remembered
from manyeyes.store.orders import Order, Unfinished, continued_by, keep_order, order_of, unfinished
from manyeyes.store.page_tables import idempotency, shares
from manyeyes.store.portfolios import (
    create,
)
from manyeyes.store.shares import find_share, make_share, shares_of, withdraw_share
from manyeyes.store.sql import SqlStore
from manyeyes.store.steering import want
from manyeyes.store.tables import runs
from manyeyes.store.values import Beat, Opening, RunRecord
from store_samples import RECIPE

FOLDER = "/data/portfolios/4f"


async def made(store: SqlStore, name: str = "Spring", folder: str = FOLDER) -> Portfolio:
    return await store.carry_out(partial(create, name=name, folder=folder))


class PagesContract(OpenedSql):
    """The contract, as tests."""

    # Orders

    def test_an_order_comes_back_as_it_was(self) -> None:
        order = Order(
            "openai", "eyes-1", "8", None, "batch", 50.5, 12, True, True, (30, 50), "https://x/", {"rpm": 5}
        )

        async def test(store: SqlStore, run: RunRecord) -> None:
            assert await store.carry_out(partial(order_of, run=run.id)) is None
            for one in (Order(), order):
                await store.carry_out(partial(keep_order, run=run.id, order=one))
                assert await store.carry_out(partial(order_of, run=run.id)) == one

        self.with_run(test)

    def test_a_run_that_broke_off_is_unfinished_until_another_goes_on_with_it(self) -> None:
        def break_off(connection: Connection, run: str) -> None:
            long_ago = {"owner": "elsewhere//:1:1:ab", "heartbeat": time.time() - 70}
            connection.execute(update(runs).where(runs.c.id == run).values(**long_ago))

        async def test(store: SqlStore, run: RunRecord) -> None:
            other = await store.open_run(Opening(("/more",), "more", RECIPE))
            await store.carry_out(partial(keep_order, run=run.id, order=Order("local")))
            assert await store.carry_out(unfinished) == []
            for one in (run, other):
                await store.carry_out(partial(break_off, run=one.id))
            # The other one was asked for by nobody's order.
            found = [Unfinished(run.id, run.portfolio, Order("local"))]
            assert await store.carry_out(unfinished) == found
            again = await store.open_run(Opening(("/photos",), "photos", RECIPE))
            await store.carry_out(partial(keep_order, run=again.id, order=Order("local"), continues=run.id))
            assert await store.carry_out(unfinished) == []
            assert await store.carry_out(partial(continued_by, run=run.id)) == again.id
            assert await store.carry_out(partial(continued_by, run=again.id)) is None

        self.with_run(test)

    def test_a_run_whose_process_was_told_to_end_is_unfinished_where_that_is_asked_for(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await store.carry_out(partial(keep_order, run=run.id, order=Order()))
            await store.beat(Beat(run.id, Progress(finished=True), "interrupted"))
            assert await store.carry_out(unfinished) == []
            (one,) = await store.carry_out(partial(unfinished, interrupted=True))
            assert one.run == run.id
            await store.beat(Beat(run.id, Progress(finished=True), "stopped"))
            assert await store.carry_out(partial(unfinished, interrupted=True)) == []

        self.with_run(test)

    # Wishes

    def test_a_wish_reaches_a_run_that_lives(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            assert await store.carry_out(partial(want, run=run.id, wish="pause"))
            assert await store.beat(Beat(run.id, Progress())) == "pause"
            await store.beat(Beat(run.id, Progress(finished=True), "complete"))
            assert not await store.carry_out(partial(want, run=run.id, wish="stop"))
            assert not await store.carry_out(partial(want, run="nobody's", wish="stop"))

        self.with_run(test)

    # Requests

    def test_a_request_that_arrives_again_gets_the_same_answer(self) -> None:
        async def test(store: SqlStore, _: RunRecord) -> None:
            ask = partial(remembered, key="k-1", digest="POST /runs {}")
            assert await store.carry_out(ask) is None
            assert await store.carry_out(ask) == Remembered(None)
            answer = json.dumps({"run": "é"})
            await store.carry_out(partial(keep_answer, key="k-1", answer=answer))
            assert await store.carry_out(ask) == Remembered(answer)
            assert await store.carry_out(partial(remembered, key="k-2", digest="POST /runs {}")) is None

        self.with_run(test)

    def test_a_key_that_came_with_another_request_is_refused(self) -> None:
        async def test(store: SqlStore, _: RunRecord) -> None:
            await store.carry_out(partial(remembered, key="k", digest="one"))
            with pytest.raises(SettingsError, match="came with another request before"):
                await store.carry_out(partial(remembered, key="k", digest="another"))

        self.with_run(test)

    def test_a_request_that_came_to_nothing_may_be_sent_again(self) -> None:
        async def test(store: SqlStore, _: RunRecord) -> None:
            ask = partial(remembered, key="k", digest="one")
            await store.carry_out(ask)
            await store.carry_out(partial(let_try_again, key="k"))
            assert await store.carry_out(ask) is None

        self.with_run(test)

    def test_answers_are_forgotten_in_time(self) -> None:
        def pass_time(connection: Connection) -> int:
            connection.execute(update(idempotency).values(expires=idempotency.c.expires - 86_401))
            return len(connection.execute(idempotency.select()).all())

        async def test(store: SqlStore, _: RunRecord) -> None:
            for name in ("a", "b"):
                await store.carry_out(partial(remembered, key=name, digest=name))
                await store.carry_out(partial(keep_answer, key=name, answer="done"))
            assert await store.carry_out(pass_time) == 2
            assert await store.carry_out(partial(remembered, key="a", digest="new")) is None
            assert await store.carry_out(lambda c: len(c.execute(idempotency.select()).all())) == 1

        self.with_run(test)

    # Links

    def test_a_link_opens_its_portfolio_until_it_is_withdrawn(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            share, token = await store.carry_out(partial(make_share, portfolio=run.portfolio.id))
            assert await store.carry_out(partial(find_share, token=token)) == share
            assert (share.portfolio, share.expires) == (run.portfolio.id, None)
            for wrong in ("", share.id, token[:-1], token + "A", "\ud800\0"):
                assert await store.carry_out(partial(find_share, token=wrong)) is None
            assert await store.carry_out(partial(withdraw_share, share=share.id))
            assert not await store.carry_out(partial(withdraw_share, share=share.id))
            assert await store.carry_out(partial(find_share, token=token)) is None
            (listed,) = await store.carry_out(partial(shares_of, portfolio=run.portfolio.id))
            assert listed.withdrawn is not None
            assert replace(listed, withdrawn=None) == share

        self.with_run(test)

    def test_no_link_is_kept_so_that_it_could_be_used(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            tokens = {
                (await store.carry_out(partial(make_share, portfolio=run.portfolio.id)))[1] for _ in range(20)
            }
            assert len(tokens) == 20
            assert min(map(len, tokens)) >= 43
            rows = await store.carry_out(lambda c: c.execute(shares.select()).all())
            assert not tokens & {str(value) for row in rows for value in row}

        self.with_run(test)

    def test_a_link_that_ran_out_opens_nothing_and_is_gone_after_a_month(self) -> None:
        def pass_days(connection: Connection, days: float) -> None:
            connection.execute(update(shares).values(expires=shares.c.expires - days * 86_400))

        async def test(store: SqlStore, run: RunRecord) -> None:
            make = partial(make_share, portfolio=run.portfolio.id)
            share, token = await store.carry_out(partial(make, seconds=3600))
            assert share.expires == share.created + 3600
            assert await store.carry_out(partial(find_share, token=token)) == share
            await store.carry_out(partial(pass_days, days=1))
            assert await store.carry_out(partial(find_share, token=token)) is None
            forever, _ = await store.carry_out(make)
            assert len(await store.carry_out(partial(shares_of, portfolio=run.portfolio.id))) == 2
            await store.carry_out(partial(pass_days, days=30))
            second, _ = await store.carry_out(make)
            listed = await store.carry_out(partial(shares_of, portfolio=run.portfolio.id))
            assert {one.id for one in listed} == {forever.id, second.id}

        self.with_run(test)
