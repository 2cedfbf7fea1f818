"""A modelled provider and the portfolio that it is given: what `--scenario FILE.json` holds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from manyeyes.model.errors import SettingsError

_NORMAL = NormalDist()
_STRICT = ConfigDict(extra="forbid")

#: Numbers as a file may give them.
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How long the work on one picture takes: log-normal, and now and then far longer."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    #: Seconds: their mean or their median, as `of` says.
    seconds: Positive = 3.0
    of: Literal["mean", "median"] = "mean"
    #: Deviation over mean; 0 is exact.
    cv: NotNegative = 0.5
    #: Share of the calls that take `straggler_factor` times as long.
    stragglers: Share = 0.0
    straggler_factor: Positive = 10.0

    @property
    def sigma(self) -> float:
        """Deviation of the logarithm: σ² = ln(1 + cv²)."""
        return math.sqrt(math.log1p(self.cv**2))

    @property
    def median(self) -> float:
        """Seconds that half of the calls take at most, stragglers left out: mean × e^(−σ²/2)."""
        return self.seconds * math.exp(-(self.sigma**2) / 2) if self.of == "mean" else self.seconds

    @property
    def mean(self) -> float:
        """Seconds that a call takes on average, stragglers left out: median × e^(σ²/2)."""
        return self.seconds * math.exp(self.sigma**2 / 2) if self.of == "median" else self.seconds

    def quantile(self, share: float) -> float:
        """Seconds within which a share of the calls ends, stragglers among them, when nothing queues."""
        low, high = 0.0, self.seconds * 1e6
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if self._below(middle) < share else (low, middle)
        return high

    def _below(self, seconds: float) -> float:
        usual, slow = self._usual_below(seconds), self._usual_below(seconds / self.straggler_factor)
        return (1 - self.stragglers) * usual + self.stragglers * slow

    def _usual_below(self, seconds: float) -> float:
        if self.sigma == 0 or seconds <= 0:
            return float(seconds >= self.median)
        return _NORMAL.cdf(math.log(seconds / self.median) / self.sigma)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large the pictures are, and whether large ones take longer."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    #: Mean of their bytes, in millions.
    megabytes: Positive = 2.0
    #: Deviation over mean; 0 makes all alike.
    cv: NotNegative = 0.0
    #: A picture's seconds are multiplied by (its size / the mean size) to this power.
    weight: NotNegative = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """A service that slows down when too much is asked of it at once."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    #: Calls at the provider, queued ones too, over slots: up to here nothing slows down.
    beyond: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.5
    #: Work begun with n calls there takes 1 + slope × (n / slots − beyond) times as long.
    slope: NotNegative = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """A time during which all work goes slower."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    start: NotNegative
    end: Positive
    #: Work takes so many times as long.
    factor: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What may be used in a minute, of requests or of tokens."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    per_minute: Positive
    #: A `bucket` refills steadily; a `window` is whole again at the start of each minute.
    kind: Literal["bucket", "window"] = "bucket"
    #: What a full bucket holds; `per_minute` where null.
    burst: Positive | None = None
    #: Seconds into the window at which the run begins; drawn anew for each seed where null.
    phase: Annotated[float, Field(ge=0, lt=60)] | None = None
    #: Every response tells in its headers what is left, and when there is more.
    headers: bool = False
    #: They tell that time in whole seconds, rounded up.
    whole_seconds: bool = False
    #: A refusal says how long to wait, in whole seconds rounded up.
    retry_after: bool = True
    #: A refused call uses up as much as one that is let in.
    refused_count: bool = False
    #: What other clients of the same key ask for in a minute.
    others_per_minute: NotNegative = 0.0

    @property
    def per_second(self) -> float:
        """What flows back in a second."""
        return self.per_minute / 60

    @property
    def most(self) -> float:
        """What may be used at one moment after a long rest."""
        return self.per_minute if self.kind == "window" or self.burst is None else self.burst


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a call uses of a quota of tokens, question and answer together: log-normal."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    mean: Positive = 1000.0
    cv: NotNegative = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A portfolio, and the provider that it meets. Times are seconds from the start of the run."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    #: What the tables call it.
    name: str = "scenario"
    #: Pictures of the portfolio.
    images: Count = 200
    #: The first and the last of the seeds that are tried.
    seeds: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] = (1, 10)
    sizes: Sizes = Sizes()
    #: Millions of bytes of pictures that the run may have in hand; each counts whole until it has ended. Any
    #: number where null.
    memory_megabytes: Positive | None = None
    service: Service = Service()
    #: Pairs of a time and the calls that are worked on at once from then on; any number where empty.
    slots: tuple[tuple[NotNegative, Count], ...] = ((0.0, 20),)
    #: Calls beyond the slots `queue`, first come first served, or are refused: a 429 that names no wait.
    when_full: Literal["queue", "refuse"] = "queue"
    #: Whether times in `slots` and `slowdowns` are seconds, or shares of images × mean seconds / first slots.
    times: Literal["seconds", "shares"] = "seconds"
    overload: Overload = Overload()
    slowdowns: tuple[Slowdown, ...] = ()
    #: No work begins before this time.
    boot: NotNegative = 0.0
    requests: Allowed | None = None
    tokens: Allowed | None = None
    tokens_a_call: Tokens = Tokens()
    #: Share of the calls that are worked on and then end in an HTTP 500.
    failures: Share = 0.0
    #: Seconds after which a client stops waiting for a call; the provider works on.
    client_timeout: Positive = 120.0
    #: Seconds that a refusal takes.
    refusal_seconds: NotNegative = 0.2

    def __post_init__(self) -> None:
        if self.seeds[0] > self.seeds[1]:
            raise ValueError("seeds: the first is greater than the last")
        times = [at for at, _ in self.slots]
        if times and (times[0] != 0 or times != sorted(times)):
            raise ValueError("slots: the first time must be 0, and none may come before the one above it")
        if any(slow.start >= slow.end for slow in self.slowdowns):
            raise ValueError("slowdowns: each must start before it ends")
        if self.times == "shares" and not self.slots:
            raise ValueError("times: shares need slots")

    @property
    def unit(self) -> float:
        """Seconds that one unit of the times in `slots` and `slowdowns` stands for."""
        return self.images * self.service.mean / self.slots[0][1] if self.times == "shares" else 1.0


_SCENARIO = TypeAdapter(Scenario)


def parse_scenario(text: str, name: str = "the scenario") -> Scenario:
    """The scenario that a JSON text holds. Raises SettingsError that names the field and what is wrong."""
    try:
        return _SCENARIO.validate_json(text)
    except ValidationError as error:
        faults = "; ".join(_fault(fault["loc"], fault["msg"]) for fault in error.errors()[:5])
        raise SettingsError(f"{name} is no scenario: {faults} (see docs/reference/scenario.md)") from None


def _fault(place: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    message = message.replace("Unexpected keyword argument", "there is no such field")
    field = ".".join(str(part) for part in place)
    return f"{field}: {message}" if field else message
