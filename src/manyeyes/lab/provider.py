"""The modelled provider of a scenario, as an analyzer in virtual time."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field

from manyeyes.analyzers.base import Traits
from manyeyes.lab.bound import Others
from manyeyes.lab.draws import OTHERS, Attempt, Draws
from manyeyes.lab.meter import Meter
from manyeyes.lab.scenario import Allowed, Scenario
from manyeyes.lab.workshop import Workshop
from manyeyes.model.ask import Allowance, Ask, Reply, Usage
from manyeyes.model.errors import Broken, RateLimited
from manyeyes.model.image import Preparation, PreparedImage
from manyeyes.model.ticket import Intent, Ticket

#: Nothing reads it: what a lab's answer says is decided by `Parts.parse`.
_REPLY = Reply("{}")


@dataclass(slots=True)
class Ledger:
    """What the provider saw."""

    #: When each call that was answered was sent, and when its answer came.
    sent: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    #: When calls were refused with a 429.
    refused: list[float] = field(default_factory=list)
    #: Calls that were worked on and ended in a failure, and calls that nobody waited for.
    failed: int = 0
    given_up: int = 0
    #: Calls that were let in.
    admitted: int = 0


class Provider:
    """Behaves by the numbers of a scenario; pictures are known by the number in their hash, from 1."""

    def __init__(self, scenario: Scenario, draws: Draws) -> None:
        self.ledger = Ledger()
        self.workshop = Workshop(scenario)
        self._scenario = scenario
        self._draws = draws
        self._first = draws.attempt(0)
        self._attempts = bytearray(scenario.images)
        self._refuses_when_full = scenario.when_full == "refuse"
        phases, unit = draws.phases(), scenario.tokens_a_call.mean
        self.requests = _meter(scenario.requests, phases[0], 1.0, draws, 0)
        self.tokens = _meter(scenario.tokens, phases[1], unit, draws, 1)
        self._metered = self.requests is not None or self.tokens is not None
        self._traits = Traits(
            adapter="provider of a scenario",
            model="modelled",
            base_url="",
            preparation=Preparation(longest_edge=768),
            paid=False,
            announces_quota=announces(scenario),
        )

    @property
    def traits(self) -> Traits:
        """Those of a service that costs nothing, so that no claims are taken."""
        return self._traits

    @property
    def others(self) -> Others:
        """When other clients took something of the requests, and of the tokens."""
        requests, tokens = (meter.others if meter else () for meter in (self.requests, self.tokens))
        return requests, tokens

    async def __aenter__(self) -> Provider:
        self._loop = asyncio.get_running_loop()
        self.workshop.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:  # noqa: ARG002
        """An answer when its work is done; RateLimited, or Broken, where the scenario says so."""
        picture, sent = int(image.sha256, 16) - 1, self._loop.time()
        number = self._attempts[picture]
        drawn = self._first if not number else self._draws.attempt(number)
        if self._refuses_when_full and self.workshop.is_full:
            await self._refuse("works on as many calls as it can", None, None)
        reply = await self._admitted(sent, drawn, picture) if self._metered else _REPLY
        # A byte for each picture: 255 attempts are more than any policy makes.
        self._attempts[picture] = min(number + 1, 255)
        self.ledger.admitted += 1
        await self._worked(drawn.seconds[picture])
        if drawn.fails and drawn.fails[picture]:
            self.ledger.failed += 1
            raise Broken("The modelled provider answers with an HTTP 500.", ended=True, heard=True)
        self.ledger.sent.append(sent)
        self.ledger.answered.append(self._loop.time())
        return reply

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """Knows of no tickets, since it never gives one."""
        raise Broken(f"The modelled provider knows nothing of ticket {ticket.id}.")

    async def find(self, intent: Intent) -> Reply | Ticket | None:  # noqa: ARG002
        """Nothing is ever bought here."""
        return None

    async def cancel(self, ticket: Ticket) -> None:
        """Nothing is ever left to cancel."""

    async def _worked(self, seconds: float) -> None:
        work = self.workshop.put(seconds)
        try:
            if await work.done:
                return
        except asyncio.CancelledError:
            self.workshop.abandon(work)
            raise
        self.ledger.given_up += 1
        raise Broken(f"The client waits no longer than {self._scenario.client_timeout:g} s for an answer.")

    async def _admitted(self, now: float, drawn: Attempt, picture: int) -> Reply:
        """Use up the quotas, or refuse."""
        tokens = drawn.tokens[picture] if drawn.tokens else 0
        asked = [(meter, cost) for meter, cost in ((self.requests, 1), (self.tokens, tokens)) if meter]
        closed = [meter for meter, cost in asked if meter.wait(now, cost)]
        for meter, cost in asked:
            if not closed or meter.allowed.refused_count:
                meter.take(cost)
        allowance = self._allowance()
        if closed:
            # What a refusal has used up is waited for as well.
            wait, last = max(
                ((meter.wait(now, cost), meter) for meter, cost in asked), key=lambda each: each[0]
            )
            named = max(1, math.ceil(wait - 1e-6)) if last.allowed.retry_after else None
            await self._refuse("allows no more for now", named, allowance)
        return Reply(_REPLY.text, Usage(0, tokens) if tokens else Usage(), allowance)

    def _allowance(self) -> Allowance | None:
        """What headers tell; None where they tell nothing."""
        requests, tokens = (_told(meter) for meter in (self.requests, self.tokens))
        if requests is None and tokens is None:
            return None
        return Allowance(*(requests or (None, 0.0)), *(tokens or (None, 0.0)))

    async def _refuse(self, why: str, wait: float | None, allowance: Allowance | None) -> None:
        await asyncio.sleep(self._scenario.refusal_seconds)
        self.ledger.refused.append(self._loop.time())
        raise RateLimited(f"The modelled provider {why}.", retry_after=wait, allowance=allowance)


def announces(scenario: Scenario) -> bool:
    """Whether headers tell a quota."""
    return any(allowed is not None and allowed.headers for allowed in (scenario.requests, scenario.tokens))


def _told(meter: Meter | None) -> tuple[int, float] | None:
    return meter.left() if meter is not None and meter.allowed.headers else None


def _meter(allowed: Allowed | None, phase: float, unit: float, draws: Draws, which: int) -> Meter | None:
    if allowed is None:
        return None
    return Meter(
        allowed, phase if allowed.phase is None else allowed.phase, unit, draws.stream(OTHERS + which)
    )
