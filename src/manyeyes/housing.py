"""Builds the house that the page lives in from settings."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.capped import Capped
from manyeyes.analyzers.open import ANALYZERS
from manyeyes.assemble import MEGA, Assembly, Wish, analyzer_of, assembled, open_store
from manyeyes.engine.feed import Listener
from manyeyes.engine.seams import Source
from manyeyes.imaging.threads import Decoders
from manyeyes.imaging.thumbnail import check_decodes, thumbnail
from manyeyes.intake.arriving import Arrivals
from manyeyes.intake.landing import sweep
from manyeyes.intake.sources import Sources
from manyeyes.model.arrival import Arrival, Fetched, Held, Refused
from manyeyes.model.errors import SettingsError
from manyeyes.model.image import ImageRef, Original, PassedOver
from manyeyes.model.portfolio import Portfolio
from manyeyes.settings import PRESETS, Settings, read_settings
from manyeyes.store.orders import Order
from manyeyes.store.sql import SqlStore
from manyeyes.web.house import AnalyzerNote, Caps, Doors, House

GIGA = 1_000_000_000
#: Analyzers whose calls cost nothing.
FREE = ("local",)
#: What every server goes by.
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")


@asynccontextmanager
async def house_of(
    settings: Settings, log: Callable[[], Listener], *, analyzer: Callable[[], Analyzer] | None = None
) -> AsyncIterator[House]:
    """Everything the page needs, open for as long as the block lasts. Raises SettingsError.

    `analyzer` makes the one that looks at every picture, whatever runs ask for; None for what they ask for.
    """
    data = settings.data_folder
    secret = make_data(data)
    async with open_store(settings) as store, Decoders() as threads:
        upload = int(settings.upload_gb * GIGA)
        sources, pixels = Sources(()), int(settings.max_megapixels * MEGA)
        token, signing = settings.token, settings.webhook_secret
        yield House(
            data,
            store,
            assembled=partial(_assembled, settings, store, analyzer),
            analyzers=partial(_analyzers, settings),
            arrivals=partial(_arrivals, pixels),
            sweep=sweep,
            fetch=_fetch,
            post=_post,
            read=partial(_read, threads, sources),
            shrink=partial(_shrink, threads, sources, pixels),
            log=log,
            caps=Caps(upload=upload, file=upload, runs=settings.runs_at_once),
            doors=Doors(
                None if token is None else token.get_secret_value(),
                secret,
                (*OWN_NAMES, *_names(settings)),
            ),
            default_analyzer=settings.analyzer,
            default_concurrency=str(settings.moving or settings.calls_at_once()),
            presets=PRESETS,
            prices=_prices(settings),
            webhook_secret=None if signing is None else signing.get_secret_value(),
            version=version("manyeyes"),
        )


def _prices(settings: Settings) -> Mapping[str, float]:
    """What one call costs, by analyzer, as far as the user says: what providers ask changes too often."""
    free = dict.fromkeys(FREE, 0.0)
    if settings.price_per_call is None:
        return free
    return dict.fromkeys(ANALYZERS, settings.price_per_call) | free


def _names(settings: Settings) -> list[str]:
    return [name.strip().lower() for name in settings.allow_host.split(",") if name.strip()]


def make_data(data: Path) -> bytes:
    """Make the folder and the secret that signs cookies; the secret. Raises SettingsError."""
    try:
        (data / "portfolios").mkdir(parents=True, exist_ok=True)
        place = data / "cookies.key"
        if not place.exists():
            fresh = place.with_suffix(f".{os.getpid()}")
            fresh.touch(0o600)
            fresh.write_bytes(secrets.token_bytes(32))
            fresh.replace(place)
        return place.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"the data folder {str(data)!r} cannot be used ({error.strerror}): "
            "choose another with --data or MANYEYES_DATA"
        ) from error


@asynccontextmanager
async def _assembled(
    settings: Settings,
    store: SqlStore,
    given: Callable[[], Analyzer] | None,
    order: Order,
    owner: Portfolio,
    sources: tuple[str, ...],
) -> AsyncIterator[Assembly]:
    chosen = settings_for(settings, order)
    wish = Wish(sources, order.retry_failed, order.fresh, order.limit, order.overall_range)
    analyzer = analyzer_of(chosen) if given is None else given()
    if order.most_calls is not None:
        analyzer = Capped(analyzer, order.most_calls)
    async with assembled(chosen, wish, analyzer=analyzer, store=store) as assembly:
        parts = assembly.parts
        if order.pictures is not None:
            parts = replace(parts, source=Only(parts.source, owner, order.pictures))
        yield replace(assembly, parts=parts)


class Only:
    """Some of the pictures of a source, by their ids in the portfolio that it is."""

    def __init__(self, source: Source, owner: Portfolio, pictures: Collection[str]) -> None:
        self._source = source
        self._owner = owner
        self._pictures = frozenset(pictures)

    @property
    def identity(self) -> tuple[str, ...]:
        """That of the whole source: it is the same portfolio."""
        return self._source.identity

    @property
    def label(self) -> str:
        """What people call the whole source."""
        return self._source.label

    async def list(self) -> AsyncIterator[ImageRef | PassedOver]:
        """The pictures that are meant, in listing order."""
        async for item in self._source.list():
            if isinstance(item, ImageRef) and self._owner.picture_id(item.locator) in self._pictures:
                yield item


def settings_for(settings: Settings, order: Order) -> Settings:
    """The server's settings with what the order says. Raises SettingsError."""
    asked = {
        name: getattr(order, name)
        for name in ("analyzer", "model", "concurrency", "preset", "strategy", "batch_size")
    }
    given = {name: value for name, value in asked.items() if value is not None}
    base = dict(settings)
    if "preset" in given and "concurrency" not in given:
        del base["concurrency"]
    if "analyzer" in given and "model" not in given:
        # A model's name means nothing to another analyzer.
        del base["model"]
    return read_settings(base | given)


def _analyzers(settings: Settings) -> Sequence[AnalyzerNote]:
    return [_note(settings, name) for name in ANALYZERS]


def _note(settings: Settings, name: str) -> AnalyzerNote:
    try:
        traits = analyzer_of(settings_for(settings, Order(analyzer=name))).traits
    except SettingsError as error:
        return AnalyzerNote(name, None, paid=True, lacks=str(error))
    return AnalyzerNote(name, traits.model, traits.paid)


def _arrivals(max_pixels: int, folder: Path, held: Held) -> Callable[[Path, str], Iterator[Arrival]]:
    return Arrivals(folder, partial(check_decodes, max_pixels=max_pixels), held).take


async def _fetch(url: str, into: Path) -> Fetched | Refused:
    raise NotImplementedError


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    raise NotImplementedError


async def _read(threads: Decoders, sources: Sources, image: ImageRef) -> Original:
    return await threads.run(sources.read, image)


async def _shrink(threads: Decoders, sources: Sources, max_pixels: int, image: ImageRef, edge: int) -> bytes:
    def shrunk() -> bytes:
        # Read in the same thread, so that no more originals are in memory than are shrunk at once.
        return thumbnail(image.name, sources.read(image).data, edge, max_pixels=max_pixels)

    return await threads.run(shrunk)
