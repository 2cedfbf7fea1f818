"""Settings of a stand-in: small groups of fields with help, checked when made, and shown as options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, cast

T = TypeVar("T")


def setting(default: T, says: str, *choices: T, positive: bool = False) -> T:
    """A dataclass field that carries its one-line help, and its values where it takes only some.

    Numbers are never negative; with `positive` they are not 0 either.
    """
    told = {"help": says, "choices": choices, "positive": positive}
    made: T = field(default=default, metadata=told)
    return made


class Group:
    """Settings that belong together; each is checked when the group is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for each in fields(self):  # type: ignore[arg-type]  # every group is a dataclass
            _check(each.name, getattr(self, each.name), each.metadata)


def _check(name: str, value: object, told: Mapping[str, Any]) -> None:
    if told["choices"] and value not in told["choices"]:
        raise ValueError(f"{name} is {value!r}; it takes {', '.join(map(str, told['choices']))}")
    if isinstance(value, int | float) and not (value > 0 if told["positive"] else value >= 0):
        raise ValueError(f"{name} is {value}; it takes {'more than 0' if told['positive'] else '0 or more'}")


def check_shares(group: Group) -> None:
    """Raise ValueError where the shares in a group add up to more than 1."""
    shares = {each.name: getattr(group, each.name) for each in fields(group)}  # type: ignore[arg-type]
    if sum(shares.values()) > 1 + 1e-9:
        raise ValueError(f"shares add up to at most 1: {shares}")


Value = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as a command line shows it: `--name-with-dashes`."""

    name: str
    default: Value
    help: str
    #: The only values it takes; empty where there are more.
    choices: tuple[Value, ...]


def options_of(world: type[Any]) -> tuple[Option, ...]:
    """Every setting of a world by its flat name, in the order of its groups. No name stands in two groups."""
    return tuple(
        Option(each.name, cast(Value, each.default), each.metadata["help"], each.metadata["choices"])
        for group in fields(world)
        for each in fields(cast(Any, group.default_factory))
    )


W = TypeVar("W")


def world_of(world: type[W], values: Mapping[str, object]) -> W:
    """The world in which the settings named in `values` differ from their defaults.

    Names are those of `options_of` and values of the default's type. Raises `ValueError`, naming what is
    wrong.
    """
    known = {option.name for option in options_of(world)}
    for name in values:
        if name not in known:
            raise ValueError(f"{name!r} is no setting of this stand-in")
    groups = {each.name: cast(Any, each.default_factory) for each in fields(cast(Any, world))}
    chosen = {
        name: group(**{each.name: values[each.name] for each in fields(group) if each.name in values})
        for name, group in groups.items()
    }
    return world(**chosen)
