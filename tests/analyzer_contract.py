"""What every analyzer must do, whatever stands behind it.

Subclass `AnalyzerContract` as `Test…` in the analyzer's own test file, and give it `opened`.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import pytest

from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.prompt import default_ask
from manyeyes.model.ask import Reply
from manyeyes.model.descriptor import StyleDescriptor, parse_descriptor
from manyeyes.model.errors import AnalyzerError, Untraceable
from manyeyes.model.image import ImageRef, Locator, PreparedImage
from manyeyes.model.ticket import Intent, Key, Ticket

ASK = default_ask()
#: A JPEG of one grey pixel would do as well: no analyzer but a local one looks at the bytes.
DATA = b"\xff\xd8\xff\xd9"
#: Seconds since the epoch: an intent of long ago could not be found again.
NOW = time.time()


def picture(number: int) -> PreparedImage:
    """A small picture with a name and a hash of its own."""
    name = f"{number}.jpg"
    ref = ImageRef(name, Locator(f"/pictures/{name}"), "1", len(DATA))
    return PreparedImage(ref, f"{number:064x}", DATA, "jpeg", 1, 1, 1, 1)


def intent(number: int) -> Intent:
    """What is about to be bought for `picture(number)`."""
    return Intent(f"{number:026d}", Key(f"{number:064x}", "ab" * 16), NOW, 30.0)


class AnalyzerContract:
    """The contract, as tests."""

    #: Virtual time where the analyzer knows no real I/O.
    run: Callable[[Coroutine[Any, Any, Any]], Any] = staticmethod(asyncio.run)
    #: Whether the service keeps a list of what was bought.
    keeps_a_list = True

    def opened(self) -> AbstractAsyncContextManager[Analyzer]:
        """An analyzer, entered on `async with`, that gives any picture a descriptor."""
        raise NotImplementedError

    def picture(self, number: int) -> PreparedImage:
        """A picture prepared as the analyzer's traits ask."""
        return picture(number)

    def test_a_picture_gets_its_descriptor_in_the_end(self) -> None:
        async def main() -> StyleDescriptor:
            async with self.opened() as analyzer:
                return parse_descriptor((await self._answered(analyzer, 1)).text)

        assert isinstance(type(self).run(main()), StyleDescriptor)

    def test_many_pictures_at_once_get_their_own_answers(self) -> None:
        async def main() -> list[Reply]:
            async with self.opened() as analyzer:
                return list(await asyncio.gather(*(self._answered(analyzer, n) for n in range(20))))

        replies = type(self).run(main())
        assert len(replies) == 20
        assert all(parse_descriptor(reply.text) for reply in replies)

    def test_a_ticket_names_the_intent_it_was_bought_for(self) -> None:
        async def main() -> Reply | Ticket:
            async with self.opened() as analyzer:
                return await analyzer.start(self.picture(7), ASK, intent(7))

        found = type(self).run(main())
        assert isinstance(found, Reply) or (found.intent == intent(7) and found.check_after >= 0)

    def test_usage_is_a_count_or_unknown(self) -> None:
        async def main() -> Reply:
            async with self.opened() as analyzer:
                return await self._answered(analyzer, 3)

        usage = type(self).run(main()).usage
        assert all(count is None or count >= 0 for count in (usage.input_tokens, usage.output_tokens))

    def test_the_traits_are_the_same_from_beginning_to_end(self) -> None:
        async def main() -> set[object]:
            async with self.opened() as analyzer:
                seen = {analyzer.traits}
                await self._answered(analyzer, 1)
                seen.add(analyzer.traits)
            return seen | {analyzer.traits}

        assert len(type(self).run(main())) == 1

    def test_an_intent_that_was_never_bought_is_not_found(self) -> None:
        async def main() -> Reply | Ticket | None:
            async with self.opened() as analyzer:
                await self._answered(analyzer, 1)
                return await analyzer.find(intent(2))

        if self.keeps_a_list:
            assert type(self).run(main()) is None
        else:
            with pytest.raises(Untraceable):
                type(self).run(main())

    def test_a_ticket_that_nobody_gave_is_an_analyzer_error(self) -> None:
        async def main() -> None:
            async with self.opened() as analyzer:
                with pytest.raises(AnalyzerError):
                    await analyzer.check(Ticket(intent(9), "nobodysticket"))

        type(self).run(main())

    def test_cancelling_what_has_ended_is_no_error(self) -> None:
        async def main() -> None:
            async with self.opened() as analyzer:
                found = await analyzer.start(self.picture(1), ASK, intent(1))
                await self._answered(analyzer, 1)
                ticket = found if isinstance(found, Ticket) else Ticket(intent(1), "ended")
                await analyzer.cancel(ticket)
                await analyzer.cancel(ticket)

        type(self).run(main())

    def test_being_cancelled_is_passed_on_and_leaves_it_usable(self) -> None:
        async def main() -> Reply:
            async with self.opened() as analyzer:
                task = asyncio.create_task(self._answered(analyzer, 1))
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                return await self._answered(analyzer, 2)

        assert isinstance(type(self).run(main()), Reply)

    def test_asking_again_is_answered_too(self) -> None:
        async def main() -> Reply:
            async with self.opened() as analyzer:
                ask, again = ASK.corrected("There is no JSON object."), replace(intent(1), id="z" * 26)
                found = await analyzer.start(self.picture(1), ask, again)
                while isinstance(found, Ticket):
                    await self.wait(found)
                    found = await analyzer.check(found)
                return found

        assert isinstance(type(self).run(main()), Reply)

    async def wait(self, ticket: Ticket) -> None:
        """Until the next look. A service in real time may be looked at sooner, to keep the tests short."""
        await asyncio.sleep(ticket.check_after)

    async def _answered(self, analyzer: Analyzer, number: int) -> Reply:
        found = await analyzer.start(self.picture(number), ASK, intent(number))
        for _ in range(100):
            if isinstance(found, Reply):
                return found
            await self.wait(found)
            found = await analyzer.check(found)
        raise AssertionError("a hundred looks and no reply")
