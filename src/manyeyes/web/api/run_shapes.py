"""What the API takes and gives of runs, each shape with an example."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from manyeyes.web.api.shapes import (
    A_PORTFOLIO,
    A_RUN,
    ONLY_NUMBERS,
    Asked,
    Flag,
    RunBrief,
    Shape,
    example,
)

Count = Annotated[int, Field(ge=1, le=1000), ONLY_NUMBERS]
PerCent = Annotated[float, Field(ge=0, le=100), ONLY_NUMBERS]


class RunAsked(Asked):
    """What is asked of a run. What is not said is as the server is set."""

    analyzer: Annotated[str, StringConstraints(pattern="^[a-z]{1,40}$")] | None = None
    model: Annotated[str, StringConstraints(pattern=r"^[ -~]{1,200}$")] | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000), ONLY_NUMBERS] | Literal["auto", "threshold"] | None = (
        None
    )
    preset: Literal["development", "production", "high-load", "rate-limited", "by-size"] | None = None
    strategy: Literal["continuous", "batch", "sequential"] | None = None
    batch_size: Count | Literal["auto"] | None = None
    budget: Annotated[int, Field(ge=1, le=10_000_000), ONLY_NUMBERS] | None = Field(
        default=None, description="Calls at most, whatever happens; then the run stops."
    )
    budget_dollars: Annotated[float, Field(gt=0, le=1_000_000), ONLY_NUMBERS] | None = Field(
        default=None, description="The same in US dollars, where the price of a call is known."
    )
    limit: Annotated[int, Field(ge=1, le=10_000_000), ONLY_NUMBERS] | None = Field(
        default=None, description="Pictures at most, the first of the listing."
    )
    retry_failed: Flag = Field(default=False, description="Ask again where the final answer was no.")
    fresh: Flag = Field(default=False, description="Ask again for every picture, answered or not.")
    overall_range: tuple[
        Annotated[float, Field(ge=0, le=100), ONLY_NUMBERS],
        Annotated[float, Field(ge=0, le=100), ONLY_NUMBERS],
    ] = Field(default=(0, 100), description="Maps the run into a larger bar: per cent at its start and end.")
    webhook: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2000)] | None = Field(
        default=None, description="An address that is told when the run has ended."
    )
    model_config = example(analyzer="local", concurrency="auto", budget=100)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        """An empty body asks for nothing in particular."""
        return {} if value is None else value


class EstimateShape(Shape):
    """What a run would come to, told before it starts."""

    pictures: int
    answered: int = Field(description="Of these, answered before: they cost nothing.")
    calls: int
    most_calls: int = Field(description="If the worst comes to the worst.")
    bytes: int
    passed_over: int
    analyzer: str
    model: str
    paid: bool
    seconds_low: float | None = Field(description="Null where nobody can tell yet.")
    seconds_high: float | None
    told_from: Literal["learned", "runs"] | None
    cost: float | None = Field(description="US dollars; null where no price is known.")
    most_cost: float | None
    model_config = example(
        pictures=44,
        answered=2,
        calls=42,
        mostCalls=168,
        bytes=123_456_789,
        passedOver=0,
        analyzer="replicate",
        model="google/gemini-2.5-flash",
        paid=True,
        secondsLow=11.0,
        secondsHigh=26.0,
        toldFrom="learned",
        cost=0.084,
        mostCost=0.336,
    )


class OrderShape(Shape):
    """What was asked of a run."""

    analyzer: str | None
    model: str | None
    concurrency: str | None
    preset: str | None
    strategy: str | None
    batch_size: str | None
    budget: int | None
    limit: int | None
    retry_failed: bool
    fresh: bool
    overall_range: tuple[float, float]
    webhook: str | None


class DeliveryShape(Shape):
    """How telling the webhook went."""

    state: Literal["waiting", "delivered", "failed"]
    tries: int
    error: str | None


class RunShape(Shape):
    """A run, with how far it is and how it goes."""

    id: str
    portfolio: str
    portfolio_name: str
    state: Literal["running", "complete", "stopped", "interrupted", "broken off"]
    paused: bool
    wanted: Literal["pause", "resume", "stop"] | None = Field(
        description="What was asked of it and is done within seconds."
    )
    stopped: str | None = Field(description="Why it stopped before its end.")
    analyzer: str
    model: str
    started: str
    ended: str | None
    here: bool = Field(
        description="Whether this server carries it out; others are paused and stopped all the same."
    )
    progress: dict[str, Any] = Field(description="As `--progress json` prints it.")
    vitals: dict[str, Any] = Field(
        description="Rates of the last ten seconds, what is in flight, and a series."
    )
    order: OrderShape | None = Field(description="Null for a run of the command line.")
    webhook: DeliveryShape | None
    continues: str | None
    continued_by: str | None
    model_config = example(
        id=A_RUN,
        portfolio=A_PORTFOLIO,
        portfolioName="Spring 2027",
        state="running",
        paused=False,
        wanted=None,
        stopped=None,
        analyzer="local",
        model="1",
        started="2026-11-23T10:00:00.000Z",
        ended=None,
        here=True,
        progress={"current": 5, "total": 44, "percentage": 11, "message": "Analyzing image 5 of 44..."},
        vitals={"inFlight": 5, "limit": 5, "callsPerSecond": 1.7},
        order=None,
        webhook=None,
        continues=None,
        continuedBy=None,
    )


class RunsShape(Shape):
    """Runs, newest first."""

    runs: list[RunBrief]


class AnalyzerShape(Shape):
    """An analyzer that can be chosen."""

    name: str
    model: str | None
    paid: bool
    lacks: str = Field(description="Why it cannot be used here; empty where it can.")
    price_per_call: float | None = Field(description="US dollars.")


class AnalyzersShape(Shape):
    """What can be chosen for a run, and what is where nothing is said."""

    analyzers: list[AnalyzerShape]
    default: str
    concurrency: str
    presets: dict[str, int]


class HealthShape(Shape):
    """All is well."""

    status: Literal["ok"]
