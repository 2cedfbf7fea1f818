"""A small world for the engine: named pictures, stores that are slow or fail, runs in virtual time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from manyeyes.analyzers.base import Analyzer, Traits
from manyeyes.analyzers.prompt import default_ask
from manyeyes.analyzers.scripted import SCRIPTED, Scripted
from manyeyes.engine.calling import Consent
from manyeyes.engine.plan import Plan
from manyeyes.engine.run import Run, RunReport
from manyeyes.engine.seams import Parts, Preparer, Source, Store
from manyeyes.lab import virtual_time
from manyeyes.model.ask import Recipe
from manyeyes.model.descriptor import parse_descriptor
from manyeyes.model.errors import StoreError, UnreadableImage
from manyeyes.model.event import Ended, Event, GroupEnded
from manyeyes.model.image import ImageRef, Locator, Original, PassedOver, PreparedImage
from manyeyes.model.outcome import Analyzed, Failed, Outcome
from manyeyes.model.progress import Progress
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.store.memory import MemoryStore
from manyeyes.store.values import Beat, Begun, Known, Purchase, Result, Since

DRESS = '{"garment_type": "dress", "is_garment": true}'
#: A service that wants money and can say what became of every create.
PAID = replace(SCRIPTED, paid=True)


# Pictures


class Album:
    """Pictures by name and content; equal contents are equal bytes. A content tells how it goes:
    `gone…` cannot be read, `corrupt…` cannot be prepared. An exception is raised where it stands."""

    def __init__(
        self,
        pictures: Mapping[str, str | PassedOver | Exception],
        *,
        size: int = 1_000_000,
        seconds_each: float = 0.0,
    ) -> None:
        self.pictures = pictures
        self.size = size
        self.seconds_each = seconds_each

    @property
    def identity(self) -> tuple[str, ...]:
        return ("album",)

    @property
    def label(self) -> str:
        return "an album"

    async def list(self) -> AsyncIterator[ImageRef | PassedOver]:
        for name, content in self.pictures.items():
            if self.seconds_each:
                await asyncio.sleep(self.seconds_each)
            if isinstance(content, Exception):
                raise content
            yield content if isinstance(content, PassedOver) else self.ref(name)

    def ref(self, name: str) -> ImageRef:
        return ImageRef(name, Locator(f"/album/{name}"), f"version of {self.pictures[name]}", self.size)

    async def read(self, image: ImageRef) -> Original:
        content = str(self.pictures[image.name])
        if content.startswith("gone"):
            raise UnreadableImage(f"{image.name!r} is gone")
        data = content.encode()
        return Original(image, data, hashlib.sha256(data).hexdigest())

    async def prepare(self, original: Original) -> PreparedImage:
        if original.data.startswith(b"corrupt"):
            raise UnreadableImage(f"{original.ref.name!r} is corrupt")
        return PreparedImage(original.ref, original.sha256, original.data, "jpeg", 10, 10, 10, 10)


def album(count: int, **options: Any) -> Album:
    """Pictures `0`, `1`, … all of them different."""
    return Album({str(number): f"picture {number}" for number in range(count)}, **options)


# Stores


@dataclass
class Journal:
    """What was kept and what was told, in order."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def hear(self, event: Event, progress: Progress) -> None:
        if isinstance(event, Ended):
            self.lines.append(("told", event.outcome.id))


class NotingStore(MemoryStore):
    """Writes down when it has kept a picture's end."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal

    async def save(self, result: Result) -> None:
        await asyncio.sleep(0.1)
        await super().save(result)
        await asyncio.sleep(0.1)
        self.journal.lines.append(("kept", result.outcome.id))


class SlowStore(MemoryStore):
    """Takes its time before and after it does anything, so that a run can be cut off in between."""

    def __init__(self, seconds: float = 0.25) -> None:
        super().__init__()
        self.seconds = seconds

    async def _rest(self) -> None:
        await asyncio.sleep(self.seconds)

    async def known(
        self, portfolio: Any, images: Sequence[ImageRef], recipe: str, since: Since
    ) -> list[Known | None]:
        await self._rest()
        return await super().known(portfolio, images, recipe, since)

    async def begin(self, purchase: Purchase) -> Begun:
        await self._rest()
        begun = await super().begin(purchase)
        await self._rest()
        return begun

    async def begin_again(self, purchase: Purchase) -> Any:
        await self._rest()
        intent = await super().begin_again(purchase)
        await self._rest()
        return intent

    async def keep_ticket(self, ticket: Any) -> None:
        await self._rest()
        await super().keep_ticket(ticket)
        await self._rest()

    async def save(self, result: Result) -> None:
        await self._rest()
        await super().save(result)
        await self._rest()


class FailingStore(MemoryStore):
    """A disk that is full from the `after`-th call of `method` on (1 for the first)."""

    def __init__(self, method: str, after: int, *, beat_every: float | None = None) -> None:
        super().__init__()
        self.beat_every = beat_every
        self._method = method
        self._left = after - 1
        self.mended = False

    def _count(self, method: str) -> None:
        if method != self._method or self.mended:
            return
        if self._left == 0:
            raise StoreError("the disk is full: free some space")
        self._left -= 1

    async def known(
        self, portfolio: Any, images: Sequence[ImageRef], recipe: str, since: Since
    ) -> list[Known | None]:
        self._count("known")
        return await super().known(portfolio, images, recipe, since)

    async def begin(self, purchase: Purchase) -> Begun:
        self._count("begin")
        return await super().begin(purchase)

    async def look_up(self, purchase: Purchase) -> Any:
        self._count("look_up")
        return await super().look_up(purchase)

    async def begin_again(self, purchase: Purchase) -> Any:
        self._count("begin_again")
        return await super().begin_again(purchase)

    async def keep_ticket(self, ticket: Any) -> None:
        self._count("keep_ticket")
        await super().keep_ticket(ticket)

    async def save(self, result: Result) -> None:
        self._count("save")
        await super().save(result)

    async def beat(self, news: Beat) -> str | None:
        self._count("beat")
        return await super().beat(news)


# Runs


@dataclass
class Told:
    """How a run went."""

    report: RunReport
    events: list[tuple[Event, Progress]]
    store: MemoryStore

    @property
    def progress(self) -> Progress:
        return self.report.progress

    @property
    def outcomes(self) -> list[Outcome]:
        """In listing order."""
        ended = [event.outcome for event, _ in self.events if isinstance(event, Ended)]
        return sorted(ended, key=lambda outcome: outcome.position)

    @property
    def by_name(self) -> dict[str, Outcome]:
        return {outcome.image.name: outcome for outcome in self.outcomes}

    @property
    def groups(self) -> list[GroupEnded]:
        return [event for event, _ in self.events if isinstance(event, GroupEnded)]


def failure(outcome: Outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def success(outcome: Outcome) -> Analyzed:
    assert isinstance(outcome, Analyzed), outcome
    return outcome


def limiter_of(concurrency: int) -> Limiter:
    return Limiter(FixedLimit(concurrency))


def plan_for(traits: Traits, **options: Any) -> Plan:
    recipe = Recipe(traits.adapter, traits.base_url, traits.model, default_ask(), traits.preparation)
    return Plan(recipe, **options)


def parts_of(
    source: Source,
    analyzer: Analyzer,
    store: Store,
    limiter: Limiter,
    preparer: Preparer | None = None,
) -> Parts:
    if preparer is None:
        assert isinstance(source, Album)
        preparer = source
    return Parts(source, preparer, analyzer, store, limiter, parse_descriptor)


async def analyzed(
    source: Source,
    analyzer: Analyzer,
    *,
    store: MemoryStore | None = None,
    limiter: Limiter | None = None,
    preparer: Preparer | None = None,
    consent: Consent | None = None,
    meanwhile: Callable[[Run], Any] | None = None,
    **plan: Any,
) -> Told:
    """One run to its end; `meanwhile` is given it as it starts."""
    store = MemoryStore() if store is None else store
    events: list[tuple[Event, Progress]] = []
    parts = parts_of(source, analyzer, store, limiter or limiter_of(5), preparer)
    made = Run(
        parts,
        plan_for(analyzer.traits, **plan),
        listeners=(lambda event, progress: events.append((event, progress)),),
        consent=consent,
    )
    async with analyzer, made as run:
        if meanwhile is not None:
            meanwhile(run)
        report = await run.wait()
    return Told(report, events, store)


def analyze(source: Source, analyzer: Analyzer, **options: Any) -> Told:
    """`analyzed` in virtual time."""
    return virtual_time.run(analyzed(source, analyzer, **options))


async def go_on(_: str) -> bool:
    """Someone who is asked whether to go on, and wants to."""
    return True


def starts(analyzer: Scripted) -> list[str]:
    """The pictures whose answer was bought, in order of the creates."""
    return [call.name for call in analyzer.calls if call.method == "start"]


def methods(analyzer: Scripted, name: str) -> list[str]:
    """What was called for one picture, in order."""
    return [call.method for call in analyzer.calls if call.name == name]


def adds_up(told: Told, total: int) -> bool:
    """Every picture has ended once, and the counts say so."""
    progress = told.progress
    return (
        progress.current == progress.total == total == len(told.outcomes)
        and progress.analyzed + progress.failed == total
        and [outcome.position for outcome in told.outcomes] == list(range(total))
        and progress.analyzed == sum(isinstance(outcome, Analyzed) for outcome in told.outcomes)
    )
