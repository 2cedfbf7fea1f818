"""Who holds a claim: several processes at one store, dead ones, silent ones, and runs of one process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Go, Held, Ticket, Unsettled
from manyeyes.store.owner import GRACE, LEASE, holds, new_owner
from manyeyes.store.sql import SqlStore
from manyeyes.store.tables import claims, intents, runs
from manyeyes.store.values import Beat
from source_files import ROOT
from store_samples import ANSWER, OPENING, bought, key, purchase

#: Another process that begins to buy picture 1 and then waits to be killed.
BUYER = """
import asyncio, sys
from manyeyes.model.ticket import Ticket
from manyeyes.store.sql import SqlStore
from store_samples import OPENING, purchase

async def main():
    async with SqlStore(sys.argv[1]) as store:
        run = await store.open_run(OPENING)
        begun = await store.begin(purchase(run, 1))
        await store.keep_ticket(Ticket(begun.intent, "r8_1"))
        print(begun.intent.id, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


def begin_elsewhere(url: str) -> tuple[subprocess.Popen[str], str]:
    """Another process that is buying picture 1, and the id of its intent."""
    process = subprocess.Popen(
        [sys.executable, "-c", BUYER, url],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


# Several at one store


def test_of_two_stores_exactly_one_may_buy_and_the_other_gets_its_answer(url: str) -> None:
    async def main() -> None:
        async with SqlStore(url) as one, SqlStore(url) as other:
            first = await one.open_run(OPENING)
            second = await other.open_run(OPENING)
            begun = await asyncio.gather(one.begin(purchase(first, 1)), other.begin(purchase(second, 1)))
            assert sorted(type(what).__name__ for what in begun) == ["Go", "Held"]
            buyer, run, waiting, its_run = (one, first, other, second)
            if isinstance(begun[1], Go):
                buyer, run, waiting, its_run = (other, second, one, first)
            await buyer.save(bought(run, 1))
            assert await waiting.begin(purchase(its_run, 1)) == ANSWER

    asyncio.run(main())


def test_many_stores_that_open_one_new_file_at_once_agree_on_who_buys(url: str) -> None:
    async def buy() -> list[int]:
        async with SqlStore(url) as store:
            run = await store.open_run(OPENING)
            begun = await asyncio.gather(*[store.begin(purchase(run, number)) for number in range(30)])
            mine = [number for number, what in enumerate(begun) if isinstance(what, Go)]
            await asyncio.gather(*[store.save(bought(run, number)) for number in mine])
            return mine

    async def main() -> list[list[int]]:
        return await asyncio.gather(*[buy() for _ in range(8)])

    shares = asyncio.run(main())
    assert sorted(number for share in shares for number in share) == list(range(30))


def test_whoever_does_not_hold_a_claim_cannot_give_it_up(url: str) -> None:
    async def main() -> None:
        async with SqlStore(url) as one, SqlStore(url) as other:
            first = await one.open_run(OPENING)
            second = await other.open_run(OPENING)
            await one.begin(purchase(first, 1))
            await other.let_go(key(1), unsure=True)
            await other.beat(Beat(second.id, Progress(finished=True), "complete"))
            assert await other.begin(purchase(second, 1)) == Held()

    asyncio.run(main())


def test_a_store_that_is_left_gives_up_its_claims_and_closes_its_runs(url: str) -> None:
    async def main() -> None:
        async with SqlStore(url) as other:
            async with SqlStore(url) as one:
                first = await one.open_run(OPENING)
                begun = await one.begin(purchase(first, 1))
                assert isinstance(begun, Go)
            second = await other.open_run(OPENING)
            again = await other.begin(purchase(second, 1))
            assert isinstance(again, Unsettled)
            assert again.left == ((begun.intent, None),)
            assert await other.carry_out(states) == {first.id: "interrupted", second.id: "running"}

    asyncio.run(main())


def states(connection: Connection) -> dict[str, str]:
    return {row.id: row.state for row in connection.execute(select(runs.c.id, runs.c.state))}


# Dead processes


def test_a_killed_process_holds_nothing_and_its_tickets_are_taken_over_at_once(url: str) -> None:
    process, intent = begin_elsewhere(url)

    async def main() -> None:
        async with SqlStore(url) as store:
            run = await store.open_run(OPENING)
            assert await store.begin(purchase(run, 1)) == Held()
            kill(process)
            begun = await store.begin(purchase(run, 1))
            assert isinstance(begun, Unsettled)
            ((left, ticket),) = begun.left
            assert left.id == intent
            assert ticket == Ticket(left, "r8_1", check_after=0)

    with process:
        asyncio.run(main())


def test_a_killed_process_that_nobody_has_buried_is_dead_all_the_same() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    owner = _owner_of(process.pid)
    assert holds(owner, time.time() + LEASE, time.time())
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not holds(owner, time.time() + LEASE, time.time())
    process.wait()
    assert not holds(owner, time.time() + LEASE, time.time())


def _owner_of(pid: int) -> str:
    """What `new_owner` would have said in that process."""
    from manyeyes.store import owner

    machine, *_ = new_owner().rsplit(":", 3)
    return f"{machine}:{pid}:{owner._birth(pid)}:ab"


# Leases


def test_a_living_process_of_this_machine_keeps_its_claims_while_the_machine_slept() -> None:
    mine, now = new_owner(), time.time()
    assert holds(mine, now - 1, now)
    assert holds(mine, now - GRACE + 1, now)
    assert not holds(mine, now - GRACE - 1, now)


def test_a_process_that_got_the_id_of_a_dead_one_holds_nothing() -> None:
    machine, pid, birth, token = new_owner().rsplit(":", 3)
    if birth == "":
        pytest.skip("this system does not tell when a process began")
    assert not holds(f"{machine}:{pid}:1{birth}:{token}", time.time() + LEASE, time.time())


def test_an_owner_elsewhere_holds_until_its_lease_runs_out() -> None:
    elsewhere = f"other-machine/boot/1:{os.getpid()}:1:ab"
    now = time.time()
    assert holds(elsewhere, now + 1, now)
    assert not holds(elsewhere, now - 1, now)


def test_two_owners_of_one_process_are_told_apart() -> None:
    assert new_owner() != new_owner()


def expire(connection: Connection) -> None:
    """As if a minute and an hour had passed without a heartbeat."""
    connection.execute(update(claims).values(expires=time.time() - GRACE - 1))


def test_a_claim_that_is_not_renewed_runs_out_and_one_that_is_holds_on(url: str) -> None:
    async def main() -> None:
        async with SqlStore(url) as one, SqlStore(url) as other:
            first = await one.open_run(OPENING)
            second = await other.open_run(OPENING)
            await one.begin(purchase(first, 1))
            await one.carry_out(expire)
            assert await one.renew(first.id) == {key(1)}
            assert await other.begin(purchase(second, 1)) == Held()
            await one.carry_out(expire)
            assert isinstance(await other.begin(purchase(second, 1)), Unsettled)
            # The first comes back too late, and hears of it; the claim is no longer its own to give up.
            assert await one.renew(first.id) == set()
            await one.let_go(key(1), unsure=True)
            assert await one.begin(purchase(first, 1)) == Held()

    asyncio.run(main())


def test_who_answers_after_its_claim_was_taken_over_leaves_open_what_the_other_began(url: str) -> None:
    async def main() -> None:
        async with SqlStore(url) as one, SqlStore(url) as other:
            first = await one.open_run(OPENING)
            second = await other.open_run(OPENING)
            await one.begin(purchase(first, 1))
            await one.carry_out(expire)
            taken_over = await other.begin(purchase(second, 1))
            assert isinstance(taken_over, Unsettled)
            await one.save(bought(first, 1))
            assert taken_over.intent.id in await other.carry_out(open_intents)
            await other.save(bought(second, 1))
            assert await other.carry_out(open_intents) == set()

    asyncio.run(main())


def open_intents(connection: Connection) -> set[str]:
    return {row.id for row in connection.execute(select(intents.c.id).where(~intents.c.closed))}


def test_a_run_that_died_in_a_living_process_holds_no_longer_than_its_lease(url: str) -> None:
    async def main() -> None:
        async with SqlStore(url) as store:
            first = await store.open_run(OPENING)
            second = await store.open_run(OPENING)
            await store.begin(purchase(first, 1))
            assert await store.renew(second.id) == set()
            assert await store.begin(purchase(second, 1)) == Held()
            await store.carry_out(lambda c: c.execute(update(claims).values(expires=time.time() - 1)))
            assert isinstance(await store.begin(purchase(second, 1)), Unsettled)

    asyncio.run(main())


def test_a_heartbeat_tells_others_of_news_and_hears_what_they_want(url: str) -> None:
    async def main() -> None:
        async with SqlStore(url) as store:
            run = await store.open_run(OPENING)
            other = await store.open_run(OPENING)
            await store.carry_out(
                lambda c: c.execute(update(runs).where(runs.c.id == run.id).values(wanted="pause"))
            )
            heard = await asyncio.gather(
                store.beat(Beat(run.id, Progress(current=3, total=9))), store.beat(Beat(other.id, Progress()))
            )
            assert tuple(heard) == ("pause", None)
            row = await store.carry_out(lambda c: c.execute(select(runs).where(runs.c.id == run.id)).one())
            assert (row.seq, row.state, row.ended) == (1, "running", None)
            assert '"current": 3' in row.progress
            await store.beat(Beat(run.id, Progress(finished=True, stopped="no credit"), "stopped"))
            row = await store.carry_out(lambda c: c.execute(select(runs).where(runs.c.id == run.id)).one())
            assert (row.seq, row.state, row.stopped) == (2, "stopped", "no credit")
            assert row.ended >= row.started

    asyncio.run(main())
