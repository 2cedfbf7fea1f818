"""What commands read: runs and how their pictures ended, in a store of this machine or at a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from manyeyes.model.errors import SettingsError
from manyeyes.model.portfolio import Portfolio
from manyeyes.portrait.export import FORMATS, encoded, write_out
from manyeyes.portrait.failures import Cause, causes_of
from manyeyes.portrait.style import StyleProfile
from manyeyes.portrait.writing import with_words
from manyeyes.settings import read_settings
from manyeyes.store.finding import PictureRecord, find_run, find_run_or_picture, find_run_or_portfolio
from manyeyes.store.latest import latest
from manyeyes.store.reports import Kept, Look, RunSummary, history, list_runs, pages
from manyeyes.store.sql import SqlStore
from manyeyes.store.steering import Standing, Wish, standing_of, want

#: What a profile is of.
Subject = RunSummary | Portfolio


def portfolio_of(of: Subject) -> Portfolio:
    """The portfolio that this is, or was a run of."""
    return of.portfolio if isinstance(of, RunSummary) else of


class Records(Protocol):
    """Everything raises SettingsError where nothing is called so, and StoreError or ServerError."""

    async def runs(self) -> list[RunSummary]:
        """The runs, newest first."""

    async def run(self, text: str) -> RunSummary:
        """The run that `text` names."""

    async def run_or_picture(self, text: str) -> RunSummary | PictureRecord:
        """What `text` names."""

    async def run_or_portfolio(self, text: str) -> Subject:
        """What `text` names."""

    async def looks(self, picture: PictureRecord) -> list[Look]:
        """How a picture ended in every run that it was part of, newest first."""

    def pages(self, of: Subject) -> AsyncIterator[Sequence[Kept]]:
        """How the pictures of a run ended, or last of a portfolio, some at a time."""

    async def worded(self, of: Subject, profile: StyleProfile) -> StyleProfile:
        """A profile with what a model wrote about its portfolio, where one did."""

    async def put_into_words(self, of: Subject, profile: StyleProfile, by: str) -> None:
        """Have the model of `by` (`analyzer` or `analyzer:model`) write about it. Raises NotWritten."""

    async def causes(self, run: RunSummary) -> list[Cause]:
        """Why pictures of a run failed, the most frequent cause first."""

    def exported(self, run: RunSummary, form: str, *, raw: bool) -> AsyncIterator[bytes]:
        """The results of a run, written as `jsonl` or `csv`; `raw` adds the model's own words."""

    async def write(self, run: RunSummary, out: Path, *, raw: bool = False, whole: bool = True) -> int | None:
        """The same into a file (`write_out`); how many results, where that is known."""

    async def standing(self, run: RunSummary) -> Standing:
        """How a run stands, as far as others may steer it."""

    async def want(self, run: RunSummary, wish: Wish) -> bool:
        """Ask a run to pause, to go on or to stop; whether somebody is there who can hear it."""


class StoredRecords:
    """Those of a store, which is entered."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def runs(self) -> list[RunSummary]:
        """The runs, newest first."""
        return await self._store.carry_out(list_runs)

    async def run(self, text: str) -> RunSummary:
        """The run that `text` names."""
        return await self._store.carry_out(partial(find_run, text=text))

    async def run_or_picture(self, text: str) -> RunSummary | PictureRecord:
        """What `text` names."""
        return await self._store.carry_out(partial(find_run_or_picture, text=text))

    async def looks(self, picture: PictureRecord) -> list[Look]:
        """How a picture ended in every run that it was part of, newest first."""
        return await self._store.carry_out(partial(history, picture=picture.id))

    async def run_or_portfolio(self, text: str) -> Subject:
        """What `text` names."""
        found: Subject = await self._store.carry_out(partial(find_run_or_portfolio, text=text))
        return found

    def pages(self, of: Subject) -> AsyncIterator[Sequence[Kept]]:
        """How the pictures of a run ended, or last of a portfolio, some at a time."""
        return pages(self._store, of.id) if isinstance(of, RunSummary) else latest(self._store, of.id)

    async def worded(self, of: Subject, profile: StyleProfile) -> StyleProfile:
        """A profile with what a model wrote about its portfolio, where one did."""
        return await with_words(self._store, portfolio_of(of).id, profile)

    async def put_into_words(self, of: Subject, profile: StyleProfile, by: str) -> None:
        """Have the model of `by` (`analyzer` or `analyzer:model`) write about it. Raises NotWritten."""
        from manyeyes.wording import put_into_words, settings_by  # noqa: PLC0415 - few commands ask a model

        settings = settings_by(by, read_settings())
        await put_into_words(settings, self._store, portfolio_of(of).id, profile)

    async def causes(self, run: RunSummary) -> list[Cause]:
        """Why pictures of a run failed, the most frequent cause first."""
        return await causes_of(pages(self._store, run.id, only_failed=True))

    def exported(self, run: RunSummary, form: str, *, raw: bool) -> AsyncIterator[bytes]:
        """The results of a run, written as `jsonl` or `csv`; `raw` adds the model's own words."""
        return encoded(pages(self._store, run.id, raw=raw), FORMATS[f".{form}"], raw=raw)

    async def write(self, run: RunSummary, out: Path, *, raw: bool = False, whole: bool = True) -> int | None:
        """The same into a file (`write_out`); how many results."""
        return await write_out(pages(self._store, run.id, raw=raw), out, raw=raw, whole=whole)

    async def standing(self, run: RunSummary) -> Standing:
        """How a run stands, as far as others may steer it."""
        standing: Standing | None = await self._store.carry_out(partial(standing_of, run=run.id))
        if standing is None:
            raise SettingsError(f"run {run.id[:8]} is gone: its portfolio was forgotten")
        return standing

    async def want(self, run: RunSummary, wish: Wish) -> bool:
        """Ask a run to pause, to go on or to stop; whether somebody is there who can hear it."""
        return await self._store.carry_out(partial(want, run=run.id, wish=wish))
