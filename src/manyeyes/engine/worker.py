"""One attempt at one picture: find the answer already bought or buy one, and check it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from random import Random

from manyeyes.engine.job import Again, Job, Settled, Step
from manyeyes.engine.plan import Plan
from manyeyes.engine.seams import Parts
from manyeyes.model.ask import Reply
from manyeyes.model.errors import AccessDenied, AnalyzerError, BadReply, Broken, OutOfTime, Pushback, Refused
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.ticket import Ticket
from manyeyes.pacing.limit import Ending, FixedLimit
from manyeyes.pacing.limiter import Limiter, Permit
from manyeyes.pacing.quota import Quota
from manyeyes.store.values import Purchase

#: Status checks that may be under way at once.
CHECKS_AT_ONCE = 64
#: Seconds given to a provider to cancel what has run out of time.
CANCEL_SECONDS = 10


class _Hand:
    """An attempt under way: the job as it stands, and the ticket to cancel if time runs out."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.ticket: Ticket | None = None


class Worker:
    """Carries attempts out. It never waits between them: that is the run's to arrange."""

    def __init__(self, parts: Parts, plan: Plan, run: str) -> None:
        self._analyzer = parts.analyzer
        self._store = parts.store
        self._parse = parts.parse
        self._plan = plan
        self._run = run
        per_minute = parts.analyzer.traits.checks_per_minute
        quota = None if per_minute is None else Quota.per_minute(per_minute, CHECKS_AT_ONCE)
        self._checks = Limiter(FixedLimit(CHECKS_AT_ONCE), quota)

    async def attempt(self, job: Job, permit: Permit) -> Step:
        """One attempt, with a permit that is released on every path.

        Raises AccessDenied and StoreError, which no other picture would escape either.
        """
        hand = _Hand(job)
        began = asyncio.get_running_loop().time()
        ending = Ending.SAYS_NOTHING
        error: AnalyzerError | None = None
        try:
            async with asyncio.timeout(self._plan.deadline - job.seconds):
                reply = await self._reply(hand, permit)
            ending = Ending.ANSWERED
        except TimeoutError:
            error = await self._out_of_time(hand)
        except AccessDenied:
            raise
        except Pushback as pushback:
            permit.heard(pushback.allowance)
            ending, error = Ending.PUSHED_BACK, pushback
        except AnalyzerError as fault:
            error = fault
        finally:
            permit.release(ending)
        took = asyncio.get_running_loop().time() - began
        done = replace(hand.job, seconds=job.seconds + took)
        return await self._checked(done, reply) if error is None else self._failed(done, error)

    async def _reply(self, hand: _Hand, permit: Permit) -> Reply:
        """The answer: looked for where it may have been bought already, bought otherwise."""
        step = await self._find(hand)
        if step is None:
            step = await self._start(hand)
        while True:
            permit.heard(step.allowance)
            if isinstance(step, Reply):
                return step
            if hand.ticket is None or hand.ticket.id != step.id:
                await self._store.keep_ticket(step)
            hand.ticket = step
            await asyncio.sleep(step.check_after)
            step = await self._check(step)

    async def _start(self, hand: _Hand) -> Reply | Ticket:
        job = hand.job
        # Should the connection break, nobody knows whether it was bought: unsure until the response.
        hand.job = replace(job, attempts=job.attempts + 1, unsure=self._analyzer.traits.paid)
        try:
            step = await self._analyzer.start(job.prepared, job.ask, job.intent)
        except Pushback as pushback:
            unbilled = pushback.retry_after is not None
            hand.job = replace(job, attempts=job.attempts + (not unbilled), unsure=False)
            raise
        except (Refused, AccessDenied):
            hand.job = replace(hand.job, unsure=False)
            raise
        hand.job = replace(hand.job, unsure=False)
        return step

    async def _check(self, ticket: Ticket) -> Reply | Ticket:
        permit = await self._checks.acquire()
        try:
            return await self._analyzer.check(ticket)
        finally:
            permit.release(Ending.SAYS_NOTHING)

    async def _find(self, hand: _Hand) -> Reply | Ticket | None:
        """What an earlier create came to; None where there was none, or nobody can know."""
        job = hand.job
        open_now = [*job.left, (job.intent, None)] if job.unsure else job.left
        lost = 0
        for intent, ticket in open_now:
            found = await self._look(ticket) if ticket is not None else None
            if found is None:
                found = await self._analyzer.find(intent)
            if found is not None:
                hand.job = replace(job, attempts=max(1, job.attempts))
                return found
            lost += job.intent.created - intent.created >= self._analyzer.traits.findable_seconds
        hand.job = replace(job, left=(), unsure=False, possibly_paid_twice=job.possibly_paid_twice + lost)
        return None

    async def _look(self, ticket: Ticket) -> Reply | Ticket | None:
        # A ticket from before may be of work that failed or was cut short: then it brought nothing.
        try:
            return await self._check(ticket)
        except (Broken, OutOfTime):
            return None

    async def _out_of_time(self, hand: _Hand) -> OutOfTime:
        if hand.ticket is not None:
            with suppress(AnalyzerError, TimeoutError):
                async with asyncio.timeout(CANCEL_SECONDS):
                    await self._analyzer.cancel(hand.ticket)
        name, seconds = hand.job.picture.image.name, self._plan.deadline
        return OutOfTime(f"{name!r} had no answer within its deadline of {seconds:g} s: raise --deadline")

    async def _checked(self, job: Job, reply: Reply) -> Step:
        job = replace(job, usage=job.usage + reply.usage)
        try:
            descriptor = self._parse(reply.text)
        except BadReply as error:
            return await self._ask_again(job, error, reply)
        return Settled(job, Answer(descriptor, reply.text, job.usage), final=True)

    async def _ask_again(self, job: Job, error: BadReply, reply: Reply) -> Step:
        why = "the answer was cut off: be briefer" if reply.truncated else str(error)
        delay = self._delay(job.rounds + 1, error, job)
        if delay is None or job.reasks >= self._plan.retry.reasks:
            return Settled(job, NoAnswer(error.kind, why), final=True)
        intent = job.intent
        if self._analyzer.traits.paid:
            intent = await self._store.begin_again(Purchase(self._run, intent.key, intent.cancel_after))
        fresh = replace(job, ask=job.ask.corrected(why), intent=intent, left=(), unsure=False)
        fresh = replace(fresh, rounds=job.rounds + 1, reasks=job.reasks + 1)
        return Again(fresh, delay, named=False, why=error.kind, message=why)

    def _failed(self, job: Job, error: AnalyzerError) -> Step:
        named = isinstance(error, Pushback) and error.retry_after is not None
        job = replace(job, rounds=job.rounds + (not named))
        delay = self._delay(job.rounds, error, job)
        if delay is None:
            return Settled(job, NoAnswer(error.kind, str(error)), final=isinstance(error, Refused))
        return Again(job, delay, named, error.kind, str(error))

    def _delay(self, round_: int, error: AnalyzerError | BadReply, job: Job) -> float | None:
        rng = Random(f"{self._plan.seed}/{job.prepared.sha256}/{round_}")  # noqa: S311 - not a secret
        return self._plan.retry.delay(round_, error, rng)
