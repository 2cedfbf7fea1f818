"""What every store must do, whatever it keeps things in: claims, intents and tickets.

Subclass `ClaimsContract` as `Test…` in a test file, and give it `opened`.
"""

from __future__ import annotations

import asyncio

import pytest

from manyeyes.engine.seams import Store
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Go, Held, Intent, Ticket, Unsettled
from manyeyes.store.values import Beat, Purchase, Result, RunRecord
from store_contract import Opened
from store_samples import ANSWER, OPENING, analyzed, bought, failed, key, purchase


class ClaimsContract(Opened):
    """The contract, as tests."""

    def test_the_first_who_asks_may_buy(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            begun = await store.begin(purchase(run, 1))
            assert isinstance(begun, Go)
            assert begun.intent.key == key(1)
            assert begun.intent.cancel_after == 300.0
            assert len(begun.intent.id) == 26

        self.with_run(test)

    def test_no_two_intents_are_called_alike(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            begun = await asyncio.gather(*[store.begin(purchase(run, number)) for number in range(50)])
            ids = {one.intent.id for one in begun if isinstance(one, Go)}
            assert len(ids) == 50

        self.with_run(test)

    def test_a_second_run_waits_for_the_first_and_gets_its_answer(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            second = await store.open_run(OPENING)
            begun = await asyncio.gather(store.begin(purchase(run, 1)), store.begin(purchase(second, 1)))
            assert isinstance(begun[0], Go)
            assert begun[1] == Held()
            await store.save(bought(run, 1))
            assert await store.begin(purchase(second, 1)) == ANSWER

        self.with_run(test)

    def test_what_earlier_runs_left_open_is_known_by_its_bytes_until_it_is_claimed(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            for number in (1, 2, 3):
                await store.begin(purchase(run, number))
            assert await store.left_open(run, key(1).recipe) == frozenset()
            await store.save(bought(run, 1))
            await store.let_go(key(2), unsure=True)
            await store.let_go(key(3))
            second = await store.open_run(OPENING)
            assert await store.left_open(second, key(2).recipe) == {key(2).sha256}
            assert await store.left_open(second, "another recipe") == frozenset()
            await store.begin(purchase(second, 2))
            assert await store.left_open(second, key(2).recipe) == frozenset()

        self.with_run(test)

    def test_a_run_that_asks_twice_hears_the_second_time_of_what_it_began(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            first, second = await asyncio.gather(store.begin(purchase(run, 1)), store.begin(purchase(run, 1)))
            assert isinstance(first, Go)
            assert isinstance(second, Unsettled)
            assert second.left == ((first.intent, None),)

        self.with_run(test)

    def test_a_claim_that_is_let_go_is_free_and_leaves_nothing_to_settle(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            second = await store.open_run(OPENING)
            await store.begin(purchase(run, 1))
            await store.let_go(key(1))
            assert isinstance(await store.begin(purchase(second, 1)), Go)

        self.with_run(test)

    def test_whose_account_was_to_pay_is_kept(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            second = await store.open_run(OPENING)
            first = await _intent(store, purchase(run, 1, "payer A"))
            again = await store.begin_again(purchase(run, 1, "payer A"))
            assert (first.payer, again.payer) == ("payer A", "payer A")
            await store.let_go(key(1), unsure=True)
            begun = await store.begin(purchase(second, 1, "payer B"))
            assert isinstance(begun, Unsettled)
            assert begun.left == ((again, None),)
            assert (begun.left[0][0].payer, begun.intent.payer) == ("payer A", "payer B")

        self.with_run(test)

    def test_what_may_have_been_bought_is_left_to_settle(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            second = await store.open_run(OPENING)
            first = await _intent(store, purchase(run, 1))
            await store.let_go(key(1), unsure=True)
            begun = await store.begin(purchase(second, 1))
            assert isinstance(begun, Unsettled)
            assert begun.intent != first
            assert begun.left == ((first, None),)

        self.with_run(test)

    def test_a_ticket_is_left_to_settle_with_its_intent_and_may_be_checked_at_once(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            first = await _intent(store, purchase(run, 1))
            await store.keep_ticket(Ticket(first, "r8_1", check_after=3))
            await store.keep_ticket(Ticket(first, "r8_2", check_after=3))
            await store.let_go(key(1), unsure=True)
            begun = await store.begin(purchase(run, 1))
            assert isinstance(begun, Unsettled)
            assert begun.left == ((first, Ticket(first, "r8_2", check_after=0)),)

        self.with_run(test)

    def test_what_is_left_is_told_oldest_first(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            intents = []
            for _ in range(3):
                begun = await store.begin(purchase(run, 1))
                assert isinstance(begun, Go | Unsettled)
                intents.append(begun.intent)
                await store.let_go(key(1), unsure=True)
            begun = await store.begin(purchase(run, 1))
            assert isinstance(begun, Unsettled)
            assert [intent for intent, _ in begun.left] == intents

        self.with_run(test)

    def test_an_unsure_failure_leaves_its_intent_and_gives_up_its_claim(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            second = await store.open_run(OPENING)
            first = await _intent(store, purchase(run, 1))
            await store.save(Result(run, failed(run, 1), key(1), unsure=True))
            begun = await store.begin(purchase(second, 1))
            assert isinstance(begun, Unsettled)
            assert begun.left == ((first, None),)

        self.with_run(test)

    def test_asking_again_closes_what_was_asked_before(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            first = await _intent(store, purchase(run, 1))
            second = await store.begin_again(purchase(run, 1))
            assert second.id != first.id
            await store.let_go(key(1), unsure=True)
            begun = await store.begin(purchase(run, 1))
            assert isinstance(begun, Unsettled)
            assert begun.left == ((second, None),)

        self.with_run(test)

    def test_a_purchase_beside_another_leaves_that_one_open(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            first = await _intent(store, purchase(run, 1))
            second = await store.begin_beside(purchase(run, 1))
            await store.keep_ticket(Ticket(second, "bought", check_after=0))
            await store.let_go(key(1), unsure=True)
            begun = await store.begin(purchase(run, 1))
            assert isinstance(begun, Unsettled)
            assert [(intent, ticket and ticket.id) for intent, ticket in begun.left] == [
                (first, None),
                (second, "bought"),
            ]

        self.with_run(test)

    def test_an_answer_settles_all_that_was_left(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.begin(purchase(run, 1))
            await store.let_go(key(1), unsure=True)
            await store.begin(purchase(run, 1))
            await store.save(bought(run, 1))
            afresh = await store.open_run(OPENING)
            assert isinstance(await store.begin(purchase(afresh, 1, answers_from=afresh.opened)), Go)

        self.with_run(test)

    def test_a_reused_answer_leaves_the_claim_of_whoever_buys_alone(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            second = await store.open_run(OPENING)
            await store.begin(purchase(run, 1))
            await store.save(Result(second, analyzed(second, 1, reused=True)))
            assert await store.begin(purchase(second, 1)) == Held()

        self.with_run(test)

    @pytest.mark.parametrize("state", ["complete", "stopped", "interrupted"])
    def test_a_run_that_ends_gives_up_its_claims_but_not_what_it_may_have_bought(self, state: str) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            second = await store.open_run(OPENING)
            first = await _intent(store, purchase(run, 1))
            assert await store.beat(Beat(run.id, Progress())) is None
            assert await store.begin(purchase(second, 1)) == Held()
            await store.beat(Beat(run.id, Progress(finished=True), state))
            begun = await store.begin(purchase(second, 1))
            assert isinstance(begun, Unsettled)
            assert begun.left == ((first, None),)

        self.with_run(test)

    def test_a_run_that_ends_leaves_the_claims_of_others_alone(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            second = await store.open_run(OPENING)
            await store.begin(purchase(run, 1))
            await store.beat(Beat(second.id, Progress(finished=True), "complete"))
            third = await store.open_run(OPENING)
            assert await store.begin(purchase(third, 1)) == Held()

        self.with_run(test)


async def _intent(store: Store, asked: Purchase) -> Intent:
    begun = await store.begin(asked)
    assert isinstance(begun, Go)
    return begun.intent
