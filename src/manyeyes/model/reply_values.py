"""Reads single values out of an answer: texts, flags, numbers, colours, whatever form they came in."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: Ways to say null; they are understood, and nothing of them is kept.
_NOTHING = frozenset(
    {
        "", "-", "--", "?", "null", "none", "nil", "n/a", "na", "unknown", "unclear", "unspecified",
        "undetermined", "indeterminate", "not visible", "not applicable", "not clear", "not sure",
        "not available", "cannot be determined", "cannot be seen", "can't tell",
    }
)  # fmt: skip
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
#: Control characters, half surrogates and those that turn the direction of writing.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\s]+")
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_NAME_AND_HEX = re.compile(r"(.*?)[\s(:,-]*#([0-9a-f]{6}|[0-9a-f]{3})\)?", re.IGNORECASE)
_DEEPEST_KEPT = 6


class NotUnderstood(ValueError):
    """The value is of no kind that this field can hold."""


def single(value: object) -> object:
    """The only element of a list with one; None for an empty one; anything else as it is.

    Of several elements none can be chosen rightly, so a longer list is left to be not understood.
    """
    if isinstance(value, list) and len(value) < 2:
        return value[0] if value else None
    return value


def clean(text: str) -> str:
    """`text` in one line, without anything that is not for the eye."""
    return _UNPRINTABLE.sub(" ", text).strip()


def to_text(value: object) -> str | None:
    """A text, or None where it says null in words."""
    value = single(value)
    if value is None:
        return None
    if not isinstance(value, str):
        raise NotUnderstood
    text = clean(value)
    return None if text.casefold().rstrip(".") in _NOTHING else text


def to_flag(value: object) -> bool | None:
    """True or False, in JSON or in words."""
    value = single(value)
    if isinstance(value, bool):
        return value
    if (text := to_text(value)) is None:
        return None
    if (flag := _FLAGS.get(text.casefold())) is None:
        raise NotUnderstood
    return flag


def to_unit(value: object, *, percent: bool | None = None) -> float | None:
    """A number from 0 to 1, from 0.9, "0.9", "90%" or 90.

    `percent` says what a bare number means; None leaves it to the number: above 10 it is per cent,
    and what lies between 1 and 10 could be either, so that it is not understood.
    """
    number, has_sign = _number(single(value))
    if number is None:
        return None
    if percent is None:
        percent = number > 10
    if has_sign or percent:
        number = round(number / 100, 8)
    if not 0 <= number <= 1:
        raise NotUnderstood
    return float(number)


def is_above_one(value: object) -> bool:
    """Whether `value` is a bare number above 1, as only per cent can be."""
    try:
        number, has_sign = _number(single(value))
    except NotUnderstood:
        return False
    return number is not None and not has_sign and number > 1


def _number(value: object) -> tuple[float | None, bool]:
    """A finite number, and whether a per cent sign stood behind it."""
    has_sign = False
    if isinstance(value, str):
        if (text := to_text(value)) is None:
            return None, False
        has_sign = text.endswith("%")
        try:
            value = float(text.removesuffix("%").strip().replace(",", "."))
        except ValueError:
            raise NotUnderstood from None
    if value is None:
        return None, False
    # The comparison also holds off NaN, and integers too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise NotUnderstood
    return float(value), has_sign


def to_hex(value: object) -> str | None:
    """`#rrggbb` in lower case, from three, six or eight digits with or without `#`; alpha is dropped."""
    if (text := to_text(value)) is None:
        return None
    if not (match := _HEX.fullmatch(text)):
        raise NotUnderstood
    digits = match[1].lower()
    return "#" + ("".join(2 * digit for digit in digits) if len(digits) == 3 else digits[:6])


def to_colour_name(text: str) -> str:
    """A colour's name as we spell it: lower case, and gray with an a."""
    return re.sub(r"\bgrey", "gray", text.lower())


def split_colour(text: str) -> tuple[str, str | None]:
    """Name and hex of a colour written in one text: "navy (#000080)"."""
    if text.startswith("#"):
        return text.lower(), to_hex(text)
    if match := _NAME_AND_HEX.fullmatch(text):
        return match[1].strip(), to_hex(match[2])
    return text, None


def keepable(value: object, depth: int = 0) -> object:
    """`value` as any JSON writer and any database can keep it: finite, shallow, valid Unicode."""
    match value:
        case None | bool():
            return value
        case int() | float():
            return value if abs(value) < 2**63 else _number_in_words(value)
        case Mapping() if depth < _DEEPEST_KEPT:
            return {clean(str(key)): keepable(part, depth + 1) for key, part in value.items()}
        case list() | tuple() if depth < _DEEPEST_KEPT:
            return [keepable(part, depth + 1) for part in value]
        case Mapping() | list() | tuple():
            return "…"
    return clean(str(value))


def _number_in_words(value: float) -> str:
    try:
        return str(float(value))
    except OverflowError:
        return "a huge number"
