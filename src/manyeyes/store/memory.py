"""The store without a disk: for the lab's virtual time, for tests, and for runs that keep nothing."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace

from manyeyes.model.image import ImageRef
from manyeyes.model.outcome import Answer, NoAnswer, Outcome
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.ticket import Go, Held, Intent, Key, Ticket, Unsettled
from manyeyes.store.values import (
    Beat,
    Begun,
    Earlier,
    Known,
    Opening,
    Outlook,
    Purchase,
    Recalled,
    Result,
    RunRecord,
    Since,
)


class MemoryStore:
    """Keeps everything in dictionaries, and forgets it with the process.

    Its clock counts requests. A claim holds until its run gives it up or ends: no lease, no heartbeat.
    """

    #: No heartbeat: nobody else could hear it.
    beat_every: float | None = None

    def __init__(self) -> None:
        self.portfolios: dict[tuple[str, ...], Portfolio] = {}
        #: What was answered, newest first, each with when it was kept.
        self.answers: dict[Key, list[tuple[Answer | NoAnswer, float]]] = {}
        self.outcomes: dict[str, list[Outcome]] = {}
        self.open: dict[Key, list[tuple[Intent, Ticket | None]]] = {}
        #: Which run is buying an answer now.
        self.claims: dict[Key, str] = {}
        self.beats: list[Beat] = []
        #: What others ask of runs.
        self._wanted: dict[str, str] = {}
        #: The runs of a portfolio with a recipe that asked afresh, and the state of every run.
        self._earlier: dict[tuple[Portfolio, str], list[tuple[RunRecord, Opening]]] = {}
        self._states: dict[str, str] = {}
        self._lessons: dict[str, str] = {}
        self._places: dict[str, tuple[str, str]] = {}
        self._ids = itertools.count(1)

    async def __aenter__(self) -> MemoryStore:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def _id(self) -> str:
        return f"{next(self._ids):026d}"

    async def open_run(self, opening: Opening) -> RunRecord:
        """Open a run, and its portfolio where the sources are new."""
        portfolio = self.portfolios.setdefault(opening.sources, Portfolio(self._id(), opening.label))
        opened = float(next(self._ids))
        record = RunRecord(self._id(), portfolio, opened, self._since(opening, portfolio, opened))
        if record.since.noes_from:
            self._earlier.setdefault((portfolio, opening.recipe.digest), []).append((record, opening))
        self._states[record.id] = "running"
        self.outcomes[record.id] = []
        return record

    async def outlook(self, opening: Opening) -> Outlook | None:
        """What a run would start from; None where its sources are no portfolio yet."""
        portfolio = self.portfolios.get(opening.sources)
        if portfolio is None:
            return None
        return Outlook(portfolio, self._since(opening, portfolio, float(next(self._ids))))

    def _since(self, opening: Opening, portfolio: Portfolio, now: float) -> Since:
        return opening.since(
            now,
            [
                Earlier(record.since.noes_from, asked.most, self._states[record.id] == "complete")
                for record, asked in self._earlier.get((portfolio, opening.recipe.digest), ())
                if asked.fresh == opening.fresh
            ],
        )

    async def known(
        self, portfolio: Portfolio, images: Sequence[ImageRef], recipe: str, since: Since
    ) -> list[Known | None]:
        """What is known of listed pictures by place and version, their bytes unread."""
        known: list[Known | None] = []
        for image in images:
            version, sha256 = self._places.get(portfolio.picture_id(image.locator), ("", ""))
            same = sha256 != "" and version == image.version
            known.append(Known(sha256, self._accepted(Key(sha256, recipe), since)) if same else None)
        return known

    def _accepted(self, key: Key, since: Since) -> Answer | NoAnswer | None:
        counting = [
            end
            for end, kept_at in self.answers.get(key, ())
            if since.accepts(kept_at, is_no=isinstance(end, NoAnswer))
        ]
        return next((end for end in counting if isinstance(end, Answer)), counting[0] if counting else None)

    async def look_up(self, purchase: Purchase) -> Answer | NoAnswer | None:
        """The answer that makes this purchase needless, without asking leave to buy."""
        return self._accepted(purchase.key, purchase.since)

    async def begin(self, purchase: Purchase) -> Begun:
        """Leave to buy, with what an earlier run left open."""
        if (answer := await self.look_up(purchase)) is not None:
            return answer
        if self.claims.setdefault(purchase.key, purchase.run) != purchase.run:
            return Held()
        left = tuple(self.open.get(purchase.key, ()))
        intent = self._write(purchase)
        return Unsettled(intent, left) if left else Go(intent)

    async def left_open(self, run: RunRecord, recipe: str) -> frozenset[str]:
        """The sha256 of what earlier runs may have bought, and the run has no claim on."""
        mine = {key for key, holder in self.claims.items() if holder == run.id}
        return frozenset(key.sha256 for key in self.open.keys() - mine if key.recipe == recipe)

    async def begin_again(self, purchase: Purchase) -> Intent:
        """The intent for one more question under a claim already held."""
        self.open.pop(purchase.key, None)
        return self._write(purchase)

    async def begin_beside(self, purchase: Purchase) -> Intent:
        """The intent for a second purchase under a claim already held, the first one going on."""
        return self._write(purchase)

    def _write(self, purchase: Purchase) -> Intent:
        # By the clock on the wall: an analyzer compares it with what its provider's list says.
        intent = Intent(self._id(), purchase.key, time.time(), purchase.cancel_after, purchase.payer)
        self.open.setdefault(purchase.key, []).append((intent, None))
        return intent

    async def keep_ticket(self, ticket: Ticket) -> None:
        """Keep the provider's id for work that has begun."""
        intent = ticket.intent
        self.open[intent.key] = [
            (kept, replace(ticket, check_after=0) if kept == intent else before)
            for kept, before in self.open.get(intent.key, [])
        ]

    async def save(self, result: Result) -> None:
        """Keep how a picture ended, with its answer."""
        outcome = result.outcome
        self.outcomes[result.run.id].append(outcome)
        self._places[outcome.id] = (outcome.image.version, outcome.sha256)
        if result.key is not None:
            if not result.unsure:
                self.open.pop(result.key, None)
            self.claims.pop(result.key, None)
            if result.answer is not None:
                self._keep(result.key, result.answer)

    def _keep(self, key: Key, answer: Answer | NoAnswer) -> None:
        self.answers.setdefault(key, []).insert(0, (answer, float(next(self._ids))))

    async def let_go(self, key: Key, *, unsure: bool = False) -> None:
        """Give up a claim; its intents stay open where something may have been bought under them."""
        if not unsure:
            self.open.pop(key, None)
        self.claims.pop(key, None)

    def renewed_lately(self, run: str) -> bool:  # noqa: ARG002
        """Always: a claim holds until its run gives it up."""
        return True

    async def renew(self, run: str) -> frozenset[Key]:
        """The claims that a run has: they do not run out."""
        return frozenset(key for key, holder in self.claims.items() if holder == run)

    async def recall(self, name: str) -> Recalled | None:
        """What was remembered under a name: always new, for a store that is forgotten with its process."""
        return Recalled(self._lessons[name], 0.0) if name in self._lessons else None

    async def remember(self, name: str, text: str) -> None:
        """Keep a text under a name, in place of the one before."""
        self._lessons[name] = text

    async def beat(self, news: Beat) -> str | None:
        """Keep the news; gives back what others ask of the run, once. One that ends gives up its claims."""
        self.beats.append(news)
        self._states[news.run] = news.state
        if news.state != "running":
            self.claims = {key: run for key, run in self.claims.items() if run != news.run}
        return self._wanted.pop(news.run, None)

    def want(self, run: str, wish: str) -> None:
        """Ask a run to `pause`, `resume` or `stop`; what is asked last counts, but a stop stands."""
        if self._states[run] == "running" and self._wanted.get(run) != "stop":
            self._wanted[run] = wish
