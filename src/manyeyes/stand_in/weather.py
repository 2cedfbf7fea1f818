"""How long each prediction takes and what goes wrong with it, drawn from the seed and the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from random import Random
from typing import Protocol

from manyeyes.stand_in.world import Faults, Habits, Weather


class Climate(Protocol):
    """A world, as far as draws go by it."""

    @property
    def weather(self) -> Weather:
        """How fast it is."""

    @property
    def faults(self) -> Faults:
        """What goes wrong on the wire."""

    @property
    def habits(self) -> Habits:
        """What the model does otherwise."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What is in store for one create."""

    #: Picture and repeat: decides what the pixels do not.
    key: str
    #: Seconds from create to answer while a slot is free, the time factor applied.
    seconds: float
    #: A field name of `Faults`, or None where the wire behaves.
    fault: str | None
    #: A field name of `Habits`, or None for a plain answer.
    habit: str | None


def draw(world: Climate, key: str, repeat: int) -> Draw:
    """The same draw for the same seed, key and repeat, in whatever order creates arrive.

    `key` is the sha256 of the first picture (or one word for all creates without any), `repeat` counts the
    account's creates with that key before this one: so policies that show the same pictures face the same
    weather, be it one after another with an account for each.
    Latencies stay the same when only the shares of faults and habits change.
    """
    random = Random(f"{world.weather.seed}/{key}/{repeat}")  # noqa: S311  # weather, not secrets
    fault = _choice(world.faults, random.random())
    habit = _choice(world.habits, random.random())
    straggles = random.random() < world.weather.straggler_share
    return Draw(f"{key}/{repeat}", _seconds(world.weather, random, straggles), fault, habit)


def _seconds(weather: Weather, random: Random, straggles: bool) -> float:
    """Log-normal with the given median; sigma² = ln(1 + cv²)."""
    sigma = math.sqrt(math.log1p(weather.cv**2))
    factor = weather.straggler_factor if straggles else 1.0
    return weather.median * math.exp(sigma * random.gauss(0, 1)) * factor * weather.time_factor


def _choice(shares: Faults | Habits, at: float) -> str | None:
    for each in fields(shares):
        at -= getattr(shares, each.name)
        if at < 0:
            return each.name
    return None
