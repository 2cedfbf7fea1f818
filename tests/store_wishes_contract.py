"""What every store must do, whatever it keeps things in: tell a run, once, what others ask of it.

Subclass `WishesContract` as `Test…` in a test file, and give it `opened` and `want`.
"""

from __future__ import annotations

from manyeyes.engine.seams import Store
from manyeyes.model.progress import Progress
from manyeyes.store.steering import Wish
from manyeyes.store.values import Beat, RunRecord
from store_contract import Opened
from store_samples import OPENING


class WishesContract(Opened):
    """The contract, as tests."""

    async def want(self, store: Store, run: str, wish: Wish) -> None:
        """Ask a run for something, as another process would."""
        raise NotImplementedError

    def test_a_wish_is_told_at_the_next_heartbeat_and_never_again(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            assert await store.beat(Beat(run.id, Progress())) is None
            await self.want(store, run.id, "pause")
            assert await store.beat(Beat(run.id, Progress())) == "pause"
            assert await store.beat(Beat(run.id, Progress())) is None
            await self.want(store, run.id, "pause")
            assert await store.beat(Beat(run.id, Progress())) == "pause"

        self.with_run(test)

    def test_what_is_asked_last_counts(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await self.want(store, run.id, "pause")
            await self.want(store, run.id, "resume")
            assert await store.beat(Beat(run.id, Progress())) == "resume"

        self.with_run(test)

    def test_a_stop_stands_whatever_is_asked_after_it(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await self.want(store, run.id, "stop")
            await self.want(store, run.id, "pause")
            assert await store.beat(Beat(run.id, Progress())) == "stop"

        self.with_run(test)

    def test_one_run_is_not_told_what_is_asked_of_another(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            other = await store.open_run(OPENING)
            await self.want(store, other.id, "stop")
            assert await store.beat(Beat(run.id, Progress())) is None
            assert await store.beat(Beat(other.id, Progress())) == "stop"

        self.with_run(test)

    def test_nothing_can_be_asked_of_a_run_that_has_ended(self) -> None:
        async def test(store: Store, run: RunRecord) -> None:
            await store.beat(Beat(run.id, Progress(finished=True), "complete"))
            await self.want(store, run.id, "stop")
            assert await store.beat(Beat(run.id, Progress(finished=True), "complete")) is None

        self.with_run(test)
