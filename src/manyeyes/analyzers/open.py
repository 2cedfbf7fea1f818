"""From an analyzer's name to the analyzer; only the module of the one that is chosen is imported."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from manyeyes.analyzers.access import Access
from manyeyes.analyzers.base import Analyzer
from manyeyes.model.errors import SettingsError

#: Each analyzer's module in this room has its name, and holds a function `opened`.
ANALYZERS = ("local", "modelled", "openai", "replicate")


def open_analyzer(name: str, model: str | None, access: Access) -> Analyzer:
    """The analyzer of this name. Raises SettingsError for an unknown one, and for a missing token."""
    if name not in ANALYZERS:
        raise SettingsError(f"--analyzer {name!r} is unknown: choose one of {', '.join(ANALYZERS)}")
    opened: Callable[[str | None, Access], Analyzer] = import_module(f"manyeyes.analyzers.{name}").opened
    return opened(model, access)
