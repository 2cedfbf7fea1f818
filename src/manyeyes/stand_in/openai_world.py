"""What the OpenAI-shaped server of this machine is like: every setting of the stand-in, in small groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from manyeyes.stand_in.options import Group, Option, options_of, setting, world_of
from manyeyes.stand_in.world import Accounts, Faults, Habits, Weather


@dataclass(frozen=True, slots=True)
class Limits(Group):
    """Token buckets per account and model; they keep real time, whatever the time factor."""

    requests_per_minute: float = setting(
        5000.0, "Requests that flow back into the bucket each minute.", positive=True
    )
    request_burst: int = setting(0, "Requests the bucket holds; 0: a minute's worth.")
    tokens_per_minute: float = setting(
        2_000_000.0, "Tokens that flow back each minute; 0: they are not counted."
    )
    token_burst: int = setting(0, "Tokens the bucket holds; 0: a minute's worth.")
    refused_count: bool = setting(
        True, "A refused call takes a token too; the debt goes no deeper than one burst."
    )
    announced: bool = setting(True, "Responses tell in their headers what is left.")
    wait_told: str = setting(
        "header+ms+words",
        "Where a 429 names its wait: header or date (Retry-After), ms (retry-after-ms), words; or nothing.",
    )

    def __post_init__(self) -> None:
        Group.__post_init__(self)
        if unknown := self.tells - {"header", "date", "ms", "words", "nothing"}:
            raise ValueError(
                f"wait_told knows no {', '.join(sorted(unknown))}: say header, date, ms or words, joined by "
                "+, or nothing"
            )

    @property
    def tells(self) -> frozenset[str]:
        """The places in which a 429 names its wait."""
        return frozenset(self.wait_told.split("+"))


@dataclass(frozen=True, slots=True)
class Manners(Group):
    """What differs between the servers that speak this wire."""

    when_full: str = setting(
        "queue",
        "A call that finds no slot free: queues in order, or is refused with 429, or with 503.",
        "queue", "429", "503",
    )  # fmt: skip
    keyless: bool = setting(False, "Needs no token, as servers on one's own machine do.")
    models: tuple[str, ...] = setting(
        ("gpt-4.1-mini", "gpt-4o-mini"), "Models in the list; any name that is not missing is answered."
    )
    structured: str = setting(
        "schema",
        "Which response_format is known: schema and json_object, json_object alone, or none (then 400).",
        "schema", "json_object", "none",
    )  # fmt: skip
    failed_as: str = setting(
        "500", "How a failed answer is told: by HTTP 500, or by an error in the body of a 200.", "500", "200"
    )
    refused_as: str = setting(
        "refusal",
        "How a refusal is told: as message.refusal, by finish_reason content_filter, or by HTTP 400.",
        "refusal", "content_filter", "400",
    )  # fmt: skip
    draws_by: str = setting(
        "picture",
        "What latencies and faults are drawn by: the picture, or the order in which calls are taken.",
        "picture", "order",
    )  # fmt: skip
    largest_request: int = setting(50 * 2**20, "Bytes of one request; above: 413.")


@dataclass(frozen=True, slots=True)
class OpenAIWorld:
    """All of it. Unchanged, a well-behaved service of ordinary speed."""

    accounts: Accounts = field(default_factory=Accounts)
    limits: Limits = field(default_factory=Limits)
    weather: Weather = field(default_factory=Weather)
    faults: Faults = field(default_factory=Faults)
    habits: Habits = field(default_factory=Habits)
    manners: Manners = field(default_factory=Manners)


#: Every setting by its flat name, in the order of the groups. No name stands in two groups.
OPENAI_OPTIONS: tuple[Option, ...] = options_of(OpenAIWorld)


def openai_world_from(values: Mapping[str, object]) -> OpenAIWorld:
    """The server in which the settings named in `values` differ from their defaults (`world_of`)."""
    return world_of(OpenAIWorld, values)
