"""Measures ways to go about a portfolio: each is a real run whose calls are watched."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PIL import Image

from manyeyes.analyzers.base import Analyzer, Traits
from manyeyes.engine.feed import Listener
from manyeyes.engine.plan import Plan
from manyeyes.engine.run import Run
from manyeyes.engine.seams import Parts
from manyeyes.lab.sample import draw_garment
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import AnalyzerError, RateLimited, SettingsError
from manyeyes.model.image import PreparedImage
from manyeyes.model.ticket import Intent, Ticket
from manyeyes.pacing.knowledge import Knowledge

Moving = Literal["auto", "threshold"]

#: Pixels of a drawn picture: so small that preparing it is soon done, and what is measured is the service.
_SMALL = (300, 400)
#: Each drawn garment is shown from all these sides, since to draw one takes a tenth of a second.
_SIDES = (
    None,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.ROTATE_180,
)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to go about a portfolio."""

    strategy: Literal["sequential", "batch", "continuous"]
    #: Calls at once, or the rule that finds them out.
    calls: int | Moving = 1

    @property
    def name(self) -> str:
        """As the table has it."""
        if self.strategy == "sequential":
            return "sequential"
        return f"{self.strategy} {self.calls}" if isinstance(self.calls, int) else self.calls

    @property
    def pinned(self) -> int | None:
        """The number of calls at once that can be recommended; None where none is pinned, or batches wait."""
        return self.calls if self.strategy != "batch" and isinstance(self.calls, int) else None


SEQUENTIAL = Way("sequential")
#: What is tried where nothing else is asked for.
USUAL = (
    SEQUENTIAL,
    Way("batch", 5),
    *(Way("continuous", calls) for calls in (3, 5, 8, 10, 15, 20)),
    Way("continuous", "auto"),
)


def ways_of(words: Sequence[str], preferred: int | Moving | None = None) -> tuple[Way, ...]:
    """The ways to try, one after another first, since all is compared with it.

    `words` are the user's, several of them in one with commas between; the usual ways where there are none,
    and `preferred`, what a setting says, where it is not among them. Raises SettingsError.
    """
    asked = [word.strip() for each in words for word in each.split(",")]
    ways = [_way(word) for word in asked] if asked else [*USUAL]
    if not asked and preferred is not None:
        ways.insert(-1, _at_once(preferred))
    # Each once, in the order of the first mention.
    return tuple(dict.fromkeys((SEQUENTIAL, *ways)))


def _way(word: str) -> Way:
    found = re.fullmatch(r"(batch:)?(\d{1,4})", word, re.ASCII)
    if found is not None and int(found[2]) > 0:
        return Way("batch", int(found[2])) if found[1] else _at_once(int(found[2]))
    match word:
        case "sequential":
            return SEQUENTIAL
        case "auto" | "threshold":
            return _at_once(word)
    raise SettingsError(
        f"--concurrency takes numbers from 1 to 9999, auto, threshold, batch:N and sequential, not {word!r}"
    )


def _at_once(calls: int | Moving) -> Way:
    return SEQUENTIAL if calls == 1 else Way("continuous", calls)


def draw_pictures(folder: Path, count: int) -> Iterator[Path]:
    """Draw `count` small pictures of garments into `folder`, no two alike, each when it is asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        number, side = divmod(index, len(_SIDES))
        if side == 0:
            garment = draw_garment(number + 1)[0].resize(_SMALL)
        turn = _SIDES[side]
        path = folder / f"picture-{index + 1:04}.jpg"
        (garment if turn is None else garment.transpose(turn)).save(path, quality=85)
        yield path


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made; times are seconds from the start of its run."""

    began: float
    ended: float
    end: Literal["answered", "refused", "failed"]

    @property
    def seconds(self) -> float:
        """What it took."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one way. Times are seconds."""

    way: Way
    #: Pictures that ended, failed ones too.
    images: int
    failed: int
    seconds: float
    calls: tuple[Call, ...]
    #: 429s, those of status checks too.
    refused: int
    #: Why it stopped before its end.
    stopped: str | None = None
    #: What `auto` has learned.
    knowledge: Knowledge | None = None


class Watched:
    """An analyzer whose calls are noted as they end: another one's, passed through."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        #: Those that have ended, by the loop's time.
        self.calls: list[Call] = []
        self.refused = 0
        #: When the calls began that go on as tickets, by these.
        self._begun: dict[str, float] = {}

    @property
    def traits(self) -> Traits:
        """The other's."""
        return self._analyzer.traits

    async def __aenter__(self) -> Watched:
        await self._analyzer.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._analyzer.__aexit__(*error)

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        """The other's start; its call begins now."""
        began = asyncio.get_running_loop().time()
        try:
            came = await self._analyzer.start(image, ask, intent)
        except AnalyzerError as error:
            self.refused += isinstance(error, RateLimited)
            self._ended(began, "refused" if isinstance(error, RateLimited) else "failed")
            raise
        if isinstance(came, Reply):
            self._ended(began, "answered")
        else:
            self._begun[came.id] = began
        return came

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """The other's check; a look that is refused ends nothing."""
        try:
            came = await self._analyzer.check(ticket)
        except RateLimited:
            self.refused += 1
            raise
        except AnalyzerError:
            self._ended(self._begun.pop(ticket.id, None), "failed")
            raise
        if isinstance(came, Reply):
            self._ended(self._begun.pop(ticket.id, None), "answered")
        return came

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        """The other's find; a call that it finds goes on from now."""
        found = await self._analyzer.find(intent)
        if isinstance(found, Ticket):
            self._begun.setdefault(found.id, asyncio.get_running_loop().time())
        return found

    async def cancel(self, ticket: Ticket) -> None:
        """The other's cancel."""
        await self._analyzer.cancel(ticket)

    def _ended(self, began: float | None, end: Literal["answered", "refused", "failed"]) -> None:
        if began is not None:
            self.calls.append(Call(began, asyncio.get_running_loop().time(), end))


async def measure(way: Way, parts: Parts, plan: Plan, listener: Listener) -> Measured:
    """Carry the run out, and say what came of it. Cancelling this ends the run at once."""
    watched = Watched(parts.analyzer)
    async with Run(replace(parts, analyzer=watched), plan, listeners=(listener,)) as run:
        report = await run.wait()
    end = report.progress
    calls = [
        replace(call, began=call.began - end.started_at, ended=call.ended - end.started_at)
        for call in watched.calls
    ]
    return Measured(
        way,
        end.current,
        end.failed,
        end.elapsed,
        tuple(calls),
        watched.refused,
        report.stopped,
        parts.limiter.knowledge,
    )
