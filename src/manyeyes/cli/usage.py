"""Says in one sentence what is wrong with a command line, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from typer import TyperException


def complaint(error: TyperException) -> str:
    """What is wrong with the command line.

    The library that reads it has a class for each fault, and shows few of them: they are told by name.
    """
    fault: Any = error
    match type(error).__name__:
        case "NoSuchOption":
            return _no_such_option(fault)
        case "MissingParameter":
            return _missing(fault)
        case "BadParameter":
            return _bad_value(fault)
        case "BadOptionUsage":
            needs = "takes no value" if "does not take" in fault.message else "needs a value"
            return f"{fault.option_name} {needs}"
        case _:
            return _in_other_words(fault)


def likely(typed: str, words: Iterable[str]) -> str:
    """A question that proposes the word that was probably meant; empty where none is near."""
    near = get_close_matches(typed, list(words), n=1)
    return f": did you mean {near[0]}?" if near else ""


def _no_such_option(fault: Any) -> str:
    parameters = fault.ctx.command.params
    written = [option for each in parameters for option in (*each.opts, *each.secondary_opts)]
    guess = likely(fault.option_name, [option for option in written if option.startswith("--")])
    return f"{_who(fault)} has no option {fault.option_name}{guess or _see(fault)}"


def _missing(fault: Any) -> str:
    name, help_ = _name(fault.param), fault.param.help.rstrip(".")
    return f"{_who(fault)} needs {name}: {help_[:1].lower()}{help_[1:]}"


def _bad_value(fault: Any) -> str:
    kind = fault.param.type_descriptor
    wanted, value = _wanted(kind), _value(fault)
    if wanted is None or value is None:
        return f"{_name(fault.param)}: {fault.message}"
    return f"{_name(fault.param)} must be {wanted}, not {value!r}" + likely(
        value, map(str, kind.choices or ())
    )


def _value(fault: Any) -> str | None:
    """What was typed, as far as whoever read it says."""
    errors = getattr(fault.__cause__, "errors", None)
    return None if errors is None else str(errors()[0]["input"])


def _wanted(kind: Any) -> str | None:
    """What a value of this kind must be; None where that cannot be said shortly."""
    if kind.choices:
        *others, last = map(str, kind.choices)
        return f"{', '.join(others)} or {last}" if others else last
    number = {int: "a whole number", float: "a number"}.get(kind.annotation)
    if number is None:
        return None
    least, most = kind.parameter_info.min, kind.parameter_info.max
    match least, most:
        case None, None:
            return number
        case _, None:
            return f"{number} from {least} up"
        case None, _:
            return f"{number} up to {most}"
    return f"{number} from {least} to {most}"


def _in_other_words(fault: Any) -> str:
    if extra := re.search(r"unexpected extra argument.*\((.*)\)", fault.message):
        return f"{_who(fault)} does not know what to do with {extra[1]!r}{_see(fault)}"
    return f"{fault.message.rstrip('.')}{_see(fault)}"


def _name(parameter: Any) -> str:
    """How an option is spelt; what stands for an argument."""
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name.upper())


def _who(fault: Any) -> str:
    """The command, by its own name."""
    return str(fault.ctx.info_name)


def _see(fault: Any) -> str:
    path = "manyeyes" if fault.ctx is None else fault.ctx.command_path
    return f": see `{path} --help`"
