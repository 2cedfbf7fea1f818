"""The services that all clients meet, and what nobody could beat in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from manyeyes.stand_in.openai_world import openai_world_from
from manyeyes.stand_in.weather import draw

SLOTS, PER_MINUTE, BURST = 20, 600, 30
MEDIAN, CV = 0.6, 0.5

#: Tokens bind nowhere.
_UNBOUND: Mapping[str, object] = {"requests_per_minute": 600_000, "tokens_per_minute": 0}
_SILENT: Mapping[str, object] = {"announced": False, "wait_told": "nothing"}
_BUCKET: Mapping[str, object] = {"requests_per_minute": PER_MINUTE, "request_burst": BURST}


def _by_slots(latencies: Sequence[float]) -> float:
    return max(sum(latencies) / SLOTS, *latencies)


def _by_rate(latencies: Sequence[float]) -> float:
    return max((len(latencies) - BURST) * 60 / PER_MINUTE + min(latencies), *latencies)


@dataclass(frozen=True, slots=True)
class World:
    """One service."""

    name: str
    says: str
    settings: Mapping[str, object]
    #: Seconds that nobody could beat, by the latencies.
    bound: Callable[[Sequence[float]], float]


WORLDS = (
    World(
        "a",
        f"{SLOTS} slots, the rest queue",
        {**_UNBOUND, **_SILENT, "capacity": SLOTS},
        _by_slots,
    ),
    World(
        "b",
        f"{PER_MINUTE} a minute, {BURST} at once, x-ratelimit headers and Retry-After",
        {**_BUCKET, "tokens_per_minute": 10**9, "announced": True, "wait_told": "header"},
        _by_rate,
    ),
    World(
        "c",
        f"{PER_MINUTE} a minute, {BURST} at once, told by nobody",
        {**_BUCKET, **_SILENT, "tokens_per_minute": 0},
        _by_rate,
    ),
    World(
        "d",
        f"{SLOTS} slots, 429 without Retry-After beyond",
        {**_UNBOUND, **_SILENT, "capacity": SLOTS, "when_full": "429"},
        _by_slots,
    ),
)


def provider_settings(world: World, seed: int) -> dict[str, object]:
    """The options of the stand-in. Latencies go by the order in which calls are taken, whoever sends them;
    refused calls use up nothing."""
    weather = {"median": MEDIAN, "cv": CV, "seed": seed, "draws_by": "order", "refused_count": False}
    return {"kind": "openai"} | weather | dict(world.settings)


def latencies(seed: int, pictures: int) -> list[float]:
    """The seconds that the first so many calls will take."""
    weather = openai_world_from({"median": MEDIAN, "cv": CV, "seed": seed})
    return [draw(weather, "order", number).seconds for number in range(pictures)]
