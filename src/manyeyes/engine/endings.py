"""How pictures end: kept first, told after, and shared with every picture of the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from manyeyes.engine.claims import Claims
from manyeyes.engine.job import Picture, Settled, Tally
from manyeyes.engine.seams import Store
from manyeyes.model.errors import ImageError
from manyeyes.model.event import Ended
from manyeyes.model.outcome import Analyzed, Answer, Failed, NoAnswer, Outcome
from manyeyes.model.ticket import Key
from manyeyes.store.values import Result, RunRecord

#: Of a picture that ended without a call.
_NOTHING = Tally()


class Endings:
    """Keeps and tells the end of every picture of a run.

    The first picture with some bytes leads; others with the same bytes follow it and end as it ends,
    so that one call answers, or fails, them all.
    """

    def __init__(self, store: Store, run: RunRecord, claims: Claims, tell: Callable[[Ended], None]) -> None:
        self._store = store
        self._run = run
        self._claims = claims
        self._tell = tell
        self._followers: dict[str, list[Picture]] = {}
        #: Bytes that failed in this run; they are not tried twice in it.
        self._failed: dict[str, NoAnswer] = {}

    def leads(self, picture: Picture, sha256: str) -> bool:
        """Whether this picture leads from now on: nobody else is after its bytes. Otherwise it follows."""
        followers = self._followers.get(sha256)
        if followers is None:
            self._followers[sha256] = []
            return True
        followers.append(picture)
        return False

    def pass_lead(self, sha256: str) -> Picture | None:
        """The picture that leads from now on, the leader having lost its bytes; None where none follows."""
        followers = self._followers.get(sha256)
        return followers.pop(0) if followers else None

    def failed(self, sha256: str) -> NoAnswer | None:
        """Why these bytes failed before in this run."""
        return self._failed.get(sha256)

    async def reuse(self, picture: Picture, sha256: str, end: Answer | NoAnswer) -> None:
        """A picture ends by what is known of its bytes; nobody waits for it."""
        await self._keep(Result(self._run, _outcome(picture, sha256, end, _NOTHING, reused=True)))

    async def reuse_for_all(self, picture: Picture, sha256: str, end: Answer | NoAnswer) -> None:
        """A picture that leads, and those that follow it, end by what is known of their bytes."""
        await self.reuse(picture, sha256, end)
        await self._share(sha256, end)

    async def settle(self, step: Settled) -> None:
        """A picture's own attempts have ended."""
        job, end, key = step.job, step.end, step.job.intent.key
        first = self._first(job.picture, key.sha256)
        if isinstance(end, Answer) and step.final:
            end = Answer(end.descriptor, end.raw, end.usage, f"{self._run.id}.{first.position}")
        outcome = _outcome(first, key.sha256, end, job.tally, reused=step.reused)
        answer = end if step.final else None
        claimed = self._claims.holds(key)
        await self._keep(Result(self._run, outcome, key, answer, bool(job.left), claimed))
        await self._share(key.sha256, end)

    def _first(self, leader: Picture, sha256: str) -> Picture:
        """Of pictures with the same bytes, the first of the listing: the call counts as its own, whichever
        of them was read first."""
        followers = self._followers.get(sha256, [])
        first = min([leader, *followers], key=lambda picture: picture.position)
        if first is not leader:
            followers[followers.index(first)] = leader
        return first

    async def fail(
        self,
        picture: Picture,
        sha256: str,
        error: ImageError,
        *,
        key: Key | None = None,
        unsure: bool = False,
    ) -> None:
        """A picture cannot be used. `key` is given where its claim is held, `unsure` where an earlier run
        may have bought something under it."""
        end = NoAnswer(error.kind, str(error))
        await self._keep(Result(self._run, _outcome(picture, sha256, end, _NOTHING), key, unsure=unsure))
        await self._share(sha256, end)

    async def _share(self, sha256: str, end: Answer | NoAnswer) -> None:
        if isinstance(end, NoAnswer) and sha256:
            self._failed[sha256] = end
        for picture in self._followers.pop(sha256, ()):
            await self.reuse(picture, sha256, end)

    async def _keep(self, result: Result) -> None:
        await self._store.save(result)
        if result.key is not None:
            self._claims.ended(result.key)
        self._tell(Ended(result.outcome, asyncio.get_running_loop().time()))


def _outcome(
    picture: Picture, sha256: str, end: Answer | NoAnswer, tally: Tally, *, reused: bool = False
) -> Outcome:
    image, id_, position = picture.image, picture.id, picture.position
    spent = tally.attempts, tally.seconds, tally.usage, tally.possibly_paid_twice, reused, tally.sent_bytes
    if isinstance(end, NoAnswer):
        return Failed(image, id_, position, sha256, end.kind, end.message, *spent)
    return Analyzed(image, id_, position, sha256, end.descriptor, *spent, answer=end.id)
