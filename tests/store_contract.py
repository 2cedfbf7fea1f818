"""What every store must do, whatever it keeps things in: runs, portfolios and answers.

Subclass `StoreContract` as `Test…` in a test file, and give it `opened`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TypeVar

from manyeyes.engine.seams import Store
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Go
from manyeyes.store.values import Beat, Known, Opening, Outlook, Purchase, Result, RunRecord, Since
from store_samples import (
    ANSWER,
    EVER,
    NO,
    OPENING,
    OTHER_RECIPE,
    RECIPE,
    SOURCES,
    analyzed,
    bought,
    failed,
    key,
    picture,
    purchase,
    refused,
)

T = TypeVar("T")


class Opened:
    """A store to test."""

    def opened(self) -> AbstractAsyncContextManager[Store]:
        """An empty store, entered on `async with`."""
        raise NotImplementedError

    def with_run(self, test: Callable[[Store, RunRecord], Awaitable[T]]) -> T:
        """What `test` makes of an empty store with one run."""

        async def main() -> T:
            async with self.opened() as store:
                return await test(store, await store.open_run(OPENING))

        return asyncio.run(main())


class StoreContract(Opened):
    """The contract, as tests."""

    # Runs and portfolios

    def test_the_same_sources_are_the_same_portfolio(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            again = await store.open_run(Opening(SOURCES, "photos", OTHER_RECIPE))
            assert again.portfolio == run.portfolio
            assert again.id != run.id
            assert again.opened >= run.opened
            assert await store.outlook(OPENING) == Outlook(run.portfolio, EVER)

        self.with_run(test)

    def test_other_sources_are_another_portfolio(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            other = await store.open_run(Opening(("/photos", "/more"), "photos", RECIPE))
            assert other.portfolio.id != run.portfolio.id
            assert other.portfolio.name == "photos"
            assert await store.outlook(Opening(("/more",), "more", RECIPE)) is None

        self.with_run(test)

    def test_a_name_that_is_not_utf8_comes_back_as_it_was(self) -> None:
        async def test(store: Store, _: RunRecord) -> None:
            label = b"caf\xe9 \xff\n'\"\xf0\x9f\xa7\xb5".decode("utf-8", "surrogateescape")
            opened = await store.open_run(Opening((label,), label, RECIPE))
            again = await store.outlook(Opening((label,), label, RECIPE))
            assert opened.portfolio.name == label
            assert again == Outlook(opened.portfolio, EVER)

        self.with_run(test)

    # Lessons

    def test_what_was_remembered_last_is_recalled(self) -> None:
        async def test(store: Store, _: RunRecord) -> None:
            assert await store.recall("far") is None
            await store.remember("far", "much")
            await store.remember("far", "more")
            await store.remember("near", "nothing")
            recalled = await store.recall("far")
            assert recalled is not None
            assert recalled.text == "more"
            assert 0 <= recalled.age < 60

        self.with_run(test)

    # Answers

    def test_a_new_store_knows_nothing(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            assert await store.known(run.portfolio, [picture(1), picture(2)], RECIPE.digest, EVER) == [
                None,
                None,
            ]
            assert await store.look_up(purchase(run, 1)) is None

        self.with_run(test)

    def test_a_saved_answer_comes_back_whole(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.begin(purchase(run, 1))
            await store.save(bought(run, 1))
            assert await store.look_up(purchase(run, 1)) == ANSWER
            assert await store.begin(purchase(run, 1)) == ANSWER
            assert await store.known(run.portfolio, [picture(1)], RECIPE.digest, EVER) == [
                Known(key(1).sha256, ANSWER)
            ]

        self.with_run(test)

    def test_what_is_known_comes_in_the_order_it_was_asked_for(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(bought(run, 3))
            await store.save(refused(run, 1))
            asked = [picture(3), picture(2), picture(1), picture(3)]
            known = await store.known(run.portfolio, asked, RECIPE.digest, EVER)
            assert known == [Known(key(3).sha256, ANSWER), None, Known(key(1).sha256, NO), known[0]]

        self.with_run(test)

    def test_a_picture_of_another_version_is_not_known(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(bought(run, 1))
            assert await store.known(run.portfolio, [picture(1, version="2")], RECIPE.digest, EVER) == [None]

        self.with_run(test)

    def test_a_picture_that_could_not_be_read_is_not_known(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(Result(run, replace(failed(run, 1), sha256="")))
            assert await store.known(run.portfolio, [picture(1)], RECIPE.digest, EVER) == [None]

        self.with_run(test)

    def test_another_recipe_is_another_answer(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(bought(run, 1))
            asked = Purchase(run.id, key(1, OTHER_RECIPE), 300.0)
            assert await store.known(run.portfolio, [picture(1)], OTHER_RECIPE.digest, EVER) == [
                Known(key(1).sha256, None)
            ]
            assert await store.look_up(asked) is None
            assert isinstance(await store.begin(asked), Go)

        self.with_run(test)

    def test_a_failure_that_may_pass_leaves_no_answer(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.begin(purchase(run, 1))
            await store.save(Result(run, failed(run, 1), key(1)))
            assert await store.look_up(purchase(run, 1)) is None
            assert isinstance(await store.begin(purchase(run, 1)), Go)

        self.with_run(test)

    def test_a_final_no_is_an_answer(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(refused(run, 1))
            assert await store.begin(purchase(run, 1)) == NO

        self.with_run(test)

    def test_a_final_no_of_an_earlier_run_does_not_count_where_it_is_to_be_asked_again(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(refused(run, 1))
            await store.save(bought(run, 2))
            again = await store.open_run(OPENING)
            assert isinstance(await store.begin(purchase(again, 1, noes_from=again.opened)), Go)
            assert await store.begin(purchase(again, 2, noes_from=again.opened)) == ANSWER

        self.with_run(test)

    def test_no_answer_of_an_earlier_run_counts_where_all_are_wanted_afresh(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(bought(run, 1))
            again = await store.open_run(OPENING)
            afresh = purchase(again, 1, answers_from=again.opened)
            assert isinstance(await store.begin(afresh), Go)
            newer = replace(ANSWER, raw="newer")
            await store.save(bought(again, 1, newer))
            assert await store.look_up(afresh) == newer

        self.with_run(test)

    def test_what_counts_no_more_is_not_known(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(bought(run, 1))
            await store.save(refused(run, 2))
            again = await store.open_run(replace(OPENING, retry_failed=True))
            asked = [picture(1), picture(2)]
            known = await store.known(run.portfolio, asked, RECIPE.digest, again.since)
            assert known == [Known(key(1).sha256, ANSWER), Known(key(2).sha256, None)]
            afresh = await store.open_run(replace(OPENING, fresh=True))
            known = await store.known(run.portfolio, asked, RECIPE.digest, afresh.since)
            assert known == [Known(key(1).sha256, None), Known(key(2).sha256, None)]

        self.with_run(test)

    def test_a_run_that_asks_afresh_goes_on_with_one_that_stopped(self) -> None:
        async def test(store: Store, _: RunRecord) -> None:
            asked = replace(OPENING, fresh=True)
            first = await store.open_run(asked)
            await store.save(bought(first, 1))
            await store.beat(Beat(first.id, Progress(finished=True, stopped="interrupted"), "interrupted"))
            outlook = await store.outlook(asked)
            assert outlook is not None
            assert outlook.since == first.since
            second = await store.open_run(asked)
            assert second.since == first.since
            assert await store.look_up(Purchase(second.id, key(1), 300.0, since=second.since)) == ANSWER
            await store.beat(Beat(second.id, Progress(finished=True), "complete"))
            third = await store.open_run(asked)
            assert third.since == Since(third.opened, third.opened)

        self.with_run(test)

    def test_runs_in_between_do_not_end_what_a_fresh_run_began(self) -> None:
        async def ended(store: Store, asked: Opening, state: str) -> Since:
            run = await store.open_run(asked)
            await store.beat(Beat(run.id, Progress(finished=True), state))
            return run.since

        async def test(store: Store, _: RunRecord) -> None:
            asked = replace(OPENING, fresh=True)
            first = await ended(store, asked, "stopped")
            assert await ended(store, OPENING, "stopped") == EVER
            # A look at three pictures goes on with it too, and leaves the others to be done.
            assert await ended(store, replace(asked, most=3), "complete") == first
            assert await ended(store, OPENING, "complete") == EVER
            assert await ended(store, asked, "complete") == first
            assert (await ended(store, asked, "complete")).answers_from > first.answers_from

        self.with_run(test)

    def test_a_fresh_look_at_a_few_pictures_that_is_complete_is_not_gone_on_with(self) -> None:
        async def test(store: Store, _: RunRecord) -> None:
            asked = replace(OPENING, fresh=True, most=3)
            first = await store.open_run(asked)
            await store.beat(Beat(first.id, Progress(finished=True), "complete"))
            assert (await store.open_run(asked)).since.answers_from > first.since.answers_from

        self.with_run(test)

    def test_a_run_that_asks_for_what_failed_goes_on_with_one_that_stopped(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(refused(run, 1))
            asked = replace(OPENING, retry_failed=True)
            first = await store.open_run(asked)
            assert first.since == Since(0.0, first.opened)
            await store.save(refused(first, 1))
            await store.beat(Beat(first.id, Progress(finished=True, stopped="no credit"), "stopped"))
            second = await store.open_run(asked)
            assert second.since == first.since
            assert await store.look_up(Purchase(second.id, key(1), 300.0, since=second.since)) == NO
            # All afresh is more than was asked for then.
            third = await store.open_run(replace(OPENING, fresh=True))
            assert third.since.answers_from == third.opened

        self.with_run(test)

    def test_a_final_no_never_replaces_an_answer_that_was_paid_for(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(bought(run, 1))
            await store.save(refused(run, 1))
            assert await store.look_up(purchase(run, 1)) == ANSWER
            await store.save(refused(run, 2))
            await store.save(bought(run, 2))
            assert await store.look_up(purchase(run, 2)) == ANSWER

        self.with_run(test)

    def test_a_picture_saved_again_in_its_place_replaces_what_was_there(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.save(bought(run, 1))
            changed = replace(analyzed(run, 1), image=picture(1, version="2"), sha256=key(7).sha256)
            await store.save(Result(run, changed))
            known = await store.known(run.portfolio, [picture(1, version="2")], RECIPE.digest, EVER)
            assert known == [Known(key(7).sha256, None)]

        self.with_run(test)
