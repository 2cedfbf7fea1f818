"""The one place that builds live objects from settings."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial

from manyeyes.analyzers.access import Access
from manyeyes.analyzers.base import Analyzer, Traits
from manyeyes.analyzers.open import open_analyzer
from manyeyes.analyzers.prompt import default_ask
from manyeyes.engine.here import Here
from manyeyes.engine.plan import Plan
from manyeyes.engine.preview import Preview, preview
from manyeyes.engine.seams import Parts, Store
from manyeyes.imaging.prepare import prepare
from manyeyes.imaging.threads import Decoders, cores
from manyeyes.intake.sources import Sources
from manyeyes.model.ask import Recipe
from manyeyes.model.descriptor import parse_descriptor
from manyeyes.model.errors import StoreError
from manyeyes.model.image import ImageRef
from manyeyes.pacing.budget import Budget
from manyeyes.pacing.knowledge import Knowledge
from manyeyes.pacing.limit import FixedLimit, Limit
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.quota import Quota, Tokens
from manyeyes.pacing.threshold import ThresholdLimit
from manyeyes.pacing.uplink import Uplink
from manyeyes.settings import Settings
from manyeyes.store.database import make_folder
from manyeyes.store.sql import SqlStore

MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of one run beyond the settings."""

    sources: Sequence[str | os.PathLike[str]]
    retry_failed: bool = False
    fresh: bool = False
    #: The first so many pictures of the listing.
    limit: int | None = None
    overall_range: tuple[float, float] = (0, 100)


@dataclass(frozen=True, slots=True)
class Assembly:
    """A run that is ready to start, and what is known of it before it does."""

    parts: Parts
    plan: Plan

    async def preview(self) -> Preview:
        """What the run will come to: lists the sources, reads nothing, buys nothing."""
        return await preview(self.parts, self.plan)


def analyzer_of(settings: Settings) -> Analyzer:
    """The analyzer that the settings name, not yet entered. Raises SettingsError."""
    token = settings.replicate_api_token
    access = Access(
        token.get_secret_value() if token is not None else None,
        settings.replicate_base_url,
        settings.replicate_upload_above,
    )
    return open_analyzer(settings.analyzer, settings.model, access)


def open_store(settings: Settings) -> SqlStore:
    """The store that the settings name, not yet entered; the default one gets its folder."""
    if settings.store is None:
        make_folder(settings.store_url)
    return SqlStore(settings.store_url)


@asynccontextmanager
async def assembled(
    settings: Settings, wish: Wish, *, analyzer: Analyzer | None = None, store: Store | None = None
) -> AsyncIterator[Assembly]:
    """Everything that one run needs, open for as long as the block lasts. Raises SettingsError."""
    sources = Sources(wish.sources)
    sources.check()
    analyzer = analyzer_of(settings) if analyzer is None else analyzer
    async with analyzer, Decoders() as threads, _store(settings, store) as kept:
        pixels = int(settings.max_megapixels * MEGA)
        ready = partial(prepare, preparation=analyzer.traits.preparation, max_pixels=pixels)
        concurrency = settings.calls_at_once(await _count(sources) if _by_size(settings) else None)
        async with _learning(kept, analyzer.traits) as known:
            limiter = limiter_of(settings, analyzer, concurrency, known.now)
            known.limiter = limiter
            parts = Parts(
                sources, Here(sources.read, ready, threads), analyzer, kept, limiter, parse_descriptor
            )
            yield Assembly(parts, plan_of(settings, wish, analyzer, concurrency))


@asynccontextmanager
async def _store(settings: Settings, store: Store | None) -> AsyncIterator[Store]:
    if store is not None:
        yield store
    else:
        async with open_store(settings) as opened:
            yield opened


def _by_size(settings: Settings) -> bool:
    return settings.preset == "by-size" and settings.concurrency is None


async def _count(sources: Sources) -> int:
    return sum([isinstance(item, ImageRef) async for item in sources.list()])


@dataclass(slots=True)
class _Lesson:
    """What is known of a provider at the start of a run, and what learns more."""

    now: Knowledge
    limiter: Limiter | None = None


@asynccontextmanager
async def _learning(store: Store, traits: Traits) -> AsyncIterator[_Lesson]:
    """What earlier runs have learned; what this one learns is kept for the next, however it ends."""
    name = json.dumps([traits.adapter, traits.base_url, traits.model, traits.payer])
    recalled = await store.recall(name) if traits.base_url else None
    known = Knowledge()
    if recalled is not None:
        known = Knowledge(**json.loads(recalled.text)).aged(recalled.age)
    lesson = _Lesson(known)
    try:
        yield lesson
    finally:
        if traits.base_url and lesson.limiter is not None:
            learned = lesson.limiter.knowledge.over(known)
            # What is kept of a run is not lost because this could not be kept.
            with suppress(StoreError):
                await store.remember(name, json.dumps(asdict(learned)))


def limiter_of(settings: Settings, analyzer: Analyzer, concurrency: int, known: Knowledge) -> Limiter:
    """What holds the calls of this analyzer back."""
    quota = None if settings.rpm is None else Quota.per_minute(settings.rpm, settings.burst)
    tokens = None
    if settings.tpm is not None:
        # Five seconds' worth at once: providers count in short spans, too.
        tokens = Tokens(Quota.per_minute(settings.tpm, settings.tpm / 12))
    return Limiter(
        limit_of(settings, analyzer.traits, concurrency, known),
        quota,
        tokens=tokens,
        uplink=Uplink() if settings.upload_mbps is None else Uplink(settings.upload_mbps * MEGA),
        learned=known.learned(),
        # Who knows the quota need not hear of it first.
        listens_first=analyzer.traits.announces_quota and known.rate is None,
    )


def limit_of(settings: Settings, traits: Traits, concurrency: int, known: Knowledge) -> Limit:
    """How many calls may be in flight: pinned, or found out."""
    if settings.moving is None:
        return FixedLimit(concurrency)
    if traits.cpu_bound:
        return FixedLimit(cores())
    if settings.moving == "threshold":
        return ThresholdLimit()
    return known.adaptive(traits.start, settings.min_concurrency, settings.max_concurrency)


def plan_of(settings: Settings, wish: Wish, analyzer: Analyzer, concurrency: int) -> Plan:
    """What the run is to do."""
    traits = analyzer.traits
    batch = settings.strategy == "batch"
    by_bytes = batch and settings.batch_size == "auto"
    return Plan(
        Recipe(traits.adapter, traits.base_url, traits.model, default_ask(), traits.preparation),
        group=settings.batch_size if batch and isinstance(settings.batch_size, int) else concurrency,
        barrier=batch,
        batch_budget=Budget(int(settings.memory_mb * MEGA)) if by_bytes else None,
        deadline=settings.deadline,
        wait_at_most=settings.wait_at_most,
        stops_when_down=settings.when_down == "stop",
        retry_failed=wish.retry_failed,
        fresh=wish.fresh,
        most=wish.limit,
        overall_range=wish.overall_range,
        cores=cores(),
    )
