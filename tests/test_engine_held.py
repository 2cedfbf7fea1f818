"""Another run buys the same answer at the same time: whoever holds the claim buys, the others wait."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping

from engine_world import DRESS, PAID, Album, Told, analyzed, failure, plan_for, starts, success
from manyeyes.analyzers.scripted import Scripted
from manyeyes.engine.run import Run
from manyeyes.lab import virtual_time
from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.errors import Overloaded
from manyeyes.model.event import Ended, Waiting
from manyeyes.model.image import ImageRef, Original
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.ticket import Key
from manyeyes.store.memory import MemoryStore
from manyeyes.store.values import Begun, Purchase

SHA256 = hashlib.sha256(b"picture").hexdigest()
KEY = Key(SHA256, plan_for(PAID).recipe.digest)
ALBUM = Album({"0": "picture"})


class Held(MemoryStore):
    """Someone else holds the claim on the answer to `picture`."""

    def __init__(self) -> None:
        super().__init__()
        self.claims[KEY] = "someone else"
        self.asked = 0

    async def begin(self, purchase: Purchase) -> Begun:
        self.asked += 1
        return await super().begin(purchase)

    def give_up(self) -> None:
        del self.claims[KEY]

    def answer(self, end: Answer | NoAnswer) -> None:
        self._keep(KEY, end)
        self.give_up()


def meanwhile(
    after: float, act: Callable[[Held], None], *, pictures: Album = ALBUM, stop_after: float | None = None
) -> tuple[Told, Scripted, Held]:
    """A run that finds the claim held; after some seconds the other one does something."""

    async def main() -> tuple[Told, Scripted, Held]:
        store, script = Held(), Scripted(DRESS, seconds=3.0, traits=PAID)

        def begin(run: Run) -> None:
            loop = asyncio.get_running_loop()
            loop.call_later(after, act, store)
            if stop_after is not None:
                loop.call_later(stop_after, run.stop, "asked to")

        return await analyzed(pictures, script, store=store, meanwhile=begin), script, store

    return virtual_time.run(main())


def test_the_others_answer_is_used_as_soon_as_it_is_there() -> None:
    told, script, _ = meanwhile(10.2, lambda store: store.answer(Answer(StyleDescriptor("dress"), DRESS)))
    assert starts(script) == []
    assert success(told.outcomes[0]).reused
    assert told.progress.elapsed == 10.5


def test_the_others_final_no_holds_for_us_too() -> None:
    told, script, _ = meanwhile(10.2, lambda store: store.answer(NoAnswer("refused", "declined")))
    assert starts(script) == []
    assert failure(told.outcomes[0]).message == "declined"


def test_where_the_other_gives_up_we_buy() -> None:
    told, script, store = meanwhile(10.2, Held.give_up)
    assert starts(script) == ["0"]
    assert told.progress.elapsed == 13.5
    assert store.claims == {}


def test_copies_wait_with_the_first() -> None:
    pictures = Album({"0": "picture", "1": "another", "2": "picture"})
    told, script, _ = meanwhile(10.2, Held.give_up, pictures=pictures)
    assert starts(script) == ["1", "0"]
    assert (told.progress.analyzed, told.progress.reused) == (3, 1)


def test_a_stop_does_not_wait_for_the_other() -> None:
    told, script, store = meanwhile(1000.0, Held.give_up, stop_after=7.1)
    assert told.report.stopped == "asked to"
    assert told.progress.elapsed == 7.1
    assert starts(script) == []
    # The claim is still the other's.
    assert store.claims == {KEY: "someone else"}


def test_pictures_that_wait_for_another_run_hold_nobody_up() -> None:
    pictures = Album({"0": "picture"} | {str(number): f"other {number}" for number in range(1, 30)})
    told, script, _ = meanwhile(1000.2, Held.give_up, pictures=pictures)
    assert starts(script) == [*map(str, range(1, 30)), "0"]
    ended = [event.at for event, _ in told.events if isinstance(event, Ended)]
    # 29 others, five at once, and long after them the one that was held.
    assert ended[-2:] == [18.0, 1003.5]


def test_a_long_wait_for_another_run_is_told_once() -> None:
    told, _, _ = meanwhile(60.2, Held.give_up)
    assert [event for event, _ in told.events if isinstance(event, Waiting)] == [
        Waiting(1, "another run", 10.0)
    ]


def test_a_short_wait_for_another_run_is_no_news() -> None:
    told, _, _ = meanwhile(9.2, Held.give_up)
    assert not any(isinstance(event, Waiting) for event, _ in told.events)


class Changing(Album):
    """The first picture has other bytes when it is read a second time."""

    def __init__(self, pictures: Mapping[str, str]) -> None:
        super().__init__(pictures)
        self.reads: list[str] = []

    async def read(self, image: ImageRef) -> Original:
        self.reads.append(image.name)
        if self.reads.count("0") == 2 and image.name == "0":
            return Original(image, b"new", hashlib.sha256(b"new").hexdigest())
        return await super().read(image)


def test_a_copy_takes_the_place_of_a_picture_that_changed_while_it_waited() -> None:
    pictures = Changing({"0": "picture", "1": "picture", "2": "picture"})
    told, script, store = meanwhile(10.2, Held.give_up, pictures=pictures)
    assert failure(told.outcomes[0]).message == "'0' was changed during the run: run again"
    assert [success(outcome).reused for outcome in told.outcomes[1:]] == [False, True]
    assert starts(script) == ["1"]
    assert store.claims == {}


class TakenOver(MemoryStore):
    """Once a picture waits to be tried again, another run takes its claim over: the machine has slept."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = False

    def renewed_lately(self, run: str) -> bool:
        return not self.slept

    async def renew(self, run: str) -> frozenset[Key]:
        self.slept = False
        self.claims[KEY] = "someone else"
        return await super().renew(run)


def after_sleep(act: Callable[[TakenOver], None]) -> tuple[Told, Scripted, TakenOver]:
    """A run whose only picture is to be tried again; meanwhile another run has taken its claim over, and
    does something with it 5 s later."""

    async def main() -> tuple[Told, Scripted, TakenOver]:
        store = TakenOver()
        script = Scripted([Overloaded("slower", retry_after=20.0), DRESS], traits=PAID)

        def begin(_: Run) -> None:
            loop = asyncio.get_running_loop()
            loop.call_later(10.0, setattr, store, "slept", True)
            loop.call_later(25.0, act, store)

        return await analyzed(ALBUM, script, store=store, meanwhile=begin), script, store

    return virtual_time.run(main())


def test_nothing_is_bought_under_a_claim_that_was_taken_over_while_the_machine_slept() -> None:
    def answer(store: TakenOver) -> None:
        store._keep(KEY, Answer(StyleDescriptor("dress"), DRESS))
        del store.claims[KEY]

    told, script, _ = after_sleep(answer)
    # The first create was refused; the answer is the other's.
    assert starts(script) == ["0"]
    outcome = success(told.outcomes[0])
    assert (outcome.reused, outcome.attempts) == (True, 0)
    assert told.progress.elapsed == 25.0


def test_a_claim_that_was_taken_over_and_given_up_is_ours_again() -> None:
    told, script, store = after_sleep(lambda store: store.claims.clear())
    assert starts(script) == ["0", "0"]
    assert success(told.outcomes[0]).attempts == 1
    assert (store.claims, store.open) == ({}, {})


def test_a_picture_that_changed_while_it_waited_is_not_answered_by_its_old_bytes() -> None:
    told, script, store = meanwhile(10.2, Held.give_up, pictures=Changing({"0": "picture"}))
    assert failure(told.outcomes[0]).message == "'0' was changed during the run: run again"
    assert starts(script) == []
    assert store.claims == {}
    assert store.open == {}


def test_the_version_that_was_read_is_the_one_that_is_kept() -> None:
    class Touched(Album):
        async def read(self, image: ImageRef) -> Original:
            original = await super().read(image)
            newer = ImageRef(image.name, image.locator, "newer", image.size)
            return Original(newer, original.data, original.sha256)

    async def main() -> None:
        told = await analyzed(Touched({"0": "picture"}), Scripted(DRESS))
        assert told.outcomes[0].image.version == "newer"

    virtual_time.run(main())
