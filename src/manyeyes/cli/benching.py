"""A benchmark on the command line: asked for, carried out trial by trial, and told."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from manyeyes.analyzers.access import Access
from manyeyes.analyzers.base import Analyzer, Traits
from manyeyes.analyzers.open import open_analyzer
from manyeyes.assemble import Assembly, Wish, analyzer_of, assembled, keep_lesson, open_store
from manyeyes.cli.asking import Question
from manyeyes.cli.bench_bar import Lines, open_bar
from manyeyes.cli.bench_told import About, Found, tell
from manyeyes.cli.beside import stand_in
from manyeyes.cli.codes import ALL_ANALYZED, STOPPED, WAS_INTERRUPTED
from manyeyes.cli.interrupts import Interrupts
from manyeyes.cli.running import someone_is_there
from manyeyes.cli.words import printable
from manyeyes.engine.preview import Preview
from manyeyes.engine.run import INTERRUPTED
from manyeyes.lab.bench import Way, draw_pictures, measure
from manyeyes.lab.report import knee_of, knowledge_from, rows_of
from manyeyes.model.errors import SettingsError
from manyeyes.model.event import Event
from manyeyes.model.progress import Progress
from manyeyes.pacing.limiters import Limiters
from manyeyes.settings import Settings
from manyeyes.store.memory import MemoryStore

#: What Replicate publishes: creates and other requests a minute.
CREATES, OTHERS = 600.0, 3000.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured, and how it is told."""

    sources: tuple[str, ...]
    #: Pictures at most.
    images: int
    ways: tuple[Way, ...]
    #: The stand-in's settings; None where the analyzer of the settings is tried.
    world: Mapping[str, float] | None
    plot: Path
    yes: bool
    as_json: bool

    @property
    def faster(self) -> float:
        """How many times faster than real a stand-in's time runs."""
        return 1.0 if self.world is None else 1 / self.world["time_factor"]


async def bench(settings: Settings, wanted: Wanted) -> int:
    """Measure and tell; the exit code. Ctrl-C ends it at once, and what was measured by then is told."""
    found = Found()
    trials = asyncio.create_task(_measure_all(settings, wanted, found))
    interrupts = Interrupts(trials.cancel, trials.cancel)
    with interrupts.heard():
        try:
            await trials
        except asyncio.CancelledError:
            if not interrupts.count:
                raise
            found.stopped = INTERRUPTED
    tell(found, _about(wanted, found), wanted.plot, as_json=wanted.as_json)
    if found.stopped is None:
        await _keep(settings, wanted, found)
    if found.stopped == INTERRUPTED:
        return WAS_INTERRUPTED
    return ALL_ANALYZED if found.stopped is None else STOPPED


async def _measure_all(settings: Settings, wanted: Wanted, found: Found) -> None:
    """Every trial, one after another; what is found is noted at once, whatever comes after."""
    if wanted.world is None and analyzer_of(settings).traits.base_url:
        # What is wrong with either is best heard before anything is paid.
        async with open_store(settings):
            pass
    with tempfile.TemporaryDirectory(prefix="manyeyes-bench-") as place:
        wish = Wish(wanted.sources or (place,), limit=wanted.images)
        if not wanted.sources:
            await _draw(Path(place), wanted.images)
        async with _service(settings, wanted) as analyzer_of_trial:

            def trial(number: int) -> AbstractAsyncContextManager[Assembly]:
                fitting = _settings_of(wanted.ways[number], settings, wanted.faster)
                analyzer = analyzer_of_trial(number)
                # Nothing is known from the trial before, neither answers nor limits.
                return assembled(fitting, wish, analyzer=analyzer, store=MemoryStore(), limiters=Limiters())

            async with trial(0) as assembly:
                found.traits, preview = assembly.parts.analyzer.traits, await assembly.preview()
                if preview.pictures == 0:
                    raise SettingsError(f"no pictures in {assembly.parts.source.label!r}: nothing to try on")
            found.images = preview.pictures
            if found.traits.paid and wanted.world is None:
                found.stopped = await _refusal(wanted, found.traits, preview)
            if found.stopped is None:
                await _try_all(wanted, trial, found)


async def _draw(folder: Path, count: int) -> None:
    typer.echo(f"Drawing {count} pictures...", err=True)
    for _ in draw_pictures(folder, count):
        # Each takes a moment: an interrupt is heard in between.
        await asyncio.sleep(0)


@asynccontextmanager
async def _service(settings: Settings, wanted: Wanted) -> AsyncIterator[Callable[[int], Analyzer]]:
    """What makes the analyzer of each trial, not yet entered."""
    if wanted.world is None:
        yield lambda _: analyzer_of(settings)
        return
    # A minute's worth at once, as Replicate has it: whoever is told less with --burst keeps to that.
    quotas = {
        "creates_per_minute": wanted.faster * (settings.rpm or CREATES),
        "others_per_minute": wanted.faster * OTHERS,
    }
    above = settings.replicate_upload_above
    async with stand_in({**wanted.world, **quotas}) as origin:
        # An account for each trial: its quota is full, and it meets the same latencies as the one before.
        yield lambda number: open_analyzer("replicate", None, Access(f"trial-{number}", origin, above))


def _settings_of(way: Way, settings: Settings, faster: float) -> Settings:
    """The settings of one trial; where time runs faster, more fits into each minute and second of it."""
    rates = {name: getattr(settings, name) for name in ("rpm", "tpm", "upload_mbps")}
    changed = {name: None if rate is None else faster * rate for name, rate in rates.items()} | {
        "strategy": way.strategy,
        "concurrency": way.calls,
        "batch_size": way.calls if way.strategy == "batch" else None,
        "preset": None,
        # Nothing can be measured of a provider that is down.
        "when_down": "stop",
    }
    return settings.model_copy(update=changed)


async def _refusal(wanted: Wanted, traits: Traits, preview: Preview) -> str | None:
    """Why nothing may be asked: whoever pays does not agree. Raises SettingsError where nobody is there."""
    if wanted.yes:
        return None
    trials, most = len(wanted.ways), len(wanted.ways) * preview.most_calls
    cost = (
        f"{preview.pictures} pictures, {trials} trials: {trials * preview.calls} calls, at most {most} "
        f"({preview.tries} tries each)"
    )
    to = printable(f"{traits.model} on {traits.adapter}")
    if not someone_is_there():
        raise SettingsError(f"this would cost money at {to} ({cost}): say --yes to that, or try less")
    words = f"{cost}. They go to {to}, and the answers are not kept.\nGo on?"
    return None if await Question().ask(words) else "declined"


async def _try_all(
    wanted: Wanted, trial: Callable[[int], AbstractAsyncContextManager[Assembly]], found: Found
) -> None:
    bar = open_bar(sys.stderr, wanted.ways, found.images)
    with bar.shown():
        for number, way in enumerate(wanted.ways):
            async with trial(number) as assembly:
                listener = partial(_hear, bar, way)
                measured = await measure(way, assembly.parts, assembly.plan, listener)
            if measured.stopped is not None:
                found.stopped = f"{way.name}: {measured.stopped}"
                return
            found.measured.append(measured)
            bar.ended(measured)


def _hear(bar: Lines, way: Way, _: Event, progress: Progress) -> None:
    bar.moved(way, progress.current)


async def _keep(settings: Settings, wanted: Wanted, found: Found) -> None:
    """Have later runs with this provider start from what was found."""
    if wanted.world is not None:
        typer.echo("It was a stand-in: nothing of this is kept for real runs.", err=True)
    if wanted.world is not None or found.traits is None or not found.traits.base_url:
        return
    learned = knowledge_from(found.measured, knee_of(rows_of(found.measured)))
    async with open_store(settings) as store:
        await keep_lesson(store, found.traits, learned)
    typer.echo(f"Runs with {found.traits.model} start from what was found here.", err=True)


def _about(wanted: Wanted, found: Found) -> About:
    if wanted.world is None:
        who = "" if found.traits is None else f"{found.traits.model} ({found.traits.adapter})"
        head = f"{found.images} pictures by {printable(who)}"
        return About((f"{head}.",), head)
    world, faster = wanted.world, f"{wanted.faster:g}"
    slots, median = f"{world['capacity']:g}", f"{world['median']:g}"
    lines = [
        f"{found.images} pictures; a stand-in works on {slots} at once and takes {median} s by the median",
        f"(cv {world['cv']:g}).",
    ]
    if wanted.faster != 1:
        lines[1] += f" It runs {faster} times faster than that: 1 s below stands for {faster} s."
    short = f"{found.images} pictures; stand-in: {slots} slots, median {median} s, {faster} × faster"
    return About(tuple(lines), short)
