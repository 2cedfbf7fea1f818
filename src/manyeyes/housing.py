"""Builds the house that the page lives in from settings."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

from manyeyes.analyzers.open import ANALYZERS
from manyeyes.assemble import Assembly, Wish, analyzer_of, assembled, open_store
from manyeyes.engine.feed import Listener
from manyeyes.imaging.threads import Decoders
from manyeyes.intake.sources import Sources
from manyeyes.model.errors import SettingsError
from manyeyes.model.image import ImageRef, Original
from manyeyes.settings import Settings, read_settings
from manyeyes.store.sql import SqlStore
from manyeyes.web.house import AnalyzerNote, Arrived, Caps, Doors, House, Order, TurnedAway

GIGA = 1_000_000_000
#: What every server goes by.
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")


@asynccontextmanager
async def house_of(settings: Settings, log: Callable[[], Listener]) -> AsyncIterator[House]:
    """Everything the page needs, open for as long as the block lasts. Raises SettingsError."""
    data = settings.data_folder
    secret = make_data(data)
    async with open_store(settings) as store, Decoders() as threads:
        upload = int(settings.upload_gb * GIGA)
        token, signing = settings.token, settings.webhook_secret
        yield House(
            data,
            store,
            assembled=partial(_assembled, settings, store),
            analyzers=partial(_analyzers, settings),
            check=_check,
            fetch=_fetch,
            post=_post,
            read=partial(_read, threads, Sources(())),
            shrink=_shrink,
            log=log,
            caps=Caps(upload=upload, file=upload, runs=settings.runs_at_once),
            doors=Doors(
                None if token is None else token.get_secret_value(),
                secret,
                (*OWN_NAMES, *_names(settings)),
            ),
            webhook_secret=None if signing is None else signing.get_secret_value(),
            version=version("manyeyes"),
        )


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


def _assembled(
    settings: Settings, store: SqlStore, order: Order, sources: tuple[str, ...]
) -> AbstractAsyncContextManager[Assembly]:
    wish = Wish(sources, order.retry_failed, order.fresh, order.limit, order.overall_range)
    return assembled(settings_for(settings, order), wish, store=store)


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


def _check(path: Path, name: str, into: Path) -> Sequence[Arrived | TurnedAway]:
    raise NotImplementedError


async def _fetch(url: str, into: Path) -> tuple[Path, str]:
    raise NotImplementedError


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    raise NotImplementedError


async def _read(threads: Decoders, sources: Sources, image: ImageRef) -> Original:
    return await threads.run(sources.read, image)


async def _shrink(image: ImageRef, edge: int) -> bytes:
    raise NotImplementedError
