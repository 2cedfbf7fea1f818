"""manyeyes looks at a whole portfolio of pictures at once: one style descriptor each, nothing paid twice."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manyeyes.library import Report, analyze, analyze_portfolio, analyze_portfolio_sync, put_into_words
    from manyeyes.model.descriptor import StyleDescriptor
    from manyeyes.model.errors import AnalyzerError, ImageError, ManyeyesError, SettingsError, StoreError
    from manyeyes.model.outcome import Analyzed, Failed, Outcome
    from manyeyes.model.progress import Progress
    from manyeyes.model.written import Written

__all__ = [
    "Analyzed",
    "AnalyzerError",
    "Failed",
    "ImageError",
    "ManyeyesError",
    "Outcome",
    "Progress",
    "Report",
    "SettingsError",
    "StoreError",
    "StyleDescriptor",
    "Written",
    "analyze",
    "analyze_portfolio",
    "analyze_portfolio_sync",
    "put_into_words",
]

_ROOMS = {
    "manyeyes.library": (
        "Report",
        "analyze",
        "analyze_portfolio",
        "analyze_portfolio_sync",
        "put_into_words",
    ),
    "manyeyes.model.descriptor": ("StyleDescriptor",),
    "manyeyes.model.errors": ("AnalyzerError", "ImageError", "ManyeyesError", "SettingsError", "StoreError"),
    "manyeyes.model.outcome": ("Analyzed", "Failed", "Outcome"),
    "manyeyes.model.progress": ("Progress",),
    "manyeyes.model.written": ("Written",),
}


def __getattr__(name: str) -> object:
    """A public name, imported when it is first used: `manyeyes --help` needs none of them."""
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(room), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
