"""Gets the answer for one picture: the one already bought where there is one, otherwise a new one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from manyeyes.engine.job import Job, Left, Tally
from manyeyes.engine.seams import Parts
from manyeyes.model.ask import Reply
from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    Broken,
    OutOfTime,
    Overloaded,
    Pushback,
    RateLimited,
    Refused,
    Untraceable,
)
from manyeyes.model.ticket import Intent, Ticket
from manyeyes.pacing.limit import Ending, FixedLimit
from manyeyes.pacing.limiter import Limiter, Permit
from manyeyes.pacing.quota import Quota
from manyeyes.pacing.retry import LISTED_AFTER, named_wait

#: Looks at work under way, and searches for it, that may be going on at once.
LOOKS_AT_ONCE = 64
#: Seconds between looks that the provider finds too many, where it names no wait.
LOOK_AGAIN = 1.0

T = TypeVar("T")
S = TypeVar("S")


class Attempt:
    """An attempt under way: what is known of its purchases from moment to moment."""

    def __init__(self, job: Job) -> None:
        self.job = job
        #: What may have been bought and is not settled.
        self.left: Left = job.left
        #: The work that is waited for, to be cancelled if time runs out.
        self.ticket: Ticket | None = None
        #: The last create broke off without any response.
        self.unheard = job.unheard
        self.tries = job.tally.attempts
        self.usage = job.tally.usage
        self.possibly_paid_twice = job.tally.possibly_paid_twice
        self.sent_bytes = job.tally.sent_bytes

    def job_after(self, seconds: float) -> Job:
        """The job once this attempt has ended, which took so long."""
        job, spent = self.job, self.job.tally.seconds + seconds
        return Job(
            job.picture,
            job.prepared,
            job.ask,
            job.intent,
            self.left,
            job.rounds,
            job.reasks,
            Tally(self.tries, spent, self.usage, self.possibly_paid_twice, self.sent_bytes),
            job.given_up,
            self.unheard,
            intended_at=job.intended_at,
        )


class Buying:
    """Finds, buys and follows answers; notes in the attempt what each step may have cost."""

    def __init__(self, parts: Parts) -> None:
        self._analyzer = parts.analyzer
        self._traits = parts.analyzer.traits
        self._store = parts.store
        per_minute = self._traits.checks_per_minute
        quota = None if per_minute is None else Quota.per_minute(per_minute, LOOKS_AT_ONCE)
        self._looks = Limiter(FixedLimit(LOOKS_AT_ONCE), quota)

    def size_sent(self, job: Job) -> int:
        """Bytes of a job's picture on the line, in base64: four for each three; 0 where it stays here."""
        return -(-len(job.prepared.data) // 3) * 4 if self._traits.base_url else 0

    async def reply(self, attempt: Attempt, permit: Permit) -> Reply | None:
        """The answer, from wherever it comes; None where none was bought and no more may be.

        Raises AnalyzerErrors and StoreError.
        """
        try:
            reply = await self._find(attempt) if attempt.left else None
            if reply is None and attempt.job.given_up is None:
                reply = await self._buy(attempt, permit)
        except AnalyzerError as error:
            if error.ended or isinstance(error, Refused):
                attempt.left = ()
            raise
        if reply is not None:
            attempt.left = ()
            attempt.usage += reply.usage
        return reply

    async def _buy(self, attempt: Attempt, permit: Permit) -> Reply:
        step = await self._start(attempt, permit)
        permit.heard(step.allowance)
        return step if isinstance(step, Reply) else await self._follow(attempt, step)

    async def _start(self, attempt: Attempt, permit: Permit) -> Reply | Ticket:
        job = attempt.job
        attempt.sent_bytes += self.size_sent(job)
        if self._traits.paid:
            # Should the connection break, nobody knows whether it was bought.
            attempt.left, attempt.unheard = ((job.intent, None),), False
        attempt.tries += 1
        try:
            return await self._analyzer.start(job.prepared, job.ask, job.intent)
        except Pushback as pushback:
            attempt.left = ()
            attempt.tries -= named_wait(pushback) is not None
            permit.pushed_back(pushback)
            raise
        except AccessDenied:
            attempt.left = ()
            raise
        except Broken as broken:
            attempt.unheard = not broken.heard
            raise

    async def _follow(self, attempt: Attempt, ticket: Ticket) -> Reply:
        """The answer to work that has begun, looked at until it is there."""
        if self._traits.paid and (ticket.intent, ticket) not in attempt.left:
            attempt.left = tuple(
                (intent, ticket if intent == ticket.intent else before) for intent, before in attempt.left
            )
            await self._store.keep_ticket(ticket)
        while True:
            attempt.ticket = ticket
            await asyncio.sleep(ticket.check_after)
            step = await self._look(self._analyzer.check, ticket)
            if isinstance(step, Reply):
                return step
            ticket = step

    async def _look(self, look: Callable[[S], Awaitable[T]], what: S) -> T:
        """What `look` tells of `what`, under a quota of its own: work goes on whether we look or not."""
        while True:
            permit = await self._looks.acquire()
            try:
                return await look(what)
            except RateLimited as pushback:
                self._looks.cool_down(named_wait(pushback) or LOOK_AGAIN)
            finally:
                permit.release(Ending.SAYS_NOTHING)

    async def _find(self, attempt: Attempt) -> Reply | None:
        """What earlier creates came to; None where they brought nothing, or nobody can know."""
        unknown = 0
        for intent, ticket in attempt.job.left:
            try:
                reply = await self._found(attempt, intent, ticket)
            except Untraceable:
                unknown += 1
                continue
            if reply is not None:
                attempt.tries = max(1, attempt.tries)
                return reply
        attempt.left, attempt.unheard = (), False
        attempt.possibly_paid_twice += unknown
        return None

    async def _found(self, attempt: Attempt, intent: Intent, ticket: Ticket | None) -> Reply | None:
        if intent.payer != self._traits.payer:
            raise Untraceable("Another account was to pay for this, and only that one can look for it.")
        if ticket is not None:
            try:
                return await self._followed(attempt, ticket)
            except (Broken, Overloaded):
                pass  # Only the line broke, or the ticket is forgotten: `find` knows.
        found = await self._look(self._analyzer.find, intent)
        if found is None and attempt.unheard:
            await asyncio.sleep(LISTED_AFTER)
            found = await self._look(self._analyzer.find, intent)
        return await self._followed(attempt, found) if isinstance(found, Ticket) else found

    async def _followed(self, attempt: Attempt, ticket: Ticket) -> Reply | None:
        """The answer to work that an earlier attempt began; None where it has ended without one."""
        try:
            return await self._follow(attempt, ticket)
        except (Broken, Overloaded, OutOfTime) as error:
            if error.ended or isinstance(error, OutOfTime):
                return None
            raise
