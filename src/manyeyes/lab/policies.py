"""The ways to go about a scenario that can be compared, by name."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from manyeyes.lab.draws import Draws
from manyeyes.lab.provider import announces
from manyeyes.lab.scenario import Allowed, Scenario
from manyeyes.lab.textbook import AimdLimit, ArcLimit, Gradient2Limit, VegasLimit
from manyeyes.model.errors import SettingsError
from manyeyes.pacing.adaptive import CEILING, START
from manyeyes.pacing.knowledge import Knowledge
from manyeyes.pacing.limit import FixedLimit, Limit, Sample
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.quota import Quota
from manyeyes.pacing.threshold import ThresholdLimit


@dataclass(frozen=True, slots=True)
class Way:
    """How a run goes about it."""

    limiter: Limiter
    #: Pictures of a batch, each waiting for the whole one before; None for none.
    batch: int | None = None
    #: Whether slow calls at the end are asked a second time.
    hedges: bool = False


_PLAIN: dict[str, Limit] = {
    "sequential": FixedLimit(1),
    "threshold": ThresholdLimit(),
    "aimd": AimdLimit(),
    "aimd-5s": AimdLimit(slow=5.0),
    "vegas": VegasLimit(),
    "gradient2": Gradient2Limit(),
    "vector": ArcLimit(),
}
#: Any of them with this behind it asks slow calls at the end a second time.
HEDGED = "+hedge"
POLICIES = ("auto", "auto:N", "auto+hedge", "configured", "fixed:N", "truth", "batch:N", *_PLAIN)


def check_policy(name: str) -> str:
    """The name, if it is that of a policy. Raises SettingsError."""
    plain = name.removesuffix(HEDGED)
    if (
        plain in _PLAIN
        or plain in ("auto", "configured", "truth")
        or re.fullmatch(r"(auto|fixed|batch):[1-9]\d{0,5}", plain)
    ):
        return name
    raise SettingsError(f"--policy must be one of {', '.join(POLICIES)}, not {name!r}")


def way_of(name: str, scenario: Scenario, draws: Draws, knowledge: Knowledge | None = None) -> Way:
    """What a policy does in a scenario. Raises SettingsError for a name that is none."""
    check_policy(name)
    if name.endswith(HEDGED):
        return replace(way_of(name.removesuffix(HEDGED), scenario, draws, knowledge), hedges=True)
    announced = announces(scenario)
    if name == "configured" or name.startswith("auto"):
        known = Knowledge() if knowledge is None else knowledge
        adaptive = known.adaptive(float(name.partition(":")[2] or START), 1, CEILING)
        quota = _configured(scenario.requests) if name == "configured" else None
        listens_first = announced and known.rate is None and quota is None
        return Way(Limiter(adaptive, quota, learned=known.learned(), listens_first=listens_first))
    limit: Limit
    quota, batch = None, None
    if name == "truth":
        limit, quota = _true_limit(scenario), _true_quota(scenario, draws)
    elif name in _PLAIN:
        limit = _PLAIN[name]
    else:
        kind, number = name.split(":")
        limit, batch = FixedLimit(int(number)), int(number) if kind == "batch" else None
    # Who knows the truth need not hear it first.
    # The others are as they are in books: no refusal teaches them a rate.
    return Way(Limiter(limit, quota, learned=None, listens_first=announced and name != "truth"), batch)


def _configured(allowed: Allowed | None) -> Quota | None:
    """What `--rpm` and `--burst` would say of it: of a window, that calls come one by one."""
    if allowed is None:
        return None
    return Quota.per_minute(allowed.per_minute, 1 if allowed.kind == "window" else max(1, allowed.most))


# Fixed at the true capacity


@dataclass(frozen=True, slots=True)
class KnownSlots:
    """As many calls as the provider works on at once, at each time."""

    #: Times and slots, the first from 0 on.
    changes: tuple[tuple[float, int], ...]
    value: int
    patience: float = math.inf

    def after(self, sample: Sample) -> KnownSlots:
        """The slots at the time of the sample."""
        if len(self.changes) < 2 or sample.ended_at < self.changes[1][0]:
            return self
        return KnownSlots(self.changes[1:], self.changes[1][1]).after(sample)

    def after_in_order(self, sample: Sample) -> KnownSlots:  # noqa: ARG002
        """Itself."""
        return self


@dataclass(frozen=True, slots=True)
class _Windows(Quota):
    """A quota that is whole again at the start of each minute; `interval` and `burst` are not used."""

    most: float = 0.0
    phase: float = 0.0
    used: float = 0.0
    window: int = 0

    def _at(self, now: float) -> int:
        return math.floor((now + self.phase + 1e-6) / 60)

    def wait(self, now: float, cost: float = 1) -> float:  # noqa: ARG002
        window = self._at(now)
        if window != self.window or self.used + 1 <= self.most:
            return 0.0
        return (window + 1) * 60 - self.phase - now

    def taken(self, now: float, cost: float = 1) -> _Windows:  # noqa: ARG002
        window = self._at(now)
        return replace(self, window=window, used=(self.used if window == self.window else 0.0) + 1)


def _true_limit(scenario: Scenario) -> Limit:
    """As many at once as there are slots; with the true rate, that is to know all but what calls take."""
    changes = tuple((at * scenario.unit, slots) for at, slots in scenario.slots)
    return KnownSlots(changes, changes[0][1]) if changes else FixedLimit(scenario.images)


def _true_quota(scenario: Scenario, draws: Draws) -> Quota | None:
    """The tighter of the quotas, in calls: tokens count by their mean, other clients by what they ask for."""
    mean = scenario.tokens_a_call.mean
    phases = draws.phases()
    known = [
        _as_calls(allowed, unit, phase)
        for allowed, unit, phase in ((scenario.requests, 1.0, phases[0]), (scenario.tokens, mean, phases[1]))
        if allowed is not None
    ]
    return max(known, key=lambda quota: quota.interval, default=None)


def _as_calls(allowed: Allowed, unit: float, phase: float) -> Quota:
    left = max(allowed.per_minute - allowed.others_per_minute, 0.01 * allowed.per_minute) / unit
    if allowed.kind == "window":
        phase = phase if allowed.phase is None else allowed.phase
        return _Windows(60 / left, 1, most=left, phase=phase)
    return Quota(60 / left, max(1, int(allowed.most / unit)))
