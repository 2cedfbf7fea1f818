"""The store without a disk: for the lab's virtual time, for tests, and for runs that keep nothing."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace

from manyeyes.model.ask import Recipe
from manyeyes.model.image import ImageRef
from manyeyes.model.outcome import Answer, NoAnswer, Outcome
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.ticket import Go, Held, Intent, Key, Ticket, Unsettled
from manyeyes.store.values import Beat, Begun, Known, Purchase, Result, RunRecord


class MemoryStore:
    """Keeps everything in dictionaries, and forgets it with the process.

    Its clock counts requests. A claim holds until its run gives it up or ends: no lease, no heartbeat.
    """

    #: No heartbeat: nobody else could hear it.
    beat_every: float | None = None

    def __init__(self) -> None:
        self.portfolios: dict[tuple[str, ...], Portfolio] = {}
        self.answers: dict[Key, Answer | NoAnswer] = {}
        self.outcomes: dict[str, list[Outcome]] = {}
        self.open: dict[Key, list[tuple[Intent, Ticket | None]]] = {}
        #: Which run is buying an answer now.
        self.claims: dict[Key, str] = {}
        self.beats: list[Beat] = []
        self._answered_at: dict[Key, float] = {}
        self._places: dict[str, tuple[str, str]] = {}
        self._ids = itertools.count(1)

    async def __aenter__(self) -> MemoryStore:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def _id(self) -> str:
        return f"{next(self._ids):026d}"

    async def open_run(self, sources: tuple[str, ...], label: str, recipe: Recipe) -> RunRecord:  # noqa: ARG002
        """Open a run, and its portfolio where the sources are new."""
        portfolio = self.portfolios.setdefault(sources, Portfolio(self._id(), label))
        record = RunRecord(self._id(), portfolio, opened=float(next(self._ids)))
        self.outcomes[record.id] = []
        return record

    async def portfolio_of(self, sources: tuple[str, ...]) -> Portfolio | None:
        """The portfolio that was made from these sources, if one was."""
        return self.portfolios.get(sources)

    async def known(
        self, portfolio: Portfolio, images: Sequence[ImageRef], recipe: str
    ) -> list[Known | None]:
        """What is known of listed pictures by place and version, their bytes unread."""
        known: list[Known | None] = []
        for image in images:
            version, sha256 = self._places.get(portfolio.picture_id(image.locator), ("", ""))
            same = sha256 != "" and version == image.version
            known.append(Known(sha256, self.answers.get(Key(sha256, recipe))) if same else None)
        return known

    async def look_up(self, purchase: Purchase) -> Answer | NoAnswer | None:
        """The answer that makes this purchase needless, without asking leave to buy."""
        answer = self.answers.get(purchase.key)
        if answer is None or not purchase.accepts(answer, self._answered_at[purchase.key]):
            return None
        return answer

    async def begin(self, purchase: Purchase) -> Begun:
        """Leave to buy, with what an earlier run left open."""
        if (answer := await self.look_up(purchase)) is not None:
            return answer
        if self.claims.setdefault(purchase.key, purchase.run) != purchase.run:
            return Held()
        left = tuple(self.open.get(purchase.key, ()))
        intent = self._write(purchase)
        return Unsettled(intent, left) if left else Go(intent)

    async def begin_again(self, purchase: Purchase) -> Intent:
        """The intent for one more question under a claim already held."""
        self.open.pop(purchase.key, None)
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
        # A final no never replaces an answer that was paid for.
        if isinstance(answer, Answer) or not isinstance(self.answers.get(key), Answer):
            self.answers[key] = answer
            self._answered_at[key] = float(next(self._ids))

    async def let_go(self, key: Key, *, unsure: bool = False) -> None:
        """Give up a claim; its intents stay open where something may have been bought under them."""
        if not unsure:
            self.open.pop(key, None)
        self.claims.pop(key, None)

    async def beat(self, news: Beat) -> str | None:
        """Keep the news; nobody else could ask for anything. A run that ends gives up its claims."""
        self.beats.append(news)
        if news.state != "running":
            self.claims = {key: run for key, run in self.claims.items() if run != news.run}
        return None
