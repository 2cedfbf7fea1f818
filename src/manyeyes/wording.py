"""Has a portfolio put into words by the model that settings name, for programs and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from manyeyes.analyzers.base import Analyzer
from manyeyes.assemble import Wish, assembled, check_writes, small_jpeg
from manyeyes.imaging.sheet import TILE, sheet_of
from manyeyes.model.errors import ImageError, NotWritten, SettingsError
from manyeyes.model.written import Written
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.style import StyleProfile
from manyeyes.portrait.writing import Commission, carried_out, placed, with_words
from manyeyes.settings import Settings
from manyeyes.store.sql import SqlStore


def settings_by(by: str, settings: Settings) -> Settings:
    """The settings with `analyzer` or `analyzer:model`. Raises SettingsError for one that cannot write.

    A model that was set for another analyzer means nothing to this one.
    """
    name, _, model = by.partition(":")
    check_writes(name)
    own = settings.model if settings.analyzer == name else None
    return settings.model_copy(update={"analyzer": name, "model": model or own})


async def put_into_words(
    settings: Settings,
    store: SqlStore,
    portfolio: str,
    profile: StyleProfile,
    *,
    analyzer: Analyzer | None = None,
) -> Written:
    """What the model that the settings name writes about a portfolio's figures and contact sheet: one call.

    The same question is not bought twice. Raises SettingsError, StoreError, and NotWritten where there are
    no words; then what may have been bought is looked for when it is asked again.
    """
    if not profile.analyzed:
        raise SettingsError("no picture of this portfolio is analyzed yet: `manyeyes analyze` does it")
    sheet = await asyncio.to_thread(_sheet, profile.contact_sheet)
    async with assembled(settings, Wish(()), analyzer=analyzer, store=store) as assembly:
        order = await placed(store, Commission(portfolio, profile, sheet), assembly.parts)
        why_not = await carried_out(store, order, assembly.parts, assembly.plan)
    written = (await with_words(store, portfolio, profile)).written
    if why_not is not None or written is None:
        raise NotWritten(f"{settings.analyzer} has written nothing: {why_not}")
    return written


def _sheet(picks: Sequence[Pick]) -> bytes:
    pictures = list(_still_there(picks))
    if not pictures:
        raise SettingsError(
            "none of the pictures that show what there is can be read any more: put them back to where they "
            "were analyzed"
        )
    return sheet_of(pictures)


def _still_there(picks: Sequence[Pick]) -> Iterator[bytes]:
    for pick in picks:
        try:
            sha256, data = small_jpeg(pick.image, TILE)
        except ImageError:
            continue
        if sha256 == pick.sha256:
            yield data
