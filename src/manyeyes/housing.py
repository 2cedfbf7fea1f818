"""Builds the house that the page lives in from settings."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.capped import Capped
from manyeyes.analyzers.open import ANALYZERS
from manyeyes.assemble import MEGA, WORDLESS, Assembly, Wish, analyzer_of, assembled, open_store
from manyeyes.engine.feed import Listener
from manyeyes.engine.seams import Source
from manyeyes.imaging.likeness import Crowd, features
from manyeyes.imaging.sheet import sheet_of
from manyeyes.imaging.threads import Decoders
from manyeyes.imaging.thumbnail import check_decodes, thumbnail
from manyeyes.intake.addresses import Allowed
from manyeyes.intake.arriving import Arrivals
from manyeyes.intake.fetch import Fetcher, FetchRules
from manyeyes.intake.landing import sweep
from manyeyes.intake.safety import Caps as Taken
from manyeyes.intake.sources import Sources
from manyeyes.model.arrival import Arrival, Held
from manyeyes.model.errors import SettingsError
from manyeyes.model.image import ImageRef, Original, PassedOver
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.ticket import Intent
from manyeyes.settings import PRESETS, Settings, read_settings
from manyeyes.store.orders import Order, note_calls
from manyeyes.store.sql import SqlStore
from manyeyes.web.house import AnalyzerNote, Caps, Doors, House
from manyeyes.web.webhooks import key_of

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
    signing = _signing(settings)
    secret = make_data(data)
    fetcher = Fetcher(FetchRules(Allowed.parse(settings.fetch_allow)))
    async with open_store(settings) as store, Decoders() as threads, fetcher:
        pictures = Pictures(threads, _taken(settings))
        yield House(
            data,
            store,
            assembled=Runner(settings, store, analyzer).assembled,
            analyzers=partial(_analyzers, settings),
            arrivals=pictures.arrivals,
            sweep=sweep,
            fetch=fetcher.fetch,
            post=fetcher.post,
            read=pictures.read,
            shrink=pictures.shrink,
            sheet=pictures.sheet,
            look_of=pictures.look_of,
            nearest=nearest,
            log=log,
            caps=_caps(settings),
            doors=_doors(settings, secret),
            default_analyzer=settings.analyzer,
            default_concurrency=str(settings.moving or settings.calls_at_once()),
            presets=PRESETS,
            prices=_prices(settings),
            webhook_secret=signing,
            version=version("manyeyes"),
        )


def _signing(settings: Settings) -> str | None:
    """What webhooks are signed with. Raises SettingsError where it is no such secret."""
    if settings.webhook_secret is None:
        return None
    secret = settings.webhook_secret.get_secret_value()
    key_of(secret)
    return secret


def _caps(settings: Settings) -> Caps:
    upload = int(settings.upload_gb * GIGA)
    return Caps(upload=upload, file=upload, runs=settings.runs_at_once)


def _taken(settings: Settings) -> Taken:
    """How much of each thing that arrives is taken."""
    return Taken(
        archive_bytes=int(settings.unpacked_gb * GIGA),
        pixels=int(settings.max_megapixels * MEGA),
        disk_left=Caps().disk_left,
    )


def _doors(settings: Settings, secret: bytes) -> Doors:
    token = settings.token
    names = (*OWN_NAMES, *_names(settings))
    return Doors(None if token is None else token.get_secret_value(), secret, names)


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


@dataclass(frozen=True, slots=True)
class Runner:
    """Assembles runs of portfolios."""

    settings: Settings
    store: SqlStore
    #: Makes the analyzer of every run; None where orders and settings choose.
    analyzer: Callable[[], Analyzer] | None

    @asynccontextmanager
    async def assembled(
        self, order: Order, owner: Portfolio, sources: tuple[str, ...]
    ) -> AsyncIterator[Assembly]:
        """A run as it was ordered. Raises SettingsError."""
        chosen = settings_for(self.settings, order)
        wish = Wish(sources, order.retry_failed, order.fresh, order.limit, order.overall_range)
        analyzer = analyzer_of(chosen) if self.analyzer is None else self.analyzer()
        if order.most_calls is not None:
            analyzer = Capped(analyzer, order.most_calls, self._note_calls)
        async with assembled(chosen, wish, analyzer=analyzer, store=self.store) as assembly:
            parts = assembly.parts
            if order.pictures is not None:
                parts = replace(parts, source=Only(parts.source, owner, order.pictures))
            yield replace(assembly, parts=parts)

    async def _note_calls(self, intent: Intent, calls: int) -> None:
        await self.store.carry_out(partial(note_calls, intent=intent.id, calls=calls))


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
        return AnalyzerNote(name, None, paid=True, lacks=str(error), writes=name not in WORDLESS)
    return AnalyzerNote(name, traits.model, traits.paid, writes=name not in WORDLESS)


class Pictures:
    """The bytes of pictures: checked where they arrive, read, made small, looked at."""

    def __init__(self, threads: Decoders, caps: Taken) -> None:
        self._threads = threads
        self._caps = caps
        self._max_pixels = caps.pixels
        # One for all: it holds ZIPs open that pictures are read from.
        self._sources = Sources(())

    def arrivals(self, folder: Path, held: Held) -> Callable[[Path, str], Iterator[Arrival]]:
        """What takes files into a folder."""
        return Arrivals(folder, partial(check_decodes, max_pixels=self._max_pixels), held, self._caps).take

    async def read(self, image: ImageRef) -> Original:
        """A picture's bytes and their hash."""
        return await self._threads.run(self._sources.read, image)

    async def shrink(self, image: ImageRef, edge: int) -> bytes:
        """A picture as a small WebP."""
        return await self._threads.run(self._shrunk, image, edge)

    async def sheet(self, pictures: Sequence[bytes]) -> bytes:
        """Small pictures on one sheet, as JPEG."""
        return await self._threads.run(sheet_of, pictures)

    async def look_of(self, image: ImageRef, small: Path) -> bytes:
        """What a picture looks like; told by its small version where that is there."""
        return await self._threads.run(self._looked, image, small)

    def _shrunk(self, image: ImageRef, edge: int) -> bytes:
        # Read in the same thread, so that no more originals are in memory than are shrunk at once.
        return thumbnail(image.name, self._sources.read(image).data, edge, max_pixels=self._max_pixels)

    def _looked(self, image: ImageRef, small: Path) -> bytes:
        data = small.read_bytes() if small.exists() else self._sources.read(image).data
        return features(image.name, data, max_pixels=self._max_pixels).astype("<f4").tobytes()


def nearest(looks: Sequence[bytes], one: bytes, most: int) -> list[tuple[int, float]]:
    """Those of `looks` that are nearest to `one`, the nearest first: place and distance."""
    crowd = Crowd.of(np.frombuffer(b"".join(looks), "<f4"))
    return crowd.nearest(np.frombuffer(one, "<f4").astype(np.float32), most)
