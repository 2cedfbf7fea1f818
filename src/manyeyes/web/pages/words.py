"""Figures and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import floor

#: What holds calls back (`Progress.binds`), in plain words.
BINDS = {
    "concurrency": "As many at once as are allowed",
    "requests": "Waiting for the provider’s allowance of calls",
    "tokens": "Waiting for the provider’s allowance of tokens",
    "bytes": "Memory set aside for pictures is in use",
    "cool-down": "The provider asked for a pause",
    "upload": "Sending as fast as the line may be used",
    "down": "The provider does not answer; waiting for it",
    "first word": "Waiting for the provider’s first word",
    "preparation": "Pictures are being read and shrunk",
    "nothing left": "The last ones are on their way",
}


def number(value: float) -> str:
    """A whole number with thin spaces between the thousands."""
    return f"{value:,.0f}".replace(",", "\u202f")


def many(count: int, noun: str) -> str:
    """So many of them."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def percent(share: float) -> str:
    """A share from 0 to 1 in whole per cent, halves up."""
    return f"{floor(share * 100 + 0.5)}\u202f%"


def megabytes(size: int) -> str:
    """A size in the unit that fits."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= bytes_:
            value = size / bytes_
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return many(size, "byte")


def day(at: float) -> str:
    """The day of a moment, in seconds since the epoch, where the server stands."""
    then = _local(at)
    return f"{then.day} {then:%B %Y}"


def moment(at: float) -> str:
    """Day and time of a moment, in seconds since the epoch, where the server stands."""
    then = _local(at)
    return f"{then.day} {then:%B %Y, %H:%M}"


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone()


def span(seconds: float) -> str:
    """A length of time, as roughly as a person would say it."""
    if seconds < 55:
        rounded = round(seconds) if seconds < 10 else 5 * round(seconds / 5)
        return many(max(rounded, 1), "second")
    minutes = seconds / 60
    if minutes < 55:
        return many(max(round(minutes), 1), "minute")
    hours = round(minutes / 30) / 2
    whole = f"{hours:g}".replace(".5", "½") if hours >= 1 else "½"
    return f"{whole.removeprefix('0')} {'hour' if hours == 1 else 'hours'}"


def interval(low: float | None, high: float | None) -> str:
    """How long it will still take, as an interval; that nobody can tell where there is none."""
    if low is None or high is None:
        return "How long it will take cannot be told yet"
    shortest, longest = span(low), span(high)
    if shortest == longest:
        return f"About {longest} left"
    number_, _, unit = shortest.partition(" ")
    if unit.rstrip("s") == longest.partition(" ")[2].rstrip("s"):
        shortest = number_
    return f"Between {shortest} and {longest} left"


def took(seconds: float) -> str:
    """A length of time that is known exactly."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def binds_words(gate: str | None) -> str:
    """Which limit binds; empty where none does."""
    return "" if gate is None else BINDS.get(gate, gate)


def label(field: str) -> str:
    """What a field of the descriptor is called on a page."""
    return _LABELS.get(field, field.replace("_", " ").replace(".", ", ").capitalize())


_LABELS = {
    "garment_type": "Garment",
    "sleeve_length": "Sleeves",
    "color_palette": "Colours",
    "style_labels": "Style",
    "is_two_piece": "Two-piece",
    "is_patterned": "Patterned",
    "is_garment": "Shows a garment",
    "lighting.type": "Light",
    "lighting.direction": "Light from",
    "camera.angle": "Seen from",
    "camera.height": "Camera height",
    "corrected": "Corrected by hand",
}
