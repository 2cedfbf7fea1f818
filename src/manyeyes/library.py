"""The library's front: analyze a portfolio from Python."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from inspect import iscoroutinefunction

from manyeyes import wording
from manyeyes.analyzers.base import Analyzer
from manyeyes.assemble import Wish, assembled
from manyeyes.engine.run import Run
from manyeyes.engine.seams import Store
from manyeyes.model.errors import SettingsError
from manyeyes.model.event import Ended, Event
from manyeyes.model.outcome import Analyzed, Failed, Outcome
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.model.written import Written
from manyeyes.portrait.profile import profile_of
from manyeyes.settings import Moving, Settings, read_settings
from manyeyes.store.finding import find_run_or_portfolio
from manyeyes.store.latest import latest
from manyeyes.store.reports import RunSummary, pages
from manyeyes.store.sql import SqlStore
from manyeyes.wording import settings_by

Source = str | os.PathLike[str]
OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Report:
    """How the pictures of a portfolio ended."""

    #: Names the run in the store, for `manyeyes show` and `manyeyes export`.
    run: str
    #: Every picture, in listing order.
    outcomes: tuple[Outcome, ...] = field(repr=False)
    #: Seconds that the run took.
    seconds: float
    #: Why the run stopped before its end; None where every picture has ended.
    stopped: str | None

    @property
    def total(self) -> int:
        """Pictures that have ended."""
        return len(self.outcomes)

    @property
    def analyzed(self) -> int:
        """Pictures with a descriptor, reused ones too."""
        return sum(isinstance(outcome, Analyzed) for outcome in self.outcomes)

    @property
    def reused(self) -> int:
        """Of these, answered without a call."""
        return sum(isinstance(outcome, Analyzed) and outcome.reused for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[Failed, ...]:
        """Pictures without a descriptor: `name`, `kind`, `message` and `attempts` of each."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Failed))


@asynccontextmanager
async def analyze(
    source: Source | Sequence[Source],
    *,
    analyzer: str | Analyzer = "local",
    concurrency: int | Moving | None = None,
    on_progress: OnProgress | None = None,
    overall_range: tuple[float, float] = (0, 100),
    settings: Settings | Mapping[str, object] | None = None,
    store: str | Store | None = None,
) -> AsyncIterator[Run]:
    """A run whose outcomes stream: `async with analyze("photos") as run: async for outcome in run: …`.

    Takes what `analyze_portfolio` takes. `run.progress` tells how far it is at any time. Leaving the
    block early stops the run; what is in flight is finished and saved.
    """
    chosen = _settings(settings, analyzer, concurrency, store)
    _check(on_progress, overall_range)
    sources = [source] if isinstance(source, str | os.PathLike) else source
    given = None if isinstance(analyzer, str) else analyzer
    wish = Wish(sources, overall_range=overall_range)
    kept = None if isinstance(store, str) else store
    async with assembled(chosen, wish, analyzer=given, store=kept) as assembly:
        listeners = () if on_progress is None else (_after_each(on_progress),)
        async with Run(assembly.parts, assembly.plan, listeners=listeners, stream=True) as run:
            yield run


async def put_into_words(
    what: str,
    *,
    by: str,
    settings: Settings | Mapping[str, object] | None = None,
    store: str | None = None,
) -> Written:
    """Have a vision model put the style of a portfolio into words: one call, which is never bought twice.

    `what` names a run or a portfolio: by its id, the beginning of it, or a portfolio's name. `by` is an
    analyzer, or `analyzer:model`. `store` and `settings` are those of `analyze_portfolio`.

    Raises SettingsError where something is not usable as given, and AnalyzerError where there are no words;
    called again, it looks for what may have been bought.
    """
    chosen = settings_by(by, _chosen(settings, {"store": store}))
    async with SqlStore(chosen.store_url, create=False) as kept:
        found: RunSummary | Portfolio = await kept.carry_out(partial(find_run_or_portfolio, text=what))
        portfolio = found.portfolio if isinstance(found, RunSummary) else found
        read = pages(kept, found.id) if isinstance(found, RunSummary) else latest(kept, found.id)
        return await wording.put_into_words(chosen, kept, portfolio.id, await profile_of(read))


async def analyze_portfolio(
    source: Source | Sequence[Source],
    *,
    analyzer: str | Analyzer = "local",
    concurrency: int | Moving | None = None,
    on_progress: OnProgress | None = None,
    overall_range: tuple[float, float] = (0, 100),
    settings: Settings | Mapping[str, object] | None = None,
    store: str | Store | None = None,
) -> Report:
    """Analyze every picture of `source`: folders, files and ZIPs, one or several.

    `analyzer` is a name (`local`, `openai`, `replicate`) or an object that fulfils the Analyzer protocol.
    `concurrency` pins the calls at once; `auto`, the default, finds out what the provider takes.
    `on_progress` is called after every picture, failed ones too, and must be quick. `overall_range`
    maps the run into a larger bar: per cent at its start and at its end (`progress.overall`).
    `store` is a URL such as `sqlite:///runs.db`, or an object that fulfils the Store protocol. Everything
    else comes from `settings`, a mapping of names to values, and where that is silent from the environment
    and `.env`; what is given here by an argument of its own wins over all of them.

    Raises SettingsError where something is not usable as given. A run that stops early is no error:
    `Report.stopped` says why, and calling again goes on where it stopped.
    """
    async with analyze(
        source,
        analyzer=analyzer,
        concurrency=concurrency,
        on_progress=on_progress,
        overall_range=overall_range,
        settings=settings,
        store=store,
    ) as run:
        outcomes = [outcome async for outcome in run]
        ended = await run.wait()
    ordered = tuple(sorted(outcomes, key=lambda outcome: outcome.position))
    return Report(ended.run, ordered, ended.progress.elapsed, ended.stopped)


def analyze_portfolio_sync(source: Source | Sequence[Source], **options: object) -> Report:
    """`analyze_portfolio` for scripts without an event loop; takes the same options.

    Raises SettingsError inside a running loop, as in a notebook: `await analyze_portfolio(…)` there.
    """
    if _in_a_loop():
        raise SettingsError(
            "analyze_portfolio_sync was called inside a running event loop (as notebooks have): "
            "use `await analyze_portfolio(...)` there"
        )
    return asyncio.run(analyze_portfolio(source, **options))  # type: ignore[arg-type]


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _settings(
    settings: Settings | Mapping[str, object] | None,
    analyzer: str | Analyzer,
    concurrency: int | Moving | None,
    store: str | Store | None,
) -> Settings:
    flags: dict[str, object] = {"concurrency": concurrency}
    flags |= {"analyzer": analyzer} if isinstance(analyzer, str) else {}
    flags |= {"store": store} if isinstance(store, str) else {}
    return _chosen(settings, flags)


def _chosen(settings: Settings | Mapping[str, object] | None, flags: Mapping[str, object]) -> Settings:
    # Read once more, so that what is given here is checked like everything else.
    return read_settings({**dict(settings or {}), **flags})


def _check(on_progress: OnProgress | None, overall_range: tuple[float, float]) -> None:
    if on_progress is not None and (not callable(on_progress) or iscoroutinefunction(on_progress)):
        raise SettingsError(f"on_progress must be a plain function of the progress, not {on_progress!r}")
    if not (isinstance(overall_range, tuple) and len(overall_range) == 2):
        raise SettingsError(f"overall_range must be two numbers such as (30, 50), not {overall_range!r}")


def _after_each(on_progress: OnProgress) -> Callable[[Event, Progress], None]:
    def listen(event: Event, progress: Progress) -> None:
        if isinstance(event, Ended):
            on_progress(progress)

    return listen
