"""The one place that builds live objects from settings."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from weakref import WeakKeyDictionary

from manyeyes.analyzers.access import Access
from manyeyes.analyzers.base import Analyzer, Traits
from manyeyes.analyzers.open import ANALYZERS, open_analyzer
from manyeyes.analyzers.prompt import default_ask
from manyeyes.engine.here import Here
from manyeyes.engine.plan import Plan
from manyeyes.engine.preview import Preview, preview
from manyeyes.engine.seams import Parts, Store
from manyeyes.imaging.prepare import expected, prepare
from manyeyes.imaging.threads import Decoders, cores
from manyeyes.intake.sources import Sources
from manyeyes.model.ask import Recipe
from manyeyes.model.descriptor import parse_descriptor
from manyeyes.model.errors import SettingsError, StoreError
from manyeyes.model.image import ImageRef, Preparation
from manyeyes.pacing.budget import Budget
from manyeyes.pacing.hedge import Hedge
from manyeyes.pacing.knowledge import Knowledge
from manyeyes.pacing.limit import FixedLimit, Limit
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.limiters import Limiters
from manyeyes.pacing.quota import Quota, Tokens
from manyeyes.pacing.threshold import ThresholdLimit
from manyeyes.pacing.uplink import Uplink
from manyeyes.pacing.work import Work
from manyeyes.settings import Settings
from manyeyes.store.database import make_folder
from manyeyes.store.sql import SqlStore

MEGA = 1_000_000
#: Analyzers that no model stands behind.
WORDLESS = ("local", "modelled")

#: Of each event loop, which a limiter's timers belong to. The runs of a process share what paces them,
#: however they were started, so this cannot be anybody's own.
_LIMITERS: WeakKeyDictionary[asyncio.AbstractEventLoop, Limiters] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of one run beyond the settings."""

    #: Empty for a run whose picture is handed to it later.
    sources: Sequence[str | os.PathLike[str]]
    retry_failed: bool = False
    fresh: bool = False
    #: The first so many pictures of the listing.
    limit: int | None = None
    overall_range: tuple[float, float] = (0, 100)


def check_writes(analyzer: str) -> None:
    """Raise SettingsError where this analyzer cannot put anything into words."""
    if analyzer in WORDLESS:
        writers = ", ".join(name for name in ANALYZERS if name not in WORDLESS)
        raise SettingsError(f"{analyzer!r} measures pictures and cannot write: choose one of {writers}")


def small_jpeg(image: ImageRef, longest_edge: int) -> tuple[str, bytes]:
    """The SHA-256 of a picture as it lies there now, and a small JPEG of it. Raises ImageError; blocks."""
    original = Sources(()).read(image)
    return original.sha256, prepare(original, Preparation(longest_edge, quality=80)).data


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
    token, key = settings.replicate_api_token, settings.openai_api_key
    access = Access(
        token.get_secret_value() if token is not None else None,
        settings.replicate_base_url,
        settings.replicate_upload_above,
        key.get_secret_value() if key is not None else None,
        settings.openai_base_url,
    )
    return open_analyzer(settings.analyzer, settings.model, access)


def open_store(settings: Settings) -> SqlStore:
    """The store that the settings name, not yet entered; the default one gets its folder."""
    if settings.store is None:
        make_folder(settings.store_url)
    return SqlStore(settings.store_url)


@asynccontextmanager
async def assembled(
    settings: Settings,
    wish: Wish,
    *,
    analyzer: Analyzer | None = None,
    store: Store | None = None,
    limiters: Limiters | None = None,
) -> AsyncIterator[Assembly]:
    """Everything that one run needs, open for as long as the block lasts. Raises SettingsError.

    Runs of this event loop share their limiters, unless `limiters` gives others.
    """
    if limiters is None:
        limiters = _LIMITERS.setdefault(asyncio.get_running_loop(), Limiters())
    sources = Sources(wish.sources)
    if wish.sources:
        sources.check()
    analyzer = analyzer_of(settings) if analyzer is None else analyzer
    async with analyzer, Decoders() as threads, _store(settings, store) as kept:
        pixels = int(settings.max_megapixels * MEGA)
        ready = partial(prepare, preparation=analyzer.traits.preparation, max_pixels=pixels)
        concurrency = settings.calls_at_once(await _count(sources) if _by_size(settings) else None)
        async with _limiter(settings, kept, analyzer.traits, concurrency, limiters) as limiter:
            parts = Parts(
                sources,
                Here(sources.read, ready, threads),
                analyzer,
                kept,
                limiter,
                parse_descriptor,
                partial(expected, analyzer.traits.preparation),
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


@asynccontextmanager
async def _limiter(
    settings: Settings, store: Store, traits: Traits, concurrency: int, limiters: Limiters
) -> AsyncIterator[Limiter]:
    """What holds the run's calls back: that of the runs before it, or a new one that starts from what they
    have learned. What this run learns is kept for the next, however it ends."""
    quotas = (settings.rpm, settings.burst, settings.tpm, settings.upload_mbps)
    known = await _recalled(store, traits) if traits.base_url else Knowledge()
    limit = limit_of(settings, traits, concurrency, known)
    make = partial(limiter_of, settings, traits, known)
    # Runs that are told other quotas do not share a limiter: it can only keep to one.
    with limiters.taken(json.dumps([*_provider(traits), *quotas]), make, limit) as limiter:
        try:
            yield limiter
        finally:
            if traits.base_url:
                # What is kept of a run is not lost because this could not be kept.
                with suppress(StoreError):
                    await _remember(store, traits, limiter.knowledge.over(known))


async def keep_lesson(store: Store, traits: Traits, learned: Knowledge) -> None:
    """Have the next run with this provider, model and account start from what was learned of them.

    Raises StoreError.
    """
    await _remember(store, traits, learned.over(await _recalled(store, traits)))


async def _recalled(store: Store, traits: Traits) -> Knowledge:
    recalled = await store.recall(json.dumps(_provider(traits)))
    return Knowledge() if recalled is None else Knowledge(**json.loads(recalled.text)).aged(recalled.age)


async def _remember(store: Store, traits: Traits, known: Knowledge) -> None:
    await store.remember(json.dumps(_provider(traits)), json.dumps(asdict(known)))


def _provider(traits: Traits) -> list[str]:
    """What lessons are about: one account with one model of one service."""
    return [traits.adapter, traits.base_url, traits.model, traits.payer]


def limiter_of(settings: Settings, traits: Traits, known: Knowledge, limit: Limit) -> Limiter:
    """What holds the calls of this analyzer back."""
    quota = None if settings.rpm is None else Quota.per_minute(settings.rpm, settings.burst)
    tokens = None
    if settings.tpm is not None:
        # Five seconds' worth at once: providers count in short spans, too.
        tokens = Tokens(Quota.per_minute(settings.tpm, settings.tpm / 12))
    return Limiter(
        limit,
        quota,
        tokens=tokens,
        uplink=Uplink() if settings.upload_mbps is None else Uplink(settings.upload_mbps * MEGA),
        learned=known.learned(),
        work=Work(*known.work or ()),
        # Who knows the quota need not hear of it first.
        listens_first=traits.announces_quota and known.rate is None,
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
    memory = int(settings.memory_mb * MEGA)
    by_bytes = batch and settings.batch_size == "auto"
    return Plan(
        Recipe(traits.adapter, traits.base_url, traits.model, default_ask(), traits.preparation),
        group=settings.batch_size if batch and isinstance(settings.batch_size, int) else concurrency,
        barrier=batch,
        most_at_once=concurrency if settings.moving is None else None,
        memory=memory,
        batch_budget=Budget(memory) if by_bytes else None,
        deadline=settings.deadline,
        wait_at_most=settings.wait_at_most,
        stops_when_down=settings.when_down == "stop",
        hedge=Hedge() if settings.hedge and not batch else None,
        retry_failed=wish.retry_failed,
        fresh=wish.fresh,
        most=wish.limit,
        overall_range=wish.overall_range,
        cores=cores(),
    )
