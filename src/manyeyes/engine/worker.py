"""One attempt at one picture, from its permit to what comes of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import assert_never

from manyeyes.engine.buying import Attempt, Buying
from manyeyes.engine.claims import Claims
from manyeyes.engine.elsewhere import HELD_SECONDS
from manyeyes.engine.job import HELD, Again, Barred, Job, Settled, Step, Unbought
from manyeyes.engine.plan import Plan
from manyeyes.engine.seams import Parts
from manyeyes.model.ask import Reply
from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    BadReply,
    Broken,
    BudgetSpent,
    OutOfTime,
    Pushback,
    Refused,
)
from manyeyes.model.outcome import Answer, NoAnswer
from manyeyes.model.ticket import Go, Held, Ticket, Unsettled
from manyeyes.pacing.limit import Ending
from manyeyes.pacing.limiter import Permit
from manyeyes.pacing.retry import LISTED_AFTER, is_free, named_wait

#: Seconds after which an intent under which nothing was bought is written anew, as after a pause: what is
#: looked for by an old one may not be found any more.
STALE = 600.0
#: Seconds given to a provider to cancel what has run out of time.
CANCEL_SECONDS = 10


class Worker:
    """Carries attempts out. It never waits between them: that is the run's to arrange."""

    def __init__(self, parts: Parts, plan: Plan, claims: Claims) -> None:
        self._analyzer = parts.analyzer
        self._parse = parts.parse
        self._plan = plan
        self._claims = claims
        self._buying = Buying(parts)

    async def carry_out(self, attempt: Attempt, permit: Permit) -> Step:
        """One attempt, with a permit that is released on every path. Raises StoreError."""
        job, clock = attempt.job, asyncio.get_running_loop().time
        if not await self._claims.still_holds(job.intent.key):
            return await self._taken_over(job, permit)
        if clock() - job.intended_at > STALE and _has_bought_nothing(job):
            attempt.job = await self._intended_anew(job)
        began, key = clock(), job.intent.key
        # Until it is known what came of it, and kept, something may have been bought.
        self._claims.note(key, unsure=True)
        end = await self._end(attempt, permit)
        step = await self._step(attempt.job_after(clock() - began), end, probe=permit.probe)
        if not isinstance(step, Settled):
            # What was counted as possibly paid twice is kept with the picture's end. Should the run stop
            # before that, its intents stay open, for the next run to count.
            counted = step.job.tally.possibly_paid_twice > 0
            self._claims.note(key, unsure=bool(step.job.left) or counted)
        return step

    async def _intended_anew(self, job: Job) -> Job:
        """A job under an intent of now; the one before is settled."""
        intent = await self._claims.begin_again(job.intent)
        return replace(job, intent=intent, intended_at=asyncio.get_running_loop().time())

    async def _taken_over(self, job: Job, permit: Permit) -> Step:
        """Another process has taken our claim over, as the machine slept: ask for it once more."""
        try:
            begun = await self._claims.begin(job.intent.key)
        except BaseException:
            permit.release(Ending.SAYS_NOTHING)
            raise
        match begun:
            case Go(intent=intent):
                return await self.carry_out(Attempt(replace(job, intent=intent, left=())), permit)
            case Unsettled(intent=intent, left=left):
                return await self.carry_out(Attempt(replace(job, intent=intent, left=left)), permit)
        permit.release(Ending.SAYS_NOTHING)
        match begun:
            case Held(by=holder):
                return Again(job, HELD_SECONDS, named=False, why=HELD, message=f"{holder} is at it")
            case Answer() | NoAnswer():
                return Settled(replace(job, left=()), begun, final=False, reused=True)
            case _:
                assert_never(begun)

    def size_sent(self, job: Job) -> int:
        """Bytes that an attempt at a job may send."""
        return 0 if job.given_up is not None else self._buying.size_sent(job)

    async def _step(self, job: Job, end: Reply | AnalyzerError | None, *, probe: bool) -> Step:
        if isinstance(end, Reply):
            return await self._checked(job, end)
        if job.given_up is not None:
            return Settled(job, job.given_up, final=False)
        assert end is not None
        return self._failed(job, end, probe=probe)

    async def _end(self, attempt: Attempt, permit: Permit) -> Reply | AnalyzerError | None:
        """What is got within the time that the deadline leaves: a reply, an error, or None where nothing
        was bought and nothing more may be."""
        ending = Ending.SAYS_NOTHING
        try:
            async with asyncio.timeout(self._plan.deadline - attempt.job.tally.seconds):
                reply = await self._buying.reply(attempt, permit)
            ending = Ending.ANSWERED
            if reply is not None:
                permit.spent(reply.usage)
        except TimeoutError:
            await self._cancel(attempt)
            # What was begun and takes its time shows that somebody is there.
            ending = Ending.BROKEN if attempt.ticket is None else Ending.HEARD
            return self._too_late(attempt.job)
        except AnalyzerError as error:
            ending = _ending(error)
            return error
        else:
            return reply
        finally:
            permit.release(ending)

    async def give_up(self, attempt: Attempt) -> None:
        """Have the provider stop what nobody waits for any more, also where its id has not come yet."""
        with suppress(AnalyzerError, TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                begun: Reply | Ticket | None = attempt.ticket
                if begun is None and attempt.left:
                    begun = await self._analyzer.find(attempt.job.intent)
                if isinstance(begun, Ticket):
                    await self._analyzer.cancel(begun)

    async def _cancel(self, attempt: Attempt) -> None:
        """Have the provider stop. The intent stays open all the same: it may have ended just before."""
        if attempt.ticket is not None:
            await self.give_up(attempt)

    def _too_late(self, job: Job) -> OutOfTime:
        name, seconds = job.picture.image.name, self._plan.deadline
        return OutOfTime(f"{name!r} had no answer within its deadline of {seconds:g} s: raise --deadline")

    async def _checked(self, job: Job, reply: Reply) -> Step:
        try:
            descriptor = self._parse(reply.text)
        except BadReply as error:
            return await self._ask_again(job, error, reply)
        return Settled(job, Answer(descriptor, reply.text, job.tally.usage), final=True)

    async def _ask_again(self, job: Job, error: BadReply, reply: Reply) -> Step:
        if reply.truncated:
            error = BadReply("The answer was cut off.", "Be briefer.")
        job = replace(job, rounds=job.rounds + 1, reasks=job.reasks + 1)
        delay = self._delay(job, error)
        if delay is None or job.reasks > self._plan.retry.reasks:
            return Settled(job, NoAnswer(error.kind, error.for_people), final=True)
        # A new intent: under the old one, the answer that was no good would be found again.
        job = await self._intended_anew(replace(job, ask=job.ask.corrected(error.correction)))
        return Again(job, delay, named=False, why=error.kind, message=error.for_people)

    def _failed(self, job: Job, error: AnalyzerError, *, probe: bool) -> Step:
        if isinstance(error, AccessDenied):
            return Barred(job, str(error))
        if isinstance(error, BudgetSpent):
            return Unbought(job, str(error))
        named = named_wait(error) is not None
        # A provider that is down uses up nobody's tries: whoever was sent to find out is not to blame.
        job = replace(job, rounds=job.rounds + (not is_free(error) and not probe))
        delay = self._delay(job, error)
        if delay is not None and job.tally.seconds >= self._plan.deadline:
            delay, error = None, self._too_late(job)
        if delay is None:
            return self._given_up(job, error)
        return Again(job, _not_too_early(job, error, delay), named, error.kind, str(error))

    def _given_up(self, job: Job, error: AnalyzerError) -> Step:
        end = NoAnswer(error.kind, str(error))
        if not job.left or not isinstance(error, Broken):
            return Settled(job, end, final=isinstance(error, Refused))
        # The last create broke off. It may have been carried out: to look for it costs nothing.
        retry = self._plan.retry
        delay = retry.delay(retry.attempts - 1, error, self._draws(job)) or 0.0
        return Again(
            replace(job, given_up=end),
            _not_too_early(job, error, delay),
            named=False,
            why=error.kind,
            message=str(error),
        )

    def _delay(self, job: Job, error: AnalyzerError | BadReply) -> float | None:
        return self._plan.retry.delay(job.rounds, error, self._draws(job))

    def _draws(self, job: Job) -> Random:
        return Random(f"{self._plan.seed}/{job.prepared.sha256}/{job.rounds}")  # noqa: S311 - not a secret


def _has_bought_nothing(job: Job) -> bool:
    """Whether no intent has to stay open for what may have been bought, by another call that goes on too."""
    return not (job.left or job.is_second or job.tally.possibly_paid_twice)


def _ending(error: AnalyzerError) -> Ending:
    """What an error tells of the provider's capacity."""
    match error:
        case Pushback():
            return Ending.PUSHED_BACK if named_wait(error) is None else Ending.DEFERRED
        case BudgetSpent():
            return Ending.SAYS_NOTHING
        case Broken():
            return Ending.HEARD if error.ended and error.heard else Ending.BROKEN
        case OutOfTime():
            return Ending.BROKEN
        case _:
            return Ending.HEARD


def _not_too_early(job: Job, error: AnalyzerError, delay: float) -> float:
    """Seconds to wait where the next thing to do is a search for what a broken create bought."""
    to_be_listed = isinstance(error, Broken) and any(ticket is None for _, ticket in job.left)
    return max(delay, LISTED_AFTER) if to_be_listed else delay
