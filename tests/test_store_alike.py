"""Whatever runs ask for, in whatever order: the store in memory and the one in a database say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from hypothesis import given, settings
from hypothesis import strategies as st

from manyeyes.engine.seams import Store
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Go, Held, Intent, Ticket, Unsettled
from manyeyes.store.memory import MemoryStore
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Beat, Begun, Result, RunRecord
from store_samples import (
    ANSWER,
    EVER,
    OPENING,
    RECIPE,
    bought,
    failed,
    key,
    picture,
    purchase,
    refused,
)


@dataclass(frozen=True, slots=True)
class Begin:
    """A run asks leave to buy; `afresh` lets no earlier answer count, `again` no earlier no."""

    run: int
    number: int
    afresh: bool
    again: bool


@dataclass(frozen=True, slots=True)
class Act:
    """Whoever may buy this answer does something about it."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class End:
    """A run ends, and another begins in its place."""

    run: int


Deed = Begin | Act | End

RUNS, NUMBERS = range(2), range(3)
deeds = st.lists(
    st.one_of(
        st.builds(Begin, st.sampled_from(RUNS), st.sampled_from(NUMBERS), st.booleans(), st.booleans()),
        st.builds(
            Act,
            st.sampled_from(NUMBERS),
            st.sampled_from(["again", "ticket", "answer", "no", "fail", "unsure", "go", "go unsure"]),
        ),
        st.builds(End, st.sampled_from(RUNS)),
    ),
    max_size=30,
)


@dataclass(slots=True)
class Life:
    """Carries deeds out on a store, and tells what it said, ids replaced by the order they came in."""

    store: Store
    runs: list[RunRecord] = field(default_factory=list)
    #: Who may buy what, and under which intent.
    buying: dict[int, tuple[int, Intent]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    async def live(self, deeds: Sequence[Deed]) -> list[object]:
        self.runs = [await self._open() for _ in RUNS]
        return [await self._do(deed) for deed in deeds]

    async def _open(self) -> RunRecord:
        return await self.store.open_run(OPENING)

    async def _do(self, deed: Deed) -> object:
        match deed:
            case Begin():
                return await self._begin(deed)
            case Act():
                await self._act(deed)
            case End(run=index):
                await self.store.beat(Beat(self.runs[index].id, Progress(finished=True), "complete"))
                self.buying = {number: held for number, held in self.buying.items() if held[0] != index}
                self.runs[index] = await self._open()
            case _:
                assert_never(deed)
        portfolio, pictures = self.runs[0].portfolio, [picture(number) for number in NUMBERS]
        return await self.store.known(portfolio, pictures, RECIPE.digest, EVER)

    async def _begin(self, deed: Begin) -> object:
        run = self.runs[deed.run]
        asked = purchase(
            run,
            deed.number,
            answers_from=run.opened if deed.afresh else 0.0,
            noes_from=run.opened if deed.again or deed.afresh else 0.0,
        )
        begun = await self.store.begin(asked)
        if isinstance(begun, Go | Unsettled):
            self.buying[deed.number] = deed.run, begun.intent
        return self._told(begun)

    def _told(self, begun: Begun) -> object:
        match begun:
            case Go(intent=intent):
                return "go", self._order(intent)
            case Unsettled(intent=intent, left=left):
                before = [(self._order(old), None if ticket is None else ticket.id) for old, ticket in left]
                return "unsettled", self._order(intent), before
            case Held() | Answer() | NoAnswer():
                return begun
            case _:
                assert_never(begun)

    def _order(self, intent: Intent) -> int:
        if intent.id not in self.seen:
            self.seen.append(intent.id)
        return self.seen.index(intent.id)

    async def _act(self, deed: Act) -> None:
        if deed.number not in self.buying:
            return
        index, intent = self.buying[deed.number]
        run, number = self.runs[index], deed.number
        match deed.what:
            case "again":
                self.buying[number] = index, await self.store.begin_again(purchase(run, number))
                return
            case "ticket":
                await self.store.keep_ticket(Ticket(intent, f"r8_{self._order(intent)}"))
                return
            case "answer":
                await self.store.save(bought(run, number, replace(ANSWER, raw=str(self._order(intent)))))
            case "no":
                await self.store.save(refused(run, number))
            case "fail" | "unsure":
                await self.store.save(
                    Result(run, failed(run, number), key(number), unsure=deed.what == "unsure")
                )
            case "go" | "go unsure":
                await self.store.let_go(key(number), unsure=deed.what == "go unsure")
        del self.buying[number]


async def lived(store: MemoryStore | SqlStore, deeds: Sequence[Deed]) -> list[object]:
    async with store:
        return await Life(store).live(deeds)


@given(deeds)
@settings(deadline=None)
def test_both_stores_say_the_same(deeds: list[Deed]) -> None:
    in_memory = asyncio.run(lived(MemoryStore(), deeds))
    in_a_database = asyncio.run(lived(SqlStore("sqlite://"), deeds))
    assert in_a_database == in_memory
