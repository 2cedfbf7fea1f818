"""An analyzer that says what it was told to say: for tests, ours and yours."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Literal

from manyeyes.analyzers.base import Traits
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import AccessDenied, AnalyzerError, Broken
from manyeyes.model.image import Preparation, PreparedImage
from manyeyes.model.ticket import Intent, Ticket


@dataclass(frozen=True, slots=True)
class After:
    """A step that takes `seconds` of its own; with `ticket`, the picture gets a Ticket at once."""

    seconds: float
    step: Reply | str | AnalyzerError
    ticket: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """A purchase whose answer gets lost on the way: `start` raises Broken, `find` gives the answer."""

    step: Reply | str


Step = Reply | str | AnalyzerError | After | Lost
Steps = Step | Iterable[Step]

#: Traits of a free analyzer that takes small JPEGs.
SCRIPTED = Traits("scripted", "scripted", "", Preparation(longest_edge=768), paid=False)


@dataclass(frozen=True, slots=True)
class Called:
    """One call that an analyzer received."""

    method: Literal["start", "check", "find", "cancel"]
    #: The picture's name; of a call without a picture, the name that its intent was started with.
    name: str
    intent: Intent
    #: Seconds of the loop's clock.
    at: float
    #: Only of a start.
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class _Work:
    """What was bought for an intent and when it is done."""

    step: Reply | AnalyzerError
    done_at: float


class Scripted:
    """Answers each picture with the steps its script names, one for each start.

    The script is a mapping from picture name (`"*"` for any other) or one sequence in order of the
    starts. A step is a Reply or its text, an error to raise, `After` or `Lost`; one step that stands
    alone is repeated for ever, a list is used up. A start that the script says nothing of raises
    AccessDenied. `calls` holds every call received.
    """

    def __init__(
        self,
        script: Mapping[str, Steps] | Steps,
        *,
        seconds: float = 0.0,
        traits: Traits = SCRIPTED,
    ) -> None:
        self._by_name = (
            {name: _copied(steps) for name, steps in script.items()} if isinstance(script, Mapping) else {}
        )
        self._in_order = None if isinstance(script, Mapping) else _copied(script)
        self._seconds = seconds
        self._traits = traits
        self._work: dict[str, _Work] = {}
        self._names: dict[str, str] = {}
        self.calls: list[Called] = []

    @property
    def traits(self) -> Traits:
        """Those it was made with."""
        return self._traits

    async def __aenter__(self) -> Scripted:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        """The picture's next step."""
        self._names[intent.id] = image.ref.name
        self._note("start", intent, ask)
        step = self._next(image.ref.name)
        lost, by_ticket, seconds = isinstance(step, Lost), False, self._seconds
        if isinstance(step, After):
            by_ticket, seconds = step.ticket, step.seconds
        ending = _ending(step)
        now = asyncio.get_running_loop().time()
        if by_ticket or isinstance(ending, Reply):
            # From here on it is bought, whatever becomes of this call.
            self._work[intent.id] = _Work(ending, now + seconds)
        if by_ticket:
            return Ticket(intent, intent.id, seconds)
        await asyncio.sleep(seconds)
        if lost:
            raise Broken(f"The answer for {image.ref.name!r} was lost on the way.")
        return _given(ending)

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """The answer once its seconds are over; until then the ticket."""
        self._note("check", ticket.intent)
        found = self._look(ticket.intent)
        if found is None:
            raise Broken(f"Nothing is known of ticket {ticket.id}.")
        return found

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        """What was bought for `intent`, also where the answer was lost."""
        self._note("find", intent)
        work = self._work.get(intent.id)
        return None if work is not None and isinstance(work.step, AnalyzerError) else self._look(intent)

    async def cancel(self, ticket: Ticket) -> None:
        """Forgets the work."""
        self._note("cancel", ticket.intent)
        self._work.pop(ticket.intent.id, None)

    def has_work(self, intent: Intent) -> bool:
        """Whether something was bought for `intent` that comes, or came, to an answer."""
        work = self._work.get(intent.id)
        return work is not None and not isinstance(work.step, AnalyzerError)

    def _look(self, intent: Intent) -> Reply | Ticket | None:
        work = self._work.get(intent.id)
        if work is None:
            return None
        left = work.done_at - asyncio.get_running_loop().time()
        return Ticket(intent, intent.id, left) if left > 0 else _given(work.step, ended=True)

    def _next(self, name: str) -> Step:
        steps = (
            self._in_order if self._in_order is not None else self._by_name.get(name, self._by_name.get("*"))
        )
        if isinstance(steps, deque):
            steps = steps.popleft() if steps else None
        if steps is None:
            raise AccessDenied(f"The script says nothing, or nothing more, of {name!r}: add a step to it.")
        return steps

    def _note(
        self, method: Literal["start", "check", "find", "cancel"], intent: Intent, ask: Ask | None = None
    ) -> None:
        now = asyncio.get_running_loop().time()
        self.calls.append(Called(method, self._names.get(intent.id, ""), intent, now, ask))


def _copied(steps: Steps) -> Step | deque[Step]:
    return steps if isinstance(steps, Reply | str | AnalyzerError | After | Lost) else deque(steps)


def _ending(step: Step) -> Reply | AnalyzerError:
    inner = step.step if isinstance(step, After | Lost) else step
    return Reply(inner) if isinstance(inner, str) else inner


def _given(ending: Reply | AnalyzerError, *, ended: bool = False) -> Reply:
    if isinstance(ending, AnalyzerError):
        # A step may be repeated, and an error that is raised twice drags its first history along.
        error = copy(ending)
        error.ended = error.ended or ended
        raise error
    return ending
