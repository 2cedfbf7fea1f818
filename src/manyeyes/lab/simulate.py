"""Predicts how long a run will take: the real engine, a modelled service, a clock that jumps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.modelled import Latency, Modelled, Rate, Service
from manyeyes.analyzers.prompt import default_ask
from manyeyes.engine.plan import Plan
from manyeyes.engine.run import Run
from manyeyes.engine.seams import Parts
from manyeyes.lab import virtual_time
from manyeyes.lab.numbered import Inline, Numbered
from manyeyes.model.ask import Ask, Recipe, Reply
from manyeyes.model.descriptor import parse_descriptor
from manyeyes.model.errors import RateLimited
from manyeyes.model.event import Ended, Event, RunEnded
from manyeyes.model.image import PreparedImage
from manyeyes.model.progress import Progress
from manyeyes.model.ticket import Intent, Ticket
from manyeyes.pacing.budget import Budget
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.quota import Quota
from manyeyes.store.memory import MemoryStore

Strategy = Literal["continuous", "batch", "sequential"]


@dataclass(frozen=True, slots=True)
class Case:
    """A portfolio, a service, and a way to go about it."""

    images: int
    #: Seconds that the service takes for a picture: their median.
    seconds: float
    concurrency: int = 5
    strategy: Strategy = "continuous"
    #: Of the service's seconds: deviation over mean.
    cv: float = 0.0
    #: Calls a minute that the service allows and the run keeps to; None for any number.
    rpm: float | None = None
    burst: int = 1
    #: Pictures of a batch; None for as many as go at once.
    batch_size: int | None = None
    #: Bytes that a batch's pictures may have together; None for any number.
    batch_bytes: int | None = None
    #: Bytes of each picture, or of all.
    size: int | Sequence[int] = 2_000_000
    seed: int = 1

    @property
    def at_once(self) -> int:
        """Calls in flight at most: one after another knows no concurrency."""
        return 1 if self.strategy == "sequential" else self.concurrency


@dataclass(frozen=True, slots=True)
class Prediction:
    """How a run would go."""

    seconds: float
    #: Seconds that one picture after another would take.
    sequential_seconds: float
    #: The state at each time at which pictures ended; the last one is complete.
    progress: tuple[Progress, ...]
    #: Calls that the service refused because they came too fast.
    rejections: int

    @property
    def saved_seconds(self) -> float:
        """Seconds less than one after another."""
        return self.sequential_seconds - self.seconds

    @property
    def saved_per_cent(self) -> int:
        """The same in whole per cent, halves rounded up."""
        return int(100 * self.saved_seconds / self.sequential_seconds + 0.5) if self.sequential_seconds else 0


class _Observed(Modelled):
    """A modelled service that counts what it refuses for coming too fast."""

    rejections = 0

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        try:
            return await Modelled.start(self, image, ask, intent)
        except RateLimited:
            self.rejections += 1
            raise


def simulate(case: Case) -> Prediction:
    """What the engine would do in this case; the same seed meets the same latencies, whatever the
    strategy."""
    seconds, progress, rejections = virtual_time.run(_predict(case))
    sequential = seconds
    if case.at_once > 1:
        sequential, _, _ = virtual_time.run(_predict(replace(case, strategy="sequential")))
    return Prediction(seconds, sequential, progress, rejections)


async def _predict(case: Case) -> tuple[float, tuple[Progress, ...], int]:
    """Seconds, progress at each change, refusals."""
    changes: dict[float, Progress] = {}

    def listen(event: Event, progress: Progress) -> None:
        # Many pictures may end at one time: the last of them tells how far it is then.
        if isinstance(event, Ended | RunEnded):
            changes[progress.elapsed] = progress

    quota = None if case.rpm is None else Quota.per_minute(case.rpm, case.burst)
    limiter = Limiter(FixedLimit(case.at_once), quota)
    source = Numbered(case.images, case.size)
    analyzer = _service(case)
    async with analyzer, MemoryStore() as store:
        parts = Parts(source, Inline(), analyzer, store, limiter, parse_descriptor)
        async with Run(parts, _plan(case, analyzer), listeners=(listen,)) as run:
            report = await run.wait()
    return report.progress.elapsed, tuple(changes.values()), analyzer.rejections


def _service(case: Case) -> _Observed:
    rate = None if case.rpm is None else Rate(case.rpm, case.burst)
    latency = Latency(case.seconds, case.cv)
    return _Observed(latency, seed=case.seed, service=Service(rate=rate))


def _plan(case: Case, analyzer: Analyzer) -> Plan:
    traits = analyzer.traits
    return Plan(
        Recipe(traits.adapter, traits.base_url, traits.model, default_ask(), traits.preparation),
        group=case.batch_size or case.at_once,
        barrier=case.strategy == "batch",
        batch_budget=None if case.batch_bytes is None else Budget(case.batch_bytes),
        seed=case.seed,
    )
