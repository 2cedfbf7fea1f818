"""What the Replicate of this machine is like: every setting of the stand-in, in small groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from manyeyes.stand_in.options import Group, Option, check_shares, options_of, setting, world_of


@dataclass(frozen=True, slots=True)
class Accounts(Group):
    """Who may come in, and what they can pay. Each token is an account of its own."""

    tokens: tuple[str, ...] = setting((), "Tokens that are accepted; none named: every token is.")
    wrong_tokens: tuple[str, ...] = setting(("wrong",), "Tokens that are answered with 401.")
    broke_tokens: tuple[str, ...] = setting(("broke",), "Tokens of accounts without credit.")
    no_credit: bool = setting(False, "No account has credit.")
    missing: tuple[str, ...] = setting(
        ("nobody/nothing", "0" * 64), "Models (owner/name) and versions that do not exist here."
    )


@dataclass(frozen=True, slots=True)
class Quotas(Group):
    """Token buckets per account; they keep real time, whatever the time factor."""

    creates_per_minute: float = setting(
        600.0, "Creates that flow back into the bucket each minute.", positive=True
    )
    create_burst: int = setting(0, "Creates the bucket holds; 0: a minute's worth.")
    others_per_minute: float = setting(
        3000.0, "All other requests that flow back each minute.", positive=True
    )
    other_burst: int = setting(0, "Other requests the bucket holds; 0: a minute's worth.")
    low_credit: bool = setting(False, "Under $5 of credit: 6 creates a minute with a burst of 1.")
    refused_count: bool = setting(
        True, "A refused call takes a token too; the debt goes no deeper than one burst."
    )
    announced: bool = setting(True, "Responses tell in their headers what is left.")
    reset_to: str = setting("full", "What ratelimit-reset counts down to.", "full", "one")
    throttle_form: str = setting(
        "natural",
        "How a 429 speaks: natural, each (all forms in turn), or resets|reduced|expected|silent, then any of "
        "+header +body +title +no-limits.",
    )


@dataclass(frozen=True, slots=True)
class Weather(Group):
    """How fast the service is today. All seconds here are multiplied by the time factor."""

    median: float = setting(2.7, "Median seconds from create to answer while a slot is free.")
    cv: float = setting(0.4, "Coefficient of variation of that log-normal time.")
    seed: int = setting(1, "Seed of every draw.")
    time_factor: float = setting(1.0, "Multiplies every second of the weather: 0.1 is ten times faster.")
    queue_seconds: float = setting(0.02, "Part of that time spent in `starting`.")
    capacity: int = setting(0, "Predictions that run at once, others queue in order; 0: all of them.")
    cold_boot: float = setting(0.0, "Seconds before the first prediction may start.")
    straggler_share: float = setting(0.0, "Share of predictions that take much longer.")
    straggler_factor: float = setting(10.0, "How much longer those take.")
    drip_seconds: float = setting(5.0, "Seconds over which a dripping answer comes.")
    state: str = setting("up", "down: connections break; overloaded: HTML 503.", "up", "down", "overloaded")


@dataclass(frozen=True, slots=True)
class Faults(Group):
    """Shares of creates that go wrong on the wire. `before`: nothing was bought; `after`: it was."""

    reset_before: float = setting(0.0, "Share of creates: connection reset, nothing bought.")
    reset_after: float = setting(0.0, "Share of creates: bought, then the connection is reset.")
    edge_before: float = setting(0.0, "Share of creates: HTML 502 from the edge, nothing bought.")
    edge_after: float = setting(0.0, "Share of creates: bought, then HTML 502 from the edge.")
    stall_before: float = setting(0.0, "Share of creates: never answered, nothing bought.")
    stall_after: float = setting(0.0, "Share of creates: bought, never answered.")
    drip: float = setting(0.0, "Share of creates: bought, the answer comes a few bytes at a time.")
    html: float = setting(0.0, "Share of creates: bought, answered with an HTML page and status 200.")

    def __post_init__(self) -> None:
        Group.__post_init__(self)
        check_shares(self)


@dataclass(frozen=True, slots=True)
class Habits(Group):
    """Shares of answers in which the model does something other than answer plainly."""

    failed: float = setting(0.0, "Share of answers that the service fails to give, with an error of its own.")
    prose: float = setting(0.0, "Share of answers with prose around the JSON.")
    fences: float = setting(0.0, "Share of answers in ```json fences.")
    truncated: float = setting(0.0, "Share of answers that ramble until max_output_tokens cuts them.")
    invalid: float = setting(
        0.0, "Share of answers with words outside the vocabulary, wrong types, extra fields."
    )
    refusal: float = setting(0.0, "Share of answers that refuse, in words.")
    empty: float = setting(0.0, "Share of predictions that succeed with no output at all.")

    def __post_init__(self) -> None:
        Group.__post_init__(self)
        check_shares(self)


@dataclass(frozen=True, slots=True)
class Wire(Group):
    """Where the real service's wire is not known for sure, or bounded by a number."""

    finished_wait: str = setting(
        "processing",
        "What `Prefer: wait` answers when the work is done in time (partial: half of the output).",
        "processing", "succeeded", "partial",
    )  # fmt: skip
    unfinished_status: int = setting(201, "Status of a create that is not finished.", 201, 202)
    output_before: str = setting(
        "absent", "The output key of a create that is not finished.", "absent", "null"
    )
    echo_pictures: bool = setting(
        False, "Send data URIs back whole in `input` (and keep them in memory till then); else shortened."
    )
    keep_seconds: float = setting(3600.0, "After the end, seconds until input, output and logs are removed.")
    registers_after: float = setting(0.0, "Seconds from a create until the list of predictions shows it.")
    page: int = setting(100, "Predictions on one page of the list.", positive=True)
    least_cancel_after: float = setting(5.0, "Shortest Cancel-After that is accepted, in seconds.")
    max_picture_bytes: int = setting(7 * 2**20, "Bytes of one picture in an input.")
    max_body_bytes: int = setting(100 * 2**20, "Bytes of one create; above: 413.")
    max_file_bytes: int = setting(100 * 2**20, "Bytes of one uploaded file; above: 413.")


@dataclass(frozen=True, slots=True)
class ReplicateWorld:
    """All of it. Unchanged, a well-behaved service of ordinary speed."""

    accounts: Accounts = field(default_factory=Accounts)
    quotas: Quotas = field(default_factory=Quotas)
    weather: Weather = field(default_factory=Weather)
    faults: Faults = field(default_factory=Faults)
    habits: Habits = field(default_factory=Habits)
    wire: Wire = field(default_factory=Wire)


#: Every setting by its flat name, in the order of the groups. No name stands in two groups.
OPTIONS: tuple[Option, ...] = options_of(ReplicateWorld)


def world_from(values: Mapping[str, object]) -> ReplicateWorld:
    """The Replicate in which the settings named in `values` differ from their defaults (`world_of`)."""
    return world_of(ReplicateWorld, values)
