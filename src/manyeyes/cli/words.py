"""Words for a person at a terminal: names made harmless, spans of time, sizes."""

from __future__ import annotations

import math
import unicodedata

#: Control characters, and marks that reorder or hide text, could make a name look like something else.
_UNSHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    r"""`text` on one line, with whatever a terminal would act on written as `\n`, `\x1b`, `\udcff` …"""
    return "".join(
        char.encode("unicode_escape", "surrogatepass").decode()
        if unicodedata.category(char) in _UNSHOWN and char != "\u200d"
        else char
        for char in text
    )


def span(seconds: float) -> str:
    """A span of time as people say it: `8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def roughly(seconds: float) -> str:
    """A time that nobody knows to the second: `14 s`, `3 min`, `2.5 h`."""
    if seconds < 55:
        return f"{max(1, round(seconds))} s"
    if seconds < 3570:
        return f"{max(1, round(seconds / 60))} min"
    return f"{round(seconds / 1800) / 2:g} h"


def between(low: float, high: float) -> str:
    """Two such times in one unit: `40–70 s`, `2–4 min`, `1.5–2 h`; empty where they come to the same."""
    unit, each = ("s", 1.0) if high <= 90 else ("min", 60.0) if high <= 5400 else ("h", 3600.0)
    step = 0.5 if unit == "h" else 1.0
    least, most = math.floor(low / each / step) * step, math.ceil(high / each / step) * step
    return "" if least == most else f"{least:g}–{most:g} {unit}"


def size(count: float) -> str:
    """Bytes as people say them: `812 kB`, `4.1 MB`."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count:.0f} bytes"
