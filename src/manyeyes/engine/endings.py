"""How pictures end: kept first, told after, and shared with every picture of the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from manyeyes.engine.feed import Feed
from manyeyes.engine.job import Job, Picture, Settled
from manyeyes.engine.seams import Store
from manyeyes.model.errors import ImageError
from manyeyes.model.event import Ended, Event
from manyeyes.model.outcome import Analyzed, Answer, Failed, NoAnswer, Outcome
from manyeyes.model.ticket import Key
from manyeyes.store.values import Result, RunRecord


class Endings:
    """Keeps and tells the end of every picture of a run.

    The first picture with some bytes leads; others with the same bytes follow it and end as it ends,
    so that one call answers, or fails, them all.
    """

    def __init__(self, store: Store, run: RunRecord, feed: Feed, note: Callable[[Event], None]) -> None:
        self._store = store
        self._run = run
        self._feed = feed
        self._note = note
        self._followers: dict[str, list[Picture]] = {}
        #: Bytes that failed in this run; they are not tried twice in it.
        self._failed: dict[str, NoAnswer] = {}

    def lead(self, sha256: str) -> bool:
        """Whether nobody else in this run is after these bytes; if so, the caller is from now on."""
        return sha256 not in self._followers and self._followers.setdefault(sha256, []) == []

    def follow(self, sha256: str, picture: Picture) -> None:
        """End this picture as the one that leads will end."""
        self._followers[sha256].append(picture)

    def failed(self, sha256: str) -> NoAnswer | None:
        """Why these bytes failed before in this run."""
        return self._failed.get(sha256)

    async def reuse(self, picture: Picture, sha256: str, end: Answer | NoAnswer) -> None:
        """A picture ends by what is known of its bytes, without a call of its own."""
        await self._end(sha256, end, Result(self._run, _outcome(picture, sha256, end)))

    async def settle(self, step: Settled) -> None:
        """A picture's own attempts have ended."""
        job, key = step.job, step.job.intent.key
        answer = step.end if step.final else None
        result = Result(self._run, _outcome(job.picture, key.sha256, step.end, job), key, answer, job.unsure)
        await self._end(key.sha256, step.end, result)

    async def fail(self, picture: Picture, sha256: str, error: ImageError, key: Key | None = None) -> None:
        """A picture cannot be used; `key` is given where its claim is held."""
        end = NoAnswer(error.kind, str(error))
        outcome = Failed(picture.image, picture.id, picture.position, sha256, end.kind, end.message)
        await self._end(sha256, end, Result(self._run, outcome, key))

    async def _end(self, sha256: str, end: Answer | NoAnswer, result: Result) -> None:
        await self._keep(result)
        if isinstance(end, NoAnswer) and sha256:
            self._failed[sha256] = end
        for picture in self._followers.pop(sha256, ()):
            await self._keep(Result(self._run, _outcome(picture, sha256, end)))

    async def _keep(self, result: Result) -> None:
        await self._store.save(result)
        self.tell(Ended(result.outcome, asyncio.get_running_loop().time()))

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        self._feed.tell(event)
        self._note(event)


def _outcome(picture: Picture, sha256: str, end: Answer | NoAnswer, job: Job | None = None) -> Outcome:
    """How `picture` ended: by the attempts of `job`, or by what was known already."""
    image, id_, position = picture.image, picture.id, picture.position
    if isinstance(end, NoAnswer):
        failed = Failed(image, id_, position, sha256, end.kind, end.message, reused=job is None)
        return failed if job is None else _with_attempts(failed, job)
    analyzed = Analyzed(image, id_, position, sha256, end.descriptor, reused=job is None)
    return analyzed if job is None else _with_attempts(analyzed, job)


def _with_attempts(outcome: Outcome, job: Job) -> Outcome:
    return replace(
        outcome,
        attempts=job.attempts,
        seconds=job.seconds,
        usage=job.usage,
        possibly_paid_twice=job.possibly_paid_twice,
    )
