"""One run of the real engine in a scenario, and what is measured of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import inf

from manyeyes.analyzers.prompt import default_ask
from manyeyes.engine.plan import Plan
from manyeyes.engine.run import Run
from manyeyes.engine.seams import Parts
from manyeyes.lab import virtual_time
from manyeyes.lab.bound import strict_bound
from manyeyes.lab.draws import Draws
from manyeyes.lab.figures import Trial, best_throughput, eta_checks, p99, time_to_speed
from manyeyes.lab.nothing_kept import NothingKept
from manyeyes.lab.numbered import Inline, Numbered
from manyeyes.lab.policies import Way, way_of
from manyeyes.lab.provider import Provider
from manyeyes.lab.scenario import Scenario
from manyeyes.model.ask import Recipe
from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.event import Ended, Event
from manyeyes.model.progress import Progress
from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.hedge import Hedge
from manyeyes.pacing.knowledge import Knowledge
from manyeyes.pacing.limiter import Limiter

#: What every answer says.
_DESCRIPTOR = StyleDescriptor(garment_type="dress", is_garment=True)
#: Shares of the portfolio at which the time left is compared with what it came to.
ETA_AT = (0.1, 0.25, 0.5, 0.75, 0.9)
#: Pictures of a group that the log counts.
_GROUP = 5
#: Bytes of pictures in hand where a scenario does not bound them.
_UNBOUNDED = 1 << 60


def trial(scenario: Scenario, policy: str, seed: int, knowledge: Knowledge | None = None) -> Trial:
    """Run a policy in a scenario; the same seed gives the same trial. Raises SettingsError."""
    draws = Draws(scenario, seed)
    way = way_of(policy, scenario, draws, knowledge)
    watcher = _Watcher(scenario.images, way.limiter)
    provider, end = virtual_time.run(_ran(scenario, draws, way, seed, watcher))
    ledger, mean = provider.ledger, scenario.service.mean
    calls = [(sent, answered - sent) for sent, answered in zip(ledger.sent, ledger.answered, strict=True)]
    return Trial(
        scenario.name,
        policy,
        seed,
        scenario.images,
        end.elapsed,
        strict_bound(scenario, draws, provider.others),
        end.analyzed,
        scenario.images - end.analyzed,
        len(ledger.refused),
        ledger.admitted - scenario.images,
        p99([took for _, took in calls]),
        p99([took for sent, took in calls if sent >= end.elapsed / 3]),
        p99([took for sent, took in calls if sent >= watcher.started_by]),
        max((took for _, took in calls), default=0.0),
        scenario.service.quantile(0.99),
        time_to_speed(ledger.answered, 0.9 * best_throughput(scenario), mean),
        tuple(eta_checks(watcher.told, end)),
        way.limiter.knowledge,
    )


@dataclass(slots=True)
class _Watcher:
    """Notes the time left that is told at some points of the way, and when slow start is over."""

    images: int
    limiter: Limiter
    #: When slow start was first seen to be over; inf before.
    started_by: float = inf
    told: list[tuple[float, Progress]] = field(default_factory=list)
    _next: int = 0

    def __post_init__(self) -> None:
        self._look(0.0)

    def _look(self, now: float) -> None:
        limit = self.limiter.limit
        if not (isinstance(limit, AdaptiveLimit) and limit.starting):
            self.started_by = now

    def hear(self, event: Event, progress: Progress) -> None:
        if self.started_by == inf:
            self._look(progress.at)
        if isinstance(event, Ended) and self._next <= progress.current:
            done = len(self.told)
            if self._next:
                self.told.append((ETA_AT[done], progress))
                done += 1
            self._next = max(1, round(ETA_AT[done] * self.images)) if done < len(ETA_AT) else self.images + 1


async def _ran(
    scenario: Scenario, draws: Draws, way: Way, seed: int, watcher: _Watcher
) -> tuple[Provider, Progress]:
    async with Provider(scenario, draws) as provider, NothingKept() as store:
        traits = provider.traits
        recipe = Recipe(traits.adapter, traits.base_url, traits.model, default_ask(), traits.preparation)
        source = Numbered(scenario.images, draws.sizes)
        bound = scenario.memory_megabytes
        preparer = Inline(keeps_bytes=bound is not None)
        parts = Parts(source, preparer, provider, store, way.limiter, lambda _: _DESCRIPTOR)
        memory = _UNBOUNDED if bound is None else int(bound * 1e6)
        group, barrier = way.batch or _GROUP, way.batch is not None
        hedge = Hedge() if way.hedges else None
        plan = Plan(recipe, group=group, barrier=barrier, memory=memory, hedge=hedge, seed=seed)
        async with Run(parts, plan, listeners=(watcher.hear,), consent=_go_on) as run:
            async with asyncio.timeout(_far_too_long(scenario, draws)):
                report = await run.wait()
    return provider, report.progress


def _far_too_long(scenario: Scenario, draws: Draws) -> float:
    """Seconds within which every run surely ends, however slow; a TimeoutError tells of a fault of ours."""
    return 10_000 + 100 * (sum(draws.attempt(0).seconds) + strict_bound(scenario, draws))


async def _go_on(_: str) -> bool:
    return True
