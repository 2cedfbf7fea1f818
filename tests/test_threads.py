"""Work for a core runs off the event loop, so many at once and no more, and survives being cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from manyeyes.imaging.threads import Decoders, cores


class Gate:
    """Holds threads until it is opened, and counts how many stood before it at once."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.arrived = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0
        self.passed = 0

    def enter(self, answer: int) -> int:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        self.arrived.release()
        assert self.opened.wait(20)
        with self._lock:
            self._inside -= 1
            self.passed += 1
        return answer


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


async def _has_arrived(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.arrived.acquire, timeout=20)


def test_results_and_errors_come_back() -> None:
    async def main() -> tuple[int, str]:
        async with Decoders() as threads:
            with pytest.raises(ZeroDivisionError):
                await threads.run(divmod, 1, 0)
            return await threads.run(max, 3, 5), await threads.run("{:{}}".format, 7, "03")

    assert asyncio.run(main()) == (5, "007")


def test_it_runs_off_the_event_loop() -> None:
    async def main() -> threading.Thread:
        async with Decoders(1) as threads:
            return await threads.run(threading.current_thread)

    thread = asyncio.run(main())
    assert thread is not threading.main_thread()
    assert not thread.is_alive()


def test_no_more_run_at_once_than_there_are_threads(gate: Gate) -> None:
    async def main() -> list[int]:
        async with Decoders(2) as threads:
            tasks = [asyncio.create_task(threads.run(gate.enter, n)) for n in range(8)]
            await _has_arrived(gate)
            await _has_arrived(gate)
            gate.opened.set()
            return await asyncio.gather(*tasks)

    assert asyncio.run(main()) == list(range(8))
    assert gate.most == 2


def test_as_many_as_there_are_cores_unless_told() -> None:
    gates = cores()
    barrier = threading.Barrier(gates)

    async def main() -> list[int]:
        async with Decoders() as threads:
            # All meet at the barrier, or it breaks.
            return await asyncio.gather(*(threads.run(barrier.wait, 20) for _ in range(gates)))

    assert sorted(asyncio.run(main())) == list(range(gates))


def test_what_waits_for_a_thread_never_starts_once_it_is_cancelled(gate: Gate) -> None:
    async def main() -> int:
        async with Decoders(1) as threads:
            first = asyncio.create_task(threads.run(gate.enter, 1))
            await _has_arrived(gate)
            waiting = asyncio.create_task(threads.run(gate.enter, 2))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            gate.opened.set()
            return await first

    assert asyncio.run(main()) == 1
    assert gate.passed == 1


def test_cancelling_what_runs_leaves_the_threads_usable_and_says_nothing(gate: Gate) -> None:
    complaints: list[object] = []

    def fail() -> None:
        gate.enter(0)
        raise ValueError("nobody listens any more")

    async def main() -> int:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with Decoders(1) as threads:
            task = asyncio.create_task(threads.run(fail))
            await _has_arrived(gate)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            gate.opened.set()
            return await threads.run(max, 1, 2)

    assert asyncio.run(main()) == 2
    assert complaints == []


def test_leaving_waits_for_what_is_running(gate: Gate) -> None:
    async def main() -> None:
        threads = await Decoders(1).__aenter__()
        task = asyncio.create_task(threads.run(gate.enter, 1))
        await _has_arrived(gate)
        leaving = asyncio.create_task(threads.__aexit__())
        await asyncio.sleep(0)
        assert not leaving.done()
        gate.opened.set()
        await leaving
        assert gate.passed == 1
        assert await task == 1

    asyncio.run(main())


def test_it_is_entered_before_it_is_used() -> None:
    with pytest.raises(AssertionError, match="async with"):
        asyncio.run(Decoders().run(max, 1, 2))
